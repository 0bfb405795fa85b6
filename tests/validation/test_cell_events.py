"""What happens at instants in a cell: three simulators, and errors that are planted in one."""

from dataclasses import replace
from functools import cache
from importlib.util import find_spec

import equinox as eqx
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.parameters import parameters
from dendrax.validation.transcriptions import _cells

needs_brian2 = pytest.mark.skipif(find_spec("brian2") is None, reason="Brian2 is an extra")

MS, UM, MV, PA, NS = pq.ms, pq.um, pq.mV, pq.pA, pq.nS
SHAPE = dx.discretize(dx.ball_and_stick(20 * UM, 140 * UM, 2 * UM), max_length=70 * UM)
TIP = "dend[0](0.75)"
# Each dendritic spike begins twice, the second time from above its threshold at the end of t_ref;
# nothing but what the electrode of the cell injects begins at a multiple of a step.
CELL = dx.Cell(
    SHAPE,
    [
        dx.Passive(),
        dx.DendriticSpike(TIP, v_th=-60 * MV, t_ref=6 * MS),
        dx.CalciumSpike(
            "soma",
            v_th=-62 * MV,
            t_ref=8 * MS,
            delay=4 * MS,
            tau_rise=0.6 * MS,
            w=80 * pq.uA / pq.cm**2,
            attenuation=2.0,
        ),
        dx.CurrentClamp(TIP, waveform=dx.ramp_current(20 * PA, 90 * PA, 1.013 * MS, 14 * MS)),
        dx.DynamicClamp(
            "dend",
            waveform=dx.ramp_current(0.2, 1.0, 3.171 * MS, 18 * MS),
            g_max=4 * NS,
            e_reversal=-90 * MV,
        ),
        dx.AMPA("dend", n=2, delay=[0, 1.013] * MS),
    ],
    v_init=-70 * MV,
    v_th=-55 * MV,
    probes={"amplitude": dx.Probe("amplitude", "soma", of="CalciumSpike")},
)
INPUTS = dx.Inputs(
    current=dx.step_current(50 * PA, 1 * MS, 16 * MS),
    spikes=dx.spike_trains([[3, 11] * MS, [3.77] * MS], weight=[1.0, 2.0]),
)
SIMULATOR = dx.Simulator(20 * MS, 0.005 * MS, record=dx.Record("v_cell", "amplitude", every=MS / 4))


@needs_brian2
def test_scipy_agrees_with_brian2():
    simulator = dx.Simulator(13 * MS, record=SIMULATOR.record)
    exact = dx.run_scipy(CELL, INPUTS, simulator)
    theirs = dx.run_brian2(CELL, INPUTS, simulator, dt=0.02 * MS)
    found = dx.compare(exact, theirs, trace="v_cell")
    # Brian2's step; ten times what is measured.
    found.raise_if_outside(spike_time=1e-5 * MS)
    assert found.n_pairs == 2
    assert found.v_relative <= 1e-5
    # None, the first, and the smaller second.
    assert np.unique(exact.traces["amplitude"].round(4)).size == 3
    assert dict(exact.provenance)["equations"] == "transcribed"


@needs_brian2
def test_brian2_as_most_people_run_it_agrees_to_its_grid():
    dt = 0.01
    synapses = dx.AMPA("dend", n=2, delay=[0, 1] * MS)
    clamp = dx.CurrentClamp(TIP, waveform=dx.ramp_current(20 * PA, 90 * PA, 1 * MS, 14 * MS))
    cell = dx.Cell(SHAPE, [*CELL.mechanisms[:2], clamp, synapses], v_init=-50 * MV, v_th=-55 * MV)
    inputs = dx.Inputs(spikes=dx.spike_trains([[3, 5] * MS, [3.77] * MS], weight=[1.0, 2.0]))
    simulator = dx.Simulator(6 * MS, record=dx.Record("v_cell", every=MS / 4))
    plain = dx.run_brian2(cell, inputs, simulator, dt=dt * MS, schedule="default")
    found = dx.compare(dx.run_scipy(cell, inputs, simulator), plain, trace="v_cell")
    # It begins above its threshold, which is no spike.
    assert found.n_pairs == 1
    # An input acts up to one step late, and a spike is noted up to one step early.
    found.raise_if_outside(spike_time=2 * dt * MS)
    assert found.v_relative <= 0.01


# Parts of the transcriptions, and what a slip would make of them: a sign, or a number 1 % larger.
SLIPS = {
    dx.DendriticSpike: [
        ("g_rise*(v - e_rise)", "g_rise*(v + e_rise)"),
        ("g_fall*(v - e_fall)", "g_fall*(v + e_fall)"),
        ("+ falling", "- falling"),
        ("age < offset_fall + duration_fall", "age < offset_fall - duration_fall"),
    ],
    dx.CalciumSpike: [
        ("-0.01*area", "0.01*area"),
        ("-0.01*area", "-0.0101*area"),
        ("(a - b)", "(a + b)"),
        ("a*(1 - 2*a)", "-a*(1 - 2*a)"),
        ("a*(1 - 2*a)", "a*(1.01 - 2*a)"),
        ("a*(1 - 2*a)", "a*(1 - 2.02*a)"),
        ("b*(1 - 2*b)", "-b*(1 - 2*b)"),
        ("b*(1 - 2*b)", "b*(1.01 - 2*b)"),
        ("b*(1 - 2*b)", "b*(1 - 2.02*b)"),
        ("0.001, a)", "0.00101, a)"),
        ("0.001, b)", "0.00101, b)"),
        ("exp(-(v - v_th)", "exp((v - v_th)"),
        ("(v - v_th)", "(v + v_th)"),
        ("(v_th - v_rest)", "(v_th + v_rest)"),
    ],
    dx.CurrentClamp: [
        ("-level", "level"),
        ("-level", "-1.01*level"),
        ("level_slope", "-level_slope"),
    ],
    dx.DynamicClamp: [
        ("g_max*level", "-g_max*level"),
        ("(v - e_reversal)", "(v + e_reversal)"),
        ("level_slope", "-level_slope"),
    ],
}
NUMBERS = [
    (k, name)
    for k, each in enumerate(CELL.mechanisms)
    if type(each) in SLIPS
    for name in parameters(each)
]
WAVES = [
    (k, name)
    for k, each in enumerate(CELL.mechanisms)
    if hasattr(each, "waveform")
    for name in ("start", "value", "slope")
]
# What steps of 0.005 ms leave in dendrax, three times as large or more; of what is planted, the
# voltages show 1.7e-4 at least.
SPIKE_TOLERANCE, TRACE_TOLERANCE = 1e-3, 1e-4


@cache
def ours():
    return SIMULATOR(CELL, INPUTS)


def agrees(cell):
    found = dx.compare(
        ours(), dx.run_scipy(cell, INPUTS, SIMULATOR, rtol=1e-9, atol=1e-10), trace="v_cell"
    )
    return (
        found.n_missing == found.n_extra == 0
        and found.spike_max <= SPIKE_TOLERANCE
        and found.v_relative <= TRACE_TOLERANCE
    )


@pytest.mark.slow
def test_dendrax_agrees_with_scipy():
    assert agrees(CELL)


@pytest.mark.slow
@pytest.mark.parametrize(("k", "name"), NUMBERS)
def test_a_planted_number_is_caught(k, name):
    wrong = eqx.tree_at(
        lambda cell: getattr(cell.mechanisms[k], name).value, CELL, replace_fn=lambda x: 1.01 * x
    )
    assert not agrees(wrong)


@pytest.mark.slow
@pytest.mark.parametrize(("k", "name"), WAVES)
def test_a_planted_waveform_is_caught(k, name):
    wrong = eqx.tree_at(
        lambda cell: getattr(cell.mechanisms[k].waveform, name), CELL, replace_fn=lambda x: 1.01 * x
    )
    assert not agrees(wrong)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "right", "wrong"), [(kind, *slip) for kind, slips in SLIPS.items() for slip in slips]
)
def test_a_planted_slip_in_a_transcription_is_caught(kind, right, wrong, monkeypatch):
    transcribe = _cells._MECHANISMS[kind]

    def slipped(mechanism):
        part = transcribe(mechanism)
        rates = {name: rate.replace(right, wrong) for name, rate in part.rates.items()}
        texts = {name: getattr(part, name).replace(right, wrong) for name in ("current", "begin")}
        assert (rates, *texts.values()) != (part.rates, part.current, part.begin)
        return replace(part, rates=rates, **texts)

    monkeypatch.setitem(_cells._MECHANISMS, kind, slipped)
    assert not agrees(CELL)
