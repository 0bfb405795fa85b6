"""What every model owes to the simulator."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.parameters import resolve

NEURONS = {
    "LIF": dx.LIF(t_ref=2 * pq.ms),
    "EIF": dx.EIF(t_ref=2 * pq.ms),
    "AdEx": dx.AdEx(t_ref=2 * pq.ms),
    "GIF": dx.GIF(t_ref=2 * pq.ms),
    "LIF without units": dx.LIF(tau_mem=20 * pq.ms, t_ref=2 * pq.ms),
    "LeakyIntegrator": dx.LeakyIntegrator(),
    "QIF": dx.QIF(),
    "AdaptiveLIF": dx.AdaptiveLIF(t_ref=2 * pq.ms),
    "Izhikevich": dx.Izhikevich(v_reset=-70 * pq.mV),
    "EGRU": dx.EGRU(bias_u=0.0, bias_r=0.0),
    "AtMostOneSpike": dx.AtMostOneSpike(dx.QIF(tau_mem=20 * pq.ms)),
    "Refractory": dx.Refractory(dx.AdaptiveLIF(t_ref=1 * pq.ms), t_ref=2 * pq.ms),
    "Both": dx.AtMostOneSpike(dx.Refractory(dx.EIF(), t_ref=2 * pq.ms)),
    "DendriticNeuron": dx.DendriticNeuron(
        weight=np.ones((2, 3)), tau_syn=np.full((2, 3), 4) * pq.ms, tau_dend=[8, 12] * pq.ms
    ),
}
T, NONE, SOME = jnp.asarray(7.0), jnp.asarray(0.0), jnp.asarray(1.0)
SITE = jnp.asarray(0)


# A current moves the guard at once: not that of a readout, nor the cell of a gated unit.
DRIVEN = [name for name in NEURONS if name not in ("LeakyIntegrator", "EGRU")]


@pytest.fixture(params=NEURONS)
def neuron(request):
    return resolve(NEURONS[request.param])


def unwrapped(state):
    return unwrapped(state.neuron) if hasattr(state, "neuron") else state


def test_a_model_starts_below_its_threshold(neuron):
    assert neuron.spike_condition(T, neuron.init_state()) < 0


def test_each_flowing_leaf_has_a_derivative_of_its_shape(neuron):
    state = neuron.init_state()
    leaves = jax.tree.leaves(state)
    rates = jax.tree.leaves(neuron.dynamics(T, state, NONE), is_leaf=lambda rate: rate is None)
    for leaf, rate in zip(leaves, rates, strict=True):
        assert rate is None or rate.shape == leaf.shape


def test_rest_is_rest(neuron):
    flow = neuron.dynamics(T, neuron.init_state(), NONE)
    # The exponential current of EIF and AdEx, and the activation of a dendrite, are small at rest.
    assert all(jnp.all(jnp.abs(rate) < 1e-2) for rate in jax.tree.leaves(flow))


@pytest.mark.parametrize("name", DRIVEN)
def test_current_drives_the_guard_up(name):
    neuron = resolve(NEURONS[name])

    def guard_after(current):
        state = neuron.init_state()
        flow = neuron.dynamics(T, state, current)
        moved = jax.tree.map(lambda y, dy: y if dy is None else y + 0.01 * dy, state, flow)
        return neuron.spike_condition(T, moved)

    assert guard_after(SOME) > guard_after(NONE)


def test_a_reset_goes_below_the_threshold(neuron):
    state = neuron.reset_spiked(T, neuron.init_state())
    assert neuron.spike_condition(T, state) < 0


@pytest.mark.parametrize("name", [name for name in NEURONS if name != "EGRU"])
def test_an_input_spike_adds_its_weight(name):
    neuron = resolve(NEURONS[name])
    before = neuron.init_state()
    after = neuron.input_spike(before, 3 * SOME, SITE)
    change = unwrapped(after).i_syn - unwrapped(before).i_syn
    np.testing.assert_array_equal(change[..., 0] if change.ndim else change, 3.0)


def test_everything_that_can_be_observed_has_a_unit(neuron):
    assert neuron.observe(neuron.init_state()).keys() == neuron.units.keys()


def test_an_input_spike_of_a_gated_unit_passes_the_reset_gate_of_its_target():
    unit = resolve(dx.EGRU())
    before = unit.init_state()._replace(a_r=jnp.asarray(0.7))
    after = unit.input_spike(before, jnp.asarray([1.0, 2.0, 3.0]), SITE)
    np.testing.assert_allclose(after, [0, 1, 2.7, 3 / (1 + np.exp(-0.7))], rtol=1e-15)


def test_a_network_knows_how_to_draw_weights_and_biases(neuron):
    assert neuron.weight_shape in ((), (3,))
    for middle, half_range in (neuron.weight_range, neuron.bias_range):
        assert half_range >= 0
        assert np.isfinite(middle)


@pytest.mark.parametrize("name", ["LIF", "LIF without units", "EIF", "AdEx", "AdaptiveLIF"])
def test_the_refractory_period_holds_the_voltage_until_its_timer(name):
    neuron = resolve(NEURONS[name])
    assert neuron.timer(neuron.init_state()) == jnp.inf
    spiked = neuron.reset_spiked(T, neuron.init_state())
    assert neuron.timer(spiked) == 9.0
    assert neuron.dynamics(T, spiked, 500 * SOME)[0] == 0
    ready = neuron.timer_expired(spiked)
    assert neuron.timer(ready) == jnp.inf
    assert neuron.dynamics(T, ready, 500 * SOME)[0] != 0


def test_a_model_without_refractory_period_needs_no_timer():
    neuron = resolve(NEURONS["DendriticNeuron"])
    state = neuron.init_state()
    assert neuron.timer(state) == jnp.inf
    assert neuron.timer_expired(state) is state
