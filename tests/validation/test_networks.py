"""Networks of dendrax against Brian2 and SciPy, which know nothing of how dendrax executes them.

Brian2 gets one population after the other until no spike moves, SciPy all units as one system.
"""

import runpy
from functools import cache
from importlib.util import find_spec

import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.validation import _settle
from dendrax.validation._import import quiet_brian2
from tests.validation.test_translate import INPUTS as GATED_INPUTS
from tests.validation.test_translate import Gated

needs_brian2 = pytest.mark.skipif(find_spec("brian2") is None, reason="Brian2 is an extra")

MS, PA = pq.ms, pq.pA
RNG = np.random.default_rng(0)
# Two trials, with currents into the hidden neurons, and inputs of different strength.
INPUTS = dx.Inputs(
    current=[dx.step_current(level * PA, 1 * MS, 20 * MS) for level in (150, 200)],
    spikes=[
        dx.spike_trains([times * MS for times in each], weight=[1.0, 0.8, 1.2])
        for each in (([1, 8], [2.5, 3.5], [6]), ([3], [0.5, 9], [4, 4.5]))
    ],
)
SIMULATOR = dx.Simulator(20 * MS, 0.025 * MS, record=dx.Record("v", every=0.5 * MS))
W_IN = RNG.uniform(200, 400, (3, 4))
W_OUT = RNG.uniform(1200, 1800, (4, 2))
W_BACK = RNG.uniform(-200, 200, (4, 4))
MASK = ~np.eye(4, dtype=bool)
DELAY_IN = np.round(RNG.uniform(0.5, 3, (3, 4)), 1)
DELAY_BACK = np.round(RNG.uniform(3, 5, (4, 4)), 1)
AXONAL = np.array([1.0, 1.5, 2.0, 2.5])


def network(*, w_back=W_BACK, w_out=W_OUT, delay_back=DELAY_BACK, delay_in=DELAY_IN, t_ref=1.013):
    """Two populations of units that differ from each other; the delays differ likewise."""
    connections = [
        dx.Connection("input", "hidden", weight=dx.learnable(W_IN * PA), delay=delay_in * MS),
        dx.Connection("hidden", "output", weight=w_out * PA, delay=AXONAL * MS),
    ]
    if w_back is not None:
        delay = None if delay_back is None else delay_back * MS
        back = dx.Connection("hidden", "hidden", weight=w_back * PA, delay=delay, mask=MASK)
        connections.append(back)
    hidden = dx.LIF(tau_syn=dx.learnable([3, 4, 5, 6] * MS), t_ref=t_ref * MS)
    return dx.Network(
        3,
        {"hidden": dx.Population(hidden, 4), "output": dx.Population(dx.QIF(), 2)},
        connections,
        electrode="hidden",
    )


NETWORKS = {
    "with delays": network(),
    "feed-forward": network(w_back=None),
    "at once": network(delay_back=None),
}
# To compile a network takes seconds: the first has all that the second has.
EACH = [pytest.param(x, marks=[pytest.mark.slow] * (x != "with delays")) for x in NETWORKS]
# Of Brian2 with steps of 0.1 ms: about ten times what is measured. Near its rheobase a QIF
# multiplies what a spike is late until its own.
SPIKE_TOLERANCE, TRACE_TOLERANCE = 1e-5, 1e-5


@cache
def ours(name):
    return SIMULATOR(NETWORKS[name], INPUTS)


@cache
def of_brian2(name):
    return dx.run_brian2(NETWORKS[name], INPUTS, SIMULATOR, dt=0.1 * MS)


@needs_brian2
@pytest.mark.parametrize("name", EACH)
def test_brian2_agrees(name):
    theirs = of_brian2(name)
    found = dx.compare(ours(name), theirs).raise_if_outside(spike_time=SPIKE_TOLERANCE * MS)
    assert min(found["hidden"].n_pairs, found["output"].n_pairs) >= 3
    assert found.v_relative <= TRACE_TOLERANCE
    assert dict(theirs["output"].provenance)["equations"] == "transcribed"


@pytest.mark.parametrize("name", EACH)
def test_scipy_agrees(name):
    found = dx.compare(ours(name), dx.run_scipy(NETWORKS[name], INPUTS, SIMULATOR))
    # The tolerances of its steps, 1e-10, multiplied by a slow approach to the threshold.
    found.raise_if_outside(spike_time=1e-8 * MS)
    assert found.v_relative <= 1e-8


# What a wrong connection would be: each is caught by the tolerances of Brian2 above.
PLANTED = {
    "a delay off by 1 %": {"delay_back": 1.01 * DELAY_BACK},
    "delays transposed": {"delay_back": DELAY_BACK.T},
    "weights transposed": {"w_back": W_BACK.T},
    "a sign flipped": {"w_back": W_BACK * np.where(np.arange(16).reshape(4, 4) == 1, -1, 1)},
    "outputs exchanged": {"w_out": W_OUT[:, ::-1]},
}


@needs_brian2
@pytest.mark.parametrize("error", PLANTED)
def test_a_planted_error_is_caught(error):
    wrong = SIMULATOR(network(**PLANTED[error]), INPUTS)
    with pytest.raises(dx.ValidationError, match=r"population '(hidden|output)'"):
        dx.compare(wrong, of_brian2("with delays")).raise_if_outside(
            spike_time=SPIKE_TOLERANCE * MS
        )


@needs_brian2
def test_brian2_as_most_people_run_it_agrees_to_its_grid():
    theirs = dx.run_brian2(
        NETWORKS["with delays"], INPUTS, SIMULATOR, dt=0.05 * MS, schedule="default"
    )
    first = [
        np.abs(ours("with delays")[x].spike_times[..., 0] - theirs[x].spike_times[..., 0])
        for x in ("hidden", "output")
    ]
    # An input acts up to one step late, and a spike is noted up to one step early; the outputs get
    # that of their sources on top.
    assert np.max(first[0]) <= 2 * 0.05
    assert np.max(first[1][np.isfinite(first[1])]) <= 8 * 0.05


@needs_brian2
def test_the_file_of_a_network_does_what_run_brian2_does(tmp_path, capsys):
    path, model = tmp_path / "network.py", NETWORKS["with delays"]
    path.write_text(dx.to_brian2_script(model, INPUTS, SIMULATOR, dt=0.1 * MS))
    expected = dx.run_brian2(model, INPUTS, SIMULATOR, dt=0.1 * MS, schedule="default")
    with quiet_brian2():
        runpy.run_path(str(path), run_name="__main__")
    lines = dict(line.split(":") for line in capsys.readouterr().out.splitlines())
    assert len(lines) == 2 * (4 + 2)
    for name, result in expected.items():
        for trial, unit in np.ndindex(result.spike_counts.shape):
            printed = [float(x) for x in lines[f"trial {trial}, {name} {unit}"].split()]
            np.testing.assert_allclose(printed, result.spikes(trial, unit), atol=1e-7)
    with np.load(tmp_path / "network.npz") as saved:
        assert saved["hidden_time"].size == expected["hidden"].spike_counts.sum()
        v = saved["output_v"][:, :201:5].reshape(2, 2, -1)
        np.testing.assert_allclose(v, expected["output"].traces["v"], rtol=1e-9)


@needs_brian2
def test_what_brian2_cannot_do_is_refused(monkeypatch):
    off = network(delay_back=DELAY_BACK + 0.01)
    for run in (dx.run_brian2, dx.to_brian2_script):
        schedule = {"schedule": "default"} if run is dx.run_brian2 else {}
        with pytest.raises(dx.ModelError, match="delays and t_stop at multiples of dt only"):
            run(off, INPUTS, SIMULATOR, dt=0.1 * MS, **schedule)
    mixed = dx.Network(
        0, {"one": dx.Population(dx.LIF(t_ref=dx.learnable([0.0, 2.0] * MS)), 2)}, []
    )
    with pytest.raises(dx.ModelError, match="must differ in numbers only"):
        dx.run_brian2(mixed, dx.Inputs(), SIMULATOR)
    monkeypatch.setattr(_settle, "_MAX_ROUNDS", 1)
    short = dx.Simulator(15 * MS)
    with pytest.raises(dx.SimulationError, match="'hidden': its spikes must settle in 1 rounds"):
        dx.run_brian2(NETWORKS["with delays"], INPUTS, short, dt=0.2 * MS)


def test_units_of_a_model_of_the_user_have_parameters_of_their_own():
    taus, mixing = [8.0, 11.0], [[[1.0, 0.5], [0.0, 2.0]], [[0.5, 0.5], [0.1, 1.0]]]
    population = dx.Population(Gated(tau=dx.learnable(taus * MS), mixing=mixing), 2)
    model = dx.Network(
        2, {"own": population}, [dx.Connection("input", "own", weight=1.0)], electrode="own"
    )
    simulator = dx.Simulator(40 * MS, record=dx.Record("rate", every=2 * MS))
    runs = [dx.run_scipy(model, GATED_INPUTS, simulator)["own"]]
    if find_spec("brian2"):
        runs.append(dx.run_brian2(model, GATED_INPUTS, simulator, dt=0.1 * MS)["own"])
    assert {dict(each.provenance)["equations"] for each in runs} == {"translated"}
    for k in range(2):
        alone = Gated(tau=taus[k] * MS, mixing=mixing[k])
        expected = dx.run_scipy(alone, GATED_INPUTS, simulator)
        assert expected.spike_counts.min() >= 1
        # SciPy's tolerances; a kink within a step costs Runge-Kutta's method orders.
        for found, tolerance in zip(runs, (1e-7, 1e-3), strict=False):
            for trial in range(2):
                times = found.spikes(trial, k)
                np.testing.assert_allclose(times, expected.spikes(trial), rtol=0, atol=tolerance)


def test_results_of_other_populations_cannot_be_compared():
    result = dx.run_scipy(dx.LIF(), dx.Inputs(), dx.Simulator(1 * MS))
    with pytest.raises(dx.ModelError, match="a has x, and b those of one neuron"):
        dx.compare({"x": result}, result)
    with pytest.raises(dx.ModelError, match="v must be given for populations; got 'y'"):
        dx.compare({"x": result}, {"x": result}).raise_if_outside(v={"y": 1 * pq.mV})
