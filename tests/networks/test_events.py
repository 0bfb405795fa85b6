"""What must not go wrong silently in a network: ties, pushes, limits, inputs that do not fit."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

L = dx.learnable
T_STOP = 20.0
ONE_SPIKE = dx.Inputs(spikes=dx.spike_trains([[1.0, 2.5] * pq.ms]))


def simulator(**settings):
    settings = {"solver": diffrax.Dopri8(), "max_spikes": 8, "execution": "flat", **settings}
    return dx.Simulator(T_STOP * pq.ms, 0.25 * pq.ms, **settings)


def first_spikes(network, inputs=ONE_SPIKE):
    return simulator()(network, inputs)["a"].spike_times[0, :, 0]


def all_to_all(n, weight, delay=None, drive=900.0):
    """Return equal neurons, equally driven, that talk to each other."""
    connections = [
        dx.Connection("input", "a", weight=L(np.full((1, n), drive) * pq.pA)),
        dx.Connection("a", "a", weight=L(np.full((n, n), weight) * pq.pA), delay=delay),
    ]
    return dx.Network(1, {"a": dx.Population(dx.LIF(), n)}, connections)


@pytest.mark.slow
def test_simultaneous_spikes_have_gradients_of_their_own():
    """Each of three equal neurons moves with its own input weight only, and by all of it."""
    jacobian = jax.jit(jax.jacrev(first_spikes))
    by_weight = jacobian(all_to_all(3, 0.0)).connections[0].weight.value[:, 0, :]
    alone = jacobian(all_to_all(1, 0.0)).connections[0].weight.value[0, 0, 0]
    assert abs(alone) > 1e-3
    # The same steps, and the same root.
    np.testing.assert_allclose(by_weight, alone * np.eye(3), rtol=1e-9, atol=1e-12)


def test_simultaneous_spikes_all_happen_and_act():
    network = all_to_all(3, 30.0)
    result = simulator()(network, ONE_SPIKE)["a"]
    times = np.asarray(result.spike_times[0])
    assert (result.spike_counts == result.spike_counts[0, 0]).all()
    assert result.spike_counts[0, 0] >= 2
    np.testing.assert_array_equal(times[0], times[1])
    # The second spike comes earlier than without company: three spikes of 30 pA are 90 pA more.
    lonely = simulator()(all_to_all(1, 90.0), ONE_SPIKE)["a"]
    np.testing.assert_allclose(times[0, :2], lonely.spike_times[0, 0, :2], rtol=0, atol=1e-9)


@pytest.mark.slow
def test_gradients_of_simultaneous_arrivals_with_one_delay():
    """Where one constant delay makes all spikes of a volley arrive at once, nothing is lost."""
    network = all_to_all(3, 60.0, delay=L(0.5 * pq.ms))

    @jax.jit
    @jax.value_and_grad
    def second(network):
        return simulator()(network, ONE_SPIKE)["a"].spike_times[0, 0, 1]

    gradient = second(network)[1]
    h = 1e-4

    def moved(where, by):
        return second(eqx.tree_at(where, network, where(network) + by))[0]

    for where in (
        lambda n: n.connections[1].delay.value,
        lambda n: n.connections[1].weight.value,
        lambda n: n.connections[0].weight.value,
    ):
        slope = (moved(where, h) - moved(where, -h)) / (2 * h)
        # A central difference of this size has an error of 1e-8.
        np.testing.assert_allclose(where(gradient).sum(), slope, rtol=1e-6)


class Kicked(dx.LIF):
    """A LIF whose synapse is a kick of the voltage (mV)."""

    def input_spike(self, state, weight, site):
        del site
        return state._replace(v=state.v + weight)


@pytest.mark.slow
def test_a_kick_across_the_threshold_is_a_spike_at_that_instant():
    """A chain of kicks: each neuron pushes the next one over, all at the time of the input."""
    n = 3
    chain = np.zeros((n, n))
    chain[[0, 1], [1, 2]] = 30.0
    connections = [
        dx.Connection("input", "a", weight=L(np.array([[30.0, 0.0, 0.0]]) * pq.pA)),
        dx.Connection("a", "a", weight=chain * pq.pA),
    ]
    network = dx.Network(1, {"a": dx.Population(Kicked(), n)}, connections)
    trains = dx.Inputs(spikes=dx.spike_trains([[3.0] * pq.ms]))
    np.testing.assert_array_equal(first_spikes(network, trains), [3.0, 3.0, 3.0])
    by_time = jax.jacrev(lambda inputs: first_spikes(network, inputs))(trains).spikes.times
    np.testing.assert_allclose(by_time[:, 0, 0, 0], 1.0, rtol=1e-12)


@pytest.mark.slow
def test_a_trial_that_fails_does_not_sink_the_batch():
    network = all_to_all(2, 0.0)
    strong = dx.spike_trains([np.linspace(1, 15, 60) * pq.ms])
    inputs = dx.Inputs(spikes=[dx.spike_trains([[1.0, 2.5] * pq.ms]), strong])
    with pytest.raises(dx.SimulationError, match=r"population 'a', trial 1 of 2: .* 8 spikes"):
        simulator()(network, inputs)
    result = jax.jit(simulator())(network, inputs)["a"]
    assert result.status.tolist()[0] == [0, 0]
    assert all(result.status[1] > 0)
    np.testing.assert_allclose(result.spike_times[0, :, 0], first_spikes(network), atol=1e-12)


@pytest.mark.parametrize("limit", [1, {"a": 1}])
def test_too_many_arrivals_are_no_secret(limit):
    with pytest.raises(dx.SimulationError, match=r"'a', .*max_arrivals"):
        simulator(max_arrivals=limit)(all_to_all(2, 0.0), ONE_SPIKE)
    assert jnp.isfinite(
        simulator(max_arrivals=2)(all_to_all(2, 0.0), ONE_SPIKE)["a"].spike_times[0, 0, 0]
    )


def test_each_population_may_have_a_limit_of_its_own():
    network = dx.feed_forward([5, 4, 3], dx.LIF(tau_mem=20 * pq.ms), key=jax.random.key(0))
    inputs = dx.latency(dx.yin_yang(4, seed=0)[0], 30 * pq.ms)

    def times(**limits):
        trains = dx.Simulator(20 * pq.ms, max_spikes=32, **limits)(network, inputs)
        return [train.spike_times for train in trains.values()]

    all_of_them = times()
    n_into_output = int(np.isfinite(all_of_them[0]).sum((1, 2)).max())
    assert 0 < n_into_output < 4 * 32
    few = times(max_arrivals={"hidden": 5, "output": n_into_output})
    for one, other in zip(few, all_of_them, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)  # the same sums, vectorized otherwise
    with pytest.raises(dx.ModelError, match="max_arrivals names 'hiden'; the populations are"):
        times(max_arrivals={"hiden": 5})


W = np.ones((1, 2)) * pq.pA
TWO = {"a": dx.Population(dx.LIF(), 2)}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: dx.Population(dx.LIF(), 0), dx.ModelError, "at least one unit"),
        (
            lambda: dx.Population(dx.LIF(tau_syn=[1, 2, 3] * pq.ms), 2),
            dx.ModelError,
            "LIF.tau_syn has values for 3 units; the population has 2",
        ),
        (
            lambda: dx.Connection("input", "a", weight=W, delay=0 * pq.ms),
            dx.ModelError,
            r"delay must lie in \(0, inf\) ms; got 0",
        ),
        (
            lambda: dx.Connection("input", "a", weight=W, delay=-1 * pq.ms),
            dx.ModelError,
            "delay must lie in",
        ),
        (lambda: dx.Connection("input", "a", weight=W, delay=1 * pq.mV), dx.UnitError, "a time"),
        (lambda: dx.Connection("input", "a", weight=W * np.nan), dx.ModelError, "finite"),
        (
            lambda: dx.Network(2, TWO, [dx.Connection("input", "a", weight=W)]),
            dx.ModelError,
            r"weight must have the shape \(\) or \(2, 2\); got \(1, 2\)",
        ),
        (
            lambda: dx.Network(1, TWO, [dx.Connection("input", "a", weight=W, mask=[[True]])]),
            dx.ModelError,
            r"mask must have the shape \(1, 2\)",
        ),
        (
            lambda: dx.Network(1, TWO, [dx.Connection("input", "a", weight=np.ones((1, 2)))]),
            dx.ModelError,
            "must be in 'pA'",
        ),
        (
            lambda: dx.Network(1, TWO, [dx.Connection("input", "b", weight=W)]),
            dx.ModelError,
            "no population 'b'; it has: a, input",
        ),
        (
            lambda: dx.Network(1, TWO, [dx.Connection("a", "input", weight=W)]),
            dx.ModelError,
            "must not end at 'input'",
        ),
        (lambda: dx.Network(1, {"input": TWO["a"]}, []), dx.ModelError, "not of a population"),
        (
            lambda: simulator()(
                dx.Network(1, TWO, [dx.Connection("input", "a", weight=W)]),
                dx.Inputs(spikes=dx.spike_trains([[1.0] * pq.ms, [] * pq.ms])),
            ),
            dx.ModelError,
            "the network has 1 inputs; got 2 spike trains",
        ),
        (
            lambda: simulator()(
                dx.Network(0, TWO, []), dx.Inputs(dx.step_current(1 * pq.pA, 0 * pq.ms, 1 * pq.ms))
            ),
            dx.ModelError,
            r"Network\(electrode=...\)",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()
