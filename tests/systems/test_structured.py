"""Models of known structure, executed without events, against SciPy and against the flat loop."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.parameters import resolve
from dendrax.simulation._drive import Drive, Units, in_order, silence, unit_axes
from dendrax.simulation._structured import run_structured
from tests.systems.reference import Engine, relative_errors
from tests.systems.test_models import CASES, EVERY, T_STOP, inputs_of, reference

# Of spikes and states, and of gradients, with cells of 0.5 ms. Of LIF: test_lif.py.
TOLERANCES = {
    "LeakyIntegrator": (1e-12, 1e-11),
    "EGRU": (1e-12, 1e-10),
    "QIF": (1e-8, 1e-9),
}


@pytest.mark.parametrize("name", TOLERANCES)
def test_spikes_states_and_gradients(name):
    case, (_, solution, theta) = CASES[name], reference(name)
    record = dx.Record(*case.recorded, every=EVERY * pq.ms)
    simulator = partial(dx.Simulator, T_STOP * pq.ms, 0.5 * pq.ms, record=record, max_spikes=4)
    n_spikes = len(solution.spikes)
    out, count, jacobian = Engine(simulator, case.neuron, inputs_of(case), n_spikes).forward()
    tolerance, of_gradients = TOLERANCES[name]
    assert count == n_spikes
    np.testing.assert_allclose(out[:count], solution.spikes, rtol=0, atol=tolerance)
    np.testing.assert_allclose(out[count:], solution.samples.ravel(), rtol=0, atol=tolerance)
    assert relative_errors(jacobian, solution.jacobian, theta).max() < of_gradients


def run(units):
    times = jnp.arange(0.0, 30.0, 7.0)
    return run_structured(units, dt=1.0, t_stop=30.0, max_spikes=16, sample_times=times)


MODELS = {
    "LIF": (dx.LIF, {"tau_mem": 20 * pq.ms, "t_ref": [0.0, 1.3, 0.0] * pq.ms}, 4.0),
    "QIF": (dx.QIF, {"tau_mem": [20.0, 15.0, 20.0] * pq.ms}, 30.0),
    "DendriticNeuron": (
        dx.DendriticNeuron,
        {"weight": np.full((3, 2, 4), 1.5), "tau_dend": [8.0, 11.0] * pq.ms},
        1.5,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["LIF", "QIF", "DendriticNeuron"])
def test_a_population_is_its_units_one_by_one(name):
    kind, parameters, strength = MODELS[name]
    rng = np.random.default_rng(1)
    weight = jnp.asarray(strength * rng.uniform(-0.2, 1.0, (3, 4)))
    time, source = np.sort(rng.uniform(0, 30, (5, 12)), axis=1), rng.integers(0, 4, (5, 12))
    arrivals = in_order(jnp.asarray(time), jnp.asarray(source), jnp.ones((5, 12)))
    nothing = silence(dx.Inputs(spikes=[dx.spike_trains([])] * 5))
    neuron = kind(**parameters)
    drive, axes = Drive(nothing, arrivals, weight), unit_axes(neuron)
    units = Units(resolve(neuron), axes, drive, Drive(None, None, 0), 3)
    together = jax.jit(lambda: run(units))()

    @jax.jit
    def alone(i):
        one = jax.tree.map(
            lambda axis, x: x if axis is None else x[i],
            axes,
            units.neuron,
            is_leaf=lambda axis: axis is None,
        )
        shared = jax.tree.map(lambda _: None, one)
        drive_of_one = drive._replace(weight=weight[i])
        return run(Units(one, shared, drive_of_one, Drive(None, None, None), 1))

    assert jnp.isfinite(together["spike_times"]).any((0, 2)).all()
    for i in range(3):
        expected = jax.tree.leaves(alone(i))
        for ours, theirs in zip(jax.tree.leaves(together), expected, strict=True):
            np.testing.assert_allclose(ours[:, i], theirs[:, 0], rtol=0, atol=1e-12)


# The arrival at 0 lifts v to a hump; without a node, within one cell.
HUMP = {"tau_mem": 20 * pq.ms, "tau_syn": 5 * pq.ms}


@pytest.mark.parametrize(("above", "count"), [(1e-12, 1), (-1e-12, 0)])
def test_a_hump_that_grazes_the_threshold_is_found(above, count):
    def peak(weight, tau, tau_syn):
        # v = k (e^(-t/tau) - e^(-t/tau_syn)), where its derivative vanishes.
        k = weight * tau_syn / (tau - tau_syn)
        t = np.log(tau / tau_syn) / (1 / tau_syn - 1 / tau)
        return k * (np.exp(-t / tau) - np.exp(-t / tau_syn))

    weight = (1 + above) / peak(1.0, 20.0, 5.0)
    inputs = dx.Inputs(spikes=dx.spike_trains([[3.0] * pq.ms], weight=weight))
    assert dx.Simulator(60 * pq.ms)(dx.LIF(**HUMP), inputs).spike_counts == count


@pytest.mark.parametrize(("weight", "slope", "bias"), [(4.6, 0.02, 0.0), (-9.0, -0.06, 2.0)])
def test_a_ramp_may_turn_v_twice_in_a_cell(weight, slope, bias):
    """Between the fading of a synapse and a ramp there is a hump, before or after a dip."""
    ramp = dx.ramp_current(0.0, 42 * slope, 0 * pq.ms, 42 * pq.ms)
    inputs = dx.Inputs(spikes=dx.spike_trains([[0.0] * pq.ms], weight=weight), current=ramp)

    def run(v_th):
        neuron = dx.LIF(tau_mem=10 * pq.ms, tau_syn=5 * pq.ms, bias=bias, v_th=v_th)
        record = dx.Record("v", every=0.01 * pq.ms)
        return dx.Simulator(42 * pq.ms, record=record, max_spikes=4)(neuron, inputs)

    v = run(99.0).traces["v"][0, 0]
    assert 300 < int(v.argmax()) < 4000
    assert run(float(v.max()) - 1e-9).spike_counts == 1
    assert run(float(v.max()) + 1e-6).spike_counts == 0


@pytest.mark.parametrize("kind", [dx.LIF, dx.QIF])
def test_at_most_one_spike(kind):
    neuron = dx.AtMostOneSpike(kind(tau_mem=20 * pq.ms, bias=3.0))
    simulator = partial(
        dx.Simulator, 60 * pq.ms, 0.25 * pq.ms, record=dx.Record("v", every=9 * pq.ms)
    )
    ours, flat = (simulator(execution=e)(neuron, dx.Inputs()) for e in ("auto", "flat"))
    assert ours.spike_counts == flat.spike_counts == 1
    np.testing.assert_allclose(ours.spike_times[0, 0, 0], flat.spike_times[0, 0, 0], atol=1e-6)
    if kind is dx.LIF:
        np.testing.assert_allclose(ours.traces["v"], flat.traces["v"], atol=1e-6)


def test_cells_in_which_spikes_could_hide_are_refused():
    with pytest.raises(dx.errors.SimulationError, match="within one cell"):
        dx.Simulator(20 * pq.ms, 5 * pq.ms)(dx.QIF(tau_mem=5 * pq.ms, bias=200.0), dx.Inputs())
