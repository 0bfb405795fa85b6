"""dendrax against Brian2, whose equations and numerics have nothing in common with dendrax's.

dendrax is the more accurate side here, so every tolerance is about Brian2.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.simulation import with_settings
from dendrax.validation._import import quiet_brian2

# Not importorskip: the import is what run_brian2 has to get right.
pytestmark = pytest.mark.skipif(find_spec("brian2") is None, reason="Brian2 is an extra")

# Fifth order, and off by less than 1e-7 ms with this step (less than 1e-8 ms but for AdEx).
ACCURATE = dx.Simulator(50 * pq.ms, 0.025 * pq.ms)
# Of Brian2: the preparation of its code takes longer than so many steps.
DT = 0.1 * pq.ms
SHORT = dx.Simulator(10 * pq.ms, 0.025 * pq.ms, record=dx.Record("v", every=0.1 * pq.ms))
# Not a multiple of Brian2's step: the end of a refractory period is off the grid like the spike.
T_REF = 2.013 * pq.ms

# A step with a ramp, arrivals at grid points, two trials that differ.
POINT = dx.Inputs(
    current=[
        dx.step_current(level * pq.pA, 5 * pq.ms, 55 * pq.ms)
        + dx.ramp_current(0 * pq.pA, 100 * pq.pA, 20 * pq.ms, 40 * pq.ms)
        for level in (300, 600)
    ],
    spikes=dx.spike_trains([[10, 12.5, 30] * pq.ms, [30, 50] * pq.ms], weight=[120, -60] * pq.pA),
)
DENDRITIC = dx.Inputs(
    current=[dx.step_current(level, 5 * pq.ms, 50 * pq.ms) for level in (0.0, 0.5)],
    spikes=dx.spike_trains([[3, 10, 20, 31, 32, 33] * pq.ms, [5, 6, 40, 45] * pq.ms]),
)
PLAIN = dx.Inputs(
    current=[dx.step_current(level, 5 * pq.ms, 50 * pq.ms) for level in (1.6, 2.4)],
    spikes=dx.spike_trains([[10, 12.5, 30] * pq.ms], weight=0.6),
)
TREE = dx.DendriticNeuron(
    weight=[[3.0, 2.0], [4.0, -1.0]],
    tau_syn=[[5, 3], [8, 4]] * pq.ms,
    tau_dend=[6, 10] * pq.ms,
    g_dend=[2.0, 1.5],
    slope_rise=[8.0, 20.0],
    slope_decay=[3.0, 1.0],
)
PURE = dx.Inputs(
    current=[dx.step_current(level, 5 * pq.ms, 50 * pq.ms) for level in (10.0, 20.0)],
    spikes=dx.spike_trains([[10, 12.5, 30] * pq.ms, [31, 44] * pq.ms], weight=[5.0, -3.0]),
)
GATES = dx.Inputs(
    current=[dx.step_current(level, 5 * pq.ms, 45 * pq.ms) for level in (2.0, 3.0)],
    spikes=dx.spike_trains(
        [[10, 12.5, 30] * pq.ms, [31, 40] * pq.ms],
        weight=np.array([[4.0, 1.0, 3.0], [1.0, -1.0, -1.0]]),
    ),
)
CASES = {
    "LIF, refractory": (dx.LIF(t_ref=T_REF, bias=20 * pq.pA), POINT),
    "AdaptiveLIF": (dx.AdaptiveLIF(), POINT),
    "LeakyIntegrator": (dx.LeakyIntegrator(), POINT),
    "EGRU": (dx.EGRU(), GATES),
    "QIF": (dx.QIF(bias=300 * pq.pA), POINT),
    "Izhikevich": (dx.Izhikevich(), PURE),
    "EIF, without units": (dx.EIF(tau_mem=20 * pq.ms, bias=0.1), PLAIN),
    "AdEx, refractory": (dx.AdEx(t_ref=T_REF), POINT),
    "GIF, refractory": (dx.GIF(t_ref=T_REF), POINT),
    "DendriticNeuron": (TREE, DENDRITIC),
    "Refractory": (
        dx.Refractory(dx.Izhikevich(), t_ref=T_REF, held=("w", "u")),
        PURE,
    ),
    "AtMostOneSpike": (dx.AtMostOneSpike(dx.LIF()), POINT),
}
# In ms, about ten times what Brian2 is off by. Runge-Kutta's method is of fourth order where the
# equations are smooth; at the peak of EIF and AdEx log(-z) is singular, and near its rheobase a
# neuron multiplies what one spike is late until the next. The upstroke of Izhikevich's neuron is
# steep, and its recovery keeps what a late spike is off by.
SPIKE_TOLERANCE = {
    "DendriticNeuron": 5e-5,
    "EIF": 5e-5,
    "AdEx": 1e-3,
    "GIF": 1e-3,
    "Izhikevich": 2e-3,
    "Refractory": 2e-3,
}
# Of the range of the trace, away from spikes: what a late spike leaves behind is a tenth of it.
TRACE_TOLERANCE = 1e-4
N_SPIKES = {"LeakyIntegrator": 0, "AtMostOneSpike": 1, "EGRU": 1, "QIF": 1, "AdEx": 1, "GIF": 1}


# To compile a model, and to prepare its Brian2 code, takes seconds each: the others are slow.
FAST = ("LIF, refractory", "QIF", "AdEx, refractory")


def each(cases):
    return [pytest.param(x, marks=[] if x in FAST else pytest.mark.slow) for x in cases]


def recording(case):
    record = dx.Record(*CASES[case][0].units, "guard", every=0.1 * pq.ms)
    return with_settings(ACCURATE, record=record)


@cache
def both(case):
    model, inputs = CASES[case]
    simulator = recording(case)
    return simulator(model, inputs), dx.run_brian2(model, inputs, simulator, dt=DT)


@pytest.mark.parametrize("case", each(CASES))
def test_spikes_and_traces_agree(case):
    ours, theirs = both(case)
    comparison = dx.compare(ours, theirs)
    model = case.partition(",")[0]
    assert comparison.counts_a.min() >= N_SPIKES.get(model, 2)
    assert (comparison.n_missing, comparison.n_extra) == (0, 0)
    assert comparison.spike_max <= SPIKE_TOLERANCE.get(model, 1e-6)
    assert ours.units == theirs.units
    assert np.array_equal(ours.times, theirs.times)
    for name in ours.traces:
        assert ours.traces[name].shape == theirs.traces[name].shape
        trace = dx.compare(ours, theirs, trace=name)
        assert trace.v_rms <= TRACE_TOLERANCE * max(trace.v_range, 1.0)


@pytest.mark.parametrize("case", each(CASES))
def test_scipy_agrees_too(case):
    ours, _ = both(case)
    theirs = dx.run_scipy(*CASES[case], recording(case))
    comparison = dx.compare(ours, theirs)
    assert (comparison.n_missing, comparison.n_extra) == (0, 0)
    # The tolerances of its steps, 1e-10, multiplied by a slow approach to the threshold.
    assert comparison.spike_max <= 1e-7
    assert ours.units == theirs.units
    for name in ours.traces:
        assert ours.traces[name].shape == theirs.traces[name].shape
        trace = dx.compare(ours, theirs, trace=name)
        assert trace.v_rms <= 1e-7 * max(trace.v_range, 1.0)


def test_brian2_as_most_people_run_it_agrees_to_its_grid():
    # One model whose events are spikes only, and one that has a timer.
    for case in ("QIF", "AdEx, refractory"):
        model, inputs = CASES[case]
        dt = 0.05
        theirs = dx.run_brian2(model, inputs, ACCURATE, dt=dt * pq.ms, schedule="default")
        ours, _ = both(case)
        assert np.array_equal(ours.spike_counts, theirs.spike_counts)
        first = np.abs(ours.spike_times[:, 0, 0] - theirs.spike_times[:, 0, 0])
        # An input acts up to one step late, and a spike is noted up to one step early.
        assert first.max() <= 2 * dt


def test_the_difference_vanishes_with_the_step_of_brian2():
    case = "LIF, refractory"
    study = dx.convergence(*CASES[case], recording(case), dt=0.1 * pq.ms)
    # Runge-Kutta's order is 4; where in its step a spike falls changes the constant.
    assert study.spike_order > 3.5
    assert study.v_order > 3.5
    first = [line.split()[0] for line in str(study).splitlines()]
    assert first == ["dt", "0.1", "0.05", "0.025", "limit", "order"]
    # What Brian2 tends to is nearer than all that it reaches.
    assert study.limit.spike_max < study.comparisons[2].spike_max
    assert study.limit.v_rms < study.comparisons[2].v_rms


def test_inputs_off_the_grid_are_exact():
    inputs = dx.Inputs(
        current=dx.step_current(400 * pq.pA, 1.0137 * pq.ms, 33.3333 * pq.ms),
        spikes=dx.spike_trains([[3.00001, 7.7777, 7.7778] * pq.ms], weight=100 * pq.pA),
    )
    simulator = dx.Simulator(30.0123 * pq.ms, record=dx.Record("v", every=0.1 * pq.ms))
    model = dx.LIF(t_ref=T_REF)
    comparison = dx.compare(simulator(model, inputs), dx.run_brian2(model, inputs, simulator))
    assert comparison.n_pairs == 2
    comparison.raise_if_outside(spike_time=1e-6 * pq.ms, v=1e-6 * pq.mV)


# One parameter of each that stands in its equations: off by one in a hundred, or of wrong sign.
PLANTED = {
    "LIF, refractory": dx.LIF(t_ref=1.01 * T_REF, bias=20 * pq.pA),
    "AdaptiveLIF": dx.AdaptiveLIF(tau_th=202 * pq.ms),
    "LeakyIntegrator": dx.LeakyIntegrator(tau_syn=5.05 * pq.ms),
    "EGRU": dx.EGRU(bias_r=-1.0),
    "EIF, without units": dx.EIF(tau_mem=20.2 * pq.ms, bias=0.1),
    "AdEx, refractory": dx.AdEx(a=-2 * pq.nS, t_ref=T_REF),
    "GIF, refractory": dx.GIF(g_h=2.02 * pq.nS, t_ref=T_REF),
    "QIF": dx.QIF(bias=300 * pq.pA, tau_syn=5.05 * pq.ms),
    "Izhikevich": dx.Izhikevich(a=0.0202),
    "DendriticNeuron": eqx.tree_at(lambda m: m.tau_dend.value, TREE, jnp.array([6.06, 10])),
    "Refractory": dx.Refractory(dx.Izhikevich(), t_ref=T_REF * 1.01, held=("w", "u")),
    "AtMostOneSpike": dx.AtMostOneSpike(dx.LIF(tau_syn=5.05 * pq.ms)),
}


@pytest.mark.parametrize("case", each(PLANTED))
def test_a_planted_error_is_caught(case):
    _, theirs = both(case)
    wrong = dx.compare(recording(case)(PLANTED[case], CASES[case][1]), theirs)
    tolerance = SPIKE_TOLERANCE.get(case.partition(",")[0], 1e-6)
    with pytest.raises(dx.ValidationError):
        wrong.raise_if_outside(
            spike_time=tolerance * pq.ms,
            v=pq.Quantity(TRACE_TOLERANCE * wrong.v_range, unit_of(wrong.unit)),
        )


def unit_of(name):
    return pq.mV if name == "mV" else pq.dimensionless


def test_the_result_says_who_made_it_and_has_the_shape_of_dendrax():
    ours, theirs = both("LIF, refractory")
    assert theirs.spike_times.shape == ours.spike_times.shape
    assert theirs.status.tolist() == ours.status.tolist()
    assert theirs.t_reached.tolist() == ours.t_reached.tolist()
    assert dict(theirs.provenance)["source"].startswith("brian2 2")
    assert dict(theirs.provenance)["dt"] == "0.1 ms"
    assert dict(theirs.provenance)["equations"] == "transcribed"
    assert dict(theirs.provenance)["schedule"] == "aligned"


LEAVES_NO_TRACE = """
import logging, sys, warnings
import dendrax as dx, quantities as pq
assert "brian2" not in sys.modules
before = sys.excepthook, warnings.showwarning, logging.getLogger("py.warnings").handlers[:]
dx.run_brian2(dx.LIF(), dx.Inputs(), dx.Simulator(1 * pq.ms))
assert before == (sys.excepthook, warnings.showwarning, logging.getLogger("py.warnings").handlers)
"""


def test_the_import_and_a_run_leave_no_trace_in_the_host_program(tmp_path):
    (tmp_path / "script.py").write_text(LEAVES_NO_TRACE)
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={
            **os.environ,
            "TMPDIR": str(tmp_path),
            "PYTHONPATH": str(Path(dx.__file__).parents[1]),
        },
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


def test_threads_do_not_disturb_each_other():
    inputs = [
        dx.Inputs(current=dx.step_current(level * pq.pA, 0 * pq.ms, 9 * pq.ms))
        for level in (600, 900, 1200)
    ]

    def spikes(each):
        return dx.run_brian2(dx.LIF(), each, SHORT).spikes(0).tolist()

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(spikes, inputs)) == [spikes(each) for each in inputs]


@pytest.mark.slow
def test_compiled_code_gives_the_same_numbers_from_any_thread():
    inputs = dx.Inputs(current=dx.step_current(600 * pq.pA, 0 * pq.ms, 9 * pq.ms))

    def spikes(target):
        return dx.run_brian2(dx.LIF(), inputs, SHORT, target=target).spikes(0)

    with ThreadPoolExecutor(2) as pool:
        compiled, interpreted = pool.map(spikes, ["cython", "numpy"])
    assert compiled.size
    np.testing.assert_allclose(compiled, interpreted, rtol=0, atol=1e-12)


def test_what_brian2_cannot_compile_or_run_here_is_refused(monkeypatch):
    with quiet_brian2() as brian2:
        monkeypatch.setattr(brian2.CythonCodeObject, "is_available", lambda: False)
        with pytest.raises(ImportError, match="target='cython' needs Cython and a C"):
            dx.run_brian2(dx.LIF(), dx.Inputs(), SHORT, target="cython")
        monkeypatch.setattr(brian2, "get_device", lambda: object())
        with pytest.raises(dx.ModelError, match="Brian2 must run in this process"):
            dx.run_brian2(dx.LIF(), dx.Inputs(), SHORT)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"dt": 0.03 * pq.ms}, dx.ModelError, "must divide the sampling period of 0.1 ms"),
        ({"dt": 0 * pq.ms}, dx.ModelError, "dt must be positive"),
        ({"dt": 1 * pq.mV}, dx.UnitError, "dt must be a time"),
        ({"schedule": "fast"}, dx.ModelError, "schedule must be one of"),
        ({"target": "cpp_standalone"}, dx.ModelError, "target must be one of"),
        ({"model": TREE, "inputs": POINT}, dx.UnitError, "current of DendriticNeuron must be"),
        (
            {"simulator": dx.Simulator(1 * pq.ms, record=dx.Record("w", every=0.1 * pq.ms))},
            dx.ModelError,
            "LIF has no variable 'w'",
        ),
        (
            {
                "inputs": dx.Inputs(current=dx.step_current(9 * pq.pA, 1.01 * pq.ms, 2 * pq.ms)),
                "schedule": "default",
            },
            dx.ModelError,
            "multiples of dt only.*got 1.01 ms",
        ),
        (
            {"model": TREE, "inputs": dx.Inputs(spikes=dx.spike_trains([[1] * pq.ms] * 3))},
            dx.ModelError,
            "2 synaptic sites; got 3 spike sources",
        ),
        (
            {"inputs": dx.Inputs(current=dx.step_current(1e6 * pq.pA, 1 * pq.ms, 2 * pq.ms))},
            dx.SimulationError,
            "once per step.*Take a smaller dt",
        ),
        (
            {"inputs": POINT, "simulator": dx.Simulator(30 * pq.ms, max_spikes=1)},
            dx.SimulationError,
            "limit of 1 spikes per neuron was reached at t = ",
        ),
    ],
)
def test_what_brian2_cannot_do_is_refused(change, error, message):
    call = {"model": dx.LIF(), "inputs": dx.Inputs(), "simulator": SHORT, **change}
    with pytest.raises(error, match=message):
        dx.run_brian2(**call)
