"""Neurons that hold a neuron."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.parameters import resolve

T, NONE = jnp.asarray(7.0), jnp.asarray(0.0)
PLAIN = {"tau_mem": dx.learnable(10 * pq.ms), "bias": 1.7}
INPUTS = dx.Inputs(
    # The second arrival is within a refractory period.
    spikes=dx.spike_trains([[1.0, 9.2, 15.0] * pq.ms], weight=0.8),
    current=dx.step_current(0.2, 3 * pq.ms, 17 * pq.ms),
)
SIMULATOR = dx.Simulator(
    22 * pq.ms, 0.1 * pq.ms, solver=diffrax.Dopri8(), execution="flat", adjoint="forward",
    max_spikes=4, record=dx.Record("v", "i_syn", every=1.3 * pq.ms),
)  # fmt: skip


@eqx.filter_jit
def simulate(neuron, direction):
    """Return spikes and traces, and how both change with the parameters."""

    def run(neuron):
        result = SIMULATOR(neuron, INPUTS)
        return jnp.where(jnp.isinf(result.spike_times), 0.0, result.spike_times), result.traces

    return eqx.filter_jvp(run, (neuron,), (direction,))


def along(neuron, t_ref, tau_mem):
    """Return the direction in which a refractory period and the time constant of a LIF grow."""
    zero = jax.tree.map(jnp.zeros_like, neuron)
    lif = lambda tree: tree.neuron if isinstance(tree, dx.Refractory) else tree  # noqa: E731
    where = lambda tree: (t_ref(tree).value, lif(tree).tau_mem.value)  # noqa: E731
    return eqx.tree_at(where, zero, (jnp.ones(()), jnp.full((), tau_mem)))


@pytest.fixture(scope="module")
def expected():
    neuron = dx.LIF(**PLAIN, t_ref=dx.learnable(2.5 * pq.ms))
    return simulate(neuron, along(neuron, lambda tree: tree.t_ref, 0.7))


@pytest.mark.parametrize(("inside", "outside"), [(0.0, 2.5), (2.5, 0.0), (1.0, 2.5), (2.5, 1.0)])
def test_the_longer_of_two_refractory_periods_counts(inside, outside, expected):
    inner = dx.LIF(**PLAIN, t_ref=dx.learnable(inside * pq.ms))
    neuron = dx.Refractory(inner, t_ref=dx.learnable(outside * pq.ms))
    longer = (lambda tree: tree.neuron.t_ref) if inside > outside else (lambda tree: tree.t_ref)
    (spikes, traces), (moved, slopes) = simulate(neuron, along(neuron, longer, 0.7))
    (spikes_lif, traces_lif), (moved_lif, slopes_lif) = expected
    assert jnp.count_nonzero(spikes) >= 2
    np.testing.assert_allclose(spikes, spikes_lif, rtol=1e-13)
    np.testing.assert_allclose(moved, moved_lif, rtol=1e-10)
    for name in traces:
        np.testing.assert_allclose(traces[name], traces_lif[name], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(slopes[name], slopes_lif[name], rtol=1e-9, atol=1e-10)


def test_what_is_held_can_be_chosen_by_name():
    current = jnp.asarray(900.0)
    for held, still in ((None, {"p"}), (("w", "i_syn"), {"w", "i_syn"})):
        neuron = resolve(dx.Refractory(dx.AdEx(), t_ref=3 * pq.ms, held=held))
        spiked = neuron.reset_spiked(T, neuron.init_state())
        inner = neuron.neuron.timer_expired(spiked.neuron)._replace(i_syn=current)
        free = neuron.neuron.dynamics(T, inner, current)
        rates = neuron.dynamics(T, spiked._replace(neuron=inner), current).neuron
        for name in ("p", "w", "i_syn"):
            rate = getattr(rates, name)
            assert rate == (0 if name in still else getattr(free, name))
        assert neuron.spike_condition(T, spiked) < 0


def test_a_wrapped_neuron_keeps_its_own_timer():
    neuron = resolve(dx.Refractory(dx.LIF(t_ref=1 * pq.ms), t_ref=3 * pq.ms))
    spiked = neuron.reset_spiked(T, neuron.init_state())
    assert neuron.timer(spiked) == 8
    once = neuron.timer_expired(spiked)
    assert (once.neuron.t_ready, neuron.timer(once)) == (jnp.inf, 10)
    assert neuron.timer(neuron.timer_expired(once)) == jnp.inf


def test_wrappers_wrap_each_other_in_any_order():
    for neuron in (
        dx.AtMostOneSpike(dx.Refractory(dx.QIF(), t_ref=3 * pq.ms)),
        dx.Refractory(dx.AtMostOneSpike(dx.QIF()), t_ref=3 * pq.ms),
    ):
        neuron = resolve(neuron)
        spiked = neuron.reset_spiked(T, neuron.init_state())
        rates = neuron.dynamics(T, spiked, NONE)
        assert jax.tree.leaves(rates)[0] == 0
        ready = neuron.timer_expired(spiked)
        assert jax.tree.leaves(neuron.dynamics(T, ready, NONE))[0] > 0
        assert neuron.spike_condition(T, ready) == -1  # after its one spike


def test_a_wrapper_shows_what_the_neuron_inside_shows():
    inner = dx.DendriticNeuron(weight=np.ones((2, 3)))
    wrapped = dx.AtMostOneSpike(dx.Refractory(inner, t_ref=1 * pq.ms))
    for name in ("units", "input_unit", "n_sites", "weight_shape", "weight_range", "bias_range"):
        assert getattr(wrapped, name) == getattr(inner, name)
    assert dx.AtMostOneSpike(dx.EGRU()).weight_shape == (3,)
    assert list(dx.parameters(dx.Refractory(dx.QIF(), t_ref=1 * pq.ms)))[-2:] == [
        "neuron.v_t",
        "t_ref",
    ]


# What drives each of them through many spikes.
DRIVEN = {
    "LIF": (dx.LIF(tau_mem=10 * pq.ms, t_ref=1 * pq.ms), 3.0),
    "EIF": (dx.EIF(tau_mem=10 * pq.ms), 6.0),
    "Izhikevich": (dx.Izhikevich(), 15.0),
}


@pytest.mark.parametrize("name", DRIVEN)
def test_only_the_first_spike_is_left_and_the_neuron_goes_on(name):
    neuron, level = DRIVEN[name]
    inputs = dx.Inputs(current=dx.step_current(level, 0 * pq.ms, 60 * pq.ms))
    simulator = dx.Simulator(
        60 * pq.ms, solver=diffrax.Heun(), max_spikes=32, record=dx.Record("v", every=1 * pq.ms)
    )
    once = simulator(dx.AtMostOneSpike(neuron), inputs)
    assert once.spike_counts == 1
    assert np.all(np.isfinite(once.traces["v"]))
    if name == "LIF":
        np.testing.assert_allclose(once.spikes(0), 10 * np.log(3 / 2), rtol=1e-3)
        # Beyond the threshold, with nothing to stop it.
        after = 60 - 1 - once.spikes(0)
        np.testing.assert_allclose(once.traces["v"][0, 0, -1], 3 * -np.expm1(-after / 10), 1e-3)
