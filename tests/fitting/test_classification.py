"""Losses of networks, on results made by hand: what they say, their gradients, and their limits."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

T_STOP = 40.0
INF = np.inf
TAU_0, TAU_1, ALPHA = 0.5, 6.4, 3e-3
first_spike = dx.losses.first_spike(TAU_0 * pq.ms, TAU_1 * pq.ms, ALPHA)
LABELS = np.array([0, 2, 1])
SPIKES = [
    [[3.0, 9.0], [4.0, INF], [3.5, 5.0]],
    [[20.0, INF], [INF, INF], [21.0, INF]],
    [[INF] * 2] * 3,
]


def result(spikes, dtype=float, guard=None, **readouts):
    """Return a result of (trial, neuron, spike); the guard becomes a trace of one sample."""
    spikes = jnp.asarray(spikes, dtype=dtype)
    n = spikes.shape[:2]
    traces = {} if guard is None else {"guard": jnp.asarray(guard, dtype=dtype)[..., None]}
    return dx.SimulationResult(
        spike_times=spikes,
        spike_slope=jnp.ones_like(spikes),
        times=jnp.zeros(1 if traces else 0, dtype),
        traces=traces,
        status=jnp.zeros(n, int),
        n_steps=jnp.zeros(n, int),
        t_reached=jnp.full(n, T_STOP, dtype),
        t_stop=T_STOP,
        units=(("guard", "1"),) if traces else (),
        readouts={name: jnp.asarray(x, dtype=dtype) for name, x in readouts.items()},
    )


def value_and_gradient(loss, model, target=None):
    # Compiled as a whole: one operation after the other takes longer.
    return eqx.filter_jit(eqx.filter_value_and_grad(lambda m, t: loss(m, t)))(model, target)


def eq_8(times, labels):
    """Evaluate Eq. 8 for times of first spikes, trial by trial."""
    costs = []
    for t, y in zip(times, labels, strict=True):
        share = np.exp(-t[y] / TAU_0) / np.sum(np.exp(-t / TAU_0))
        costs.append(-np.log(share) + ALPHA * (np.exp(t[y] / TAU_1) - 1))
    return np.mean(costs)


def test_first_spike_is_eq_8_with_silent_neurons_at_the_end():
    first = np.minimum(np.asarray(SPIKES)[:, :, 0], T_STOP)
    value = first_spike(result(SPIKES), LABELS)
    np.testing.assert_allclose(value, eq_8(first, LABELS), rtol=1e-12)
    elsewhere = dx.losses.first_spike(TAU_0 * pq.ms, TAU_1 * pq.ms, ALPHA, silent=30 * pq.ms)
    first = np.where(first == T_STOP, 30.0, first)
    np.testing.assert_allclose(elsewhere(result(SPIKES), LABELS), eq_8(first, LABELS), rtol=1e-12)


def test_the_gradient_of_first_spike_is_its_central_difference_and_that_of_silence_is_zero():
    spikes, h = np.asarray(SPIKES), 1e-5
    gradient = value_and_gradient(first_spike, result(spikes), LABELS)[1].spike_times
    expected, compiled = np.zeros_like(spikes), jax.jit(lambda model: first_spike(model, LABELS))
    for at in np.argwhere(np.isfinite(spikes)):
        at = tuple(at)
        values = []
        for sign in (1, -1):
            moved = spikes.copy()
            moved[at] += sign * h
            values.append(compiled(result(moved)))
        expected[at] = (values[0] - values[1]) / (2 * h)
    # The third derivative is below 1 / tau_0^3 = 8, which leaves h^2.
    np.testing.assert_allclose(gradient, expected, atol=1e-9)
    assert np.all(gradient[0, :, 0])
    assert not gradient[2].any()


def test_a_late_spike_of_the_right_class_costs_more():
    # In the paper's listing (Fig. 4) it would cost less.
    parts = [first_spike.parts(result([[[t], [INF]]]), [0])["lateness"] for t in (5.0, 10.0)]
    np.testing.assert_allclose(parts, ALPHA * (np.exp(np.array([5.0, 10.0]) / TAU_1) - 1))


@pytest.mark.parametrize(("tau_0", "tau_1"), [(0.5, 6.4), (1e-3, 1e-2), (1e3, 1e3)])
def test_value_and_gradient_are_finite_in_float32(tau_0, tau_1):
    loss = dx.losses.first_spike(tau_0 * pq.ms, tau_1 * pq.ms, ALPHA, reach=100 * pq.ms)
    with jax.enable_x64(False):
        model = result(SPIKES, np.float32, guard=[[-5.0, -50.0, -0.1]] * 3)
        value, gradient = value_and_gradient(loss, model, [0, 1, 1])
    assert value.dtype == np.float32
    assert np.isfinite(value)
    assert np.isfinite(gradient.spike_times).all()
    assert np.isfinite(gradient.traces["guard"]).all()


def test_reach_pulls_the_silent_neuron_of_the_right_class_and_not_its_rivals():
    loss = dx.losses.first_spike(5 * pq.ms, TAU_1 * pq.ms, ALPHA, reach=2 * pq.ms)
    assert loss.readouts == {"guard": dx.Maximum("guard")}
    guard = [[-0.5, -0.3, 0.0]]
    model = result([[[INF], [INF], [12.0]]], guard=guard)
    np.testing.assert_allclose(loss.times(model), [[41.0, 40.6, 12.0]])
    gradient = value_and_gradient(loss, model, [0])[1].traces["guard"][0, :, 0]
    assert gradient[0] < 0 < gradient[1]
    assert gradient[2] == 0
    by_readout = result([[[INF], [INF], [12.0]]], guard=np.asarray(guard))
    assert loss(by_readout, [0]) == loss(model, [0])
    # A neuron that is about to spike at the end is where its spike will be.
    dying = loss(result([[[T_STOP - 1e-9], [3.0]]], guard=[[0.0, 0.0]]), [0])
    dead = loss(result([[[INF], [3.0]]], guard=[[-1e-9, 0.0]]), [0])
    np.testing.assert_allclose(dying, dead, rtol=1e-8)


def test_the_first_spike_names_the_class_and_silence_none():
    model = result(SPIKES)
    assert first_spike.predicted(model).tolist() == [0, 0, -1]
    np.testing.assert_allclose(first_spike.accuracy(model, [0, 1, 0]), 1 / 3)


def test_cross_entropy_is_that_of_the_softmax():
    logits = np.random.default_rng(0).normal(size=(4, 3)) * 5
    labels = np.array([2, 0, 1, 1])
    loss = dx.losses.cross_entropy("z")
    value, gradient = value_and_gradient(loss, result(np.full((4, 3, 1), INF), z=logits), labels)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(value, -np.log(shares[range(4), labels]).mean(), rtol=1e-12)
    expected = (shares - np.eye(3)[labels]) / 4
    np.testing.assert_allclose(gradient.readouts["z"], expected, atol=1e-14)
    huge = result(np.full((1, 2, 1), INF), np.float32, z=[[1e30, -1e30]])
    assert np.isfinite(value_and_gradient(loss, huge, [1])[1].readouts["z"]).all()


def test_losses_ask_for_their_readouts_and_add_up():
    peak, area = dx.Maximum("v"), dx.Integral("v", tau=T_STOP * pq.ms)
    both = dx.losses.cross_entropy(peak) + 0.5 * dx.losses.cross_entropy(area)
    both += dx.losses.rate(at_least=1)
    assert set(both.readouts.values()) == {peak, area, dx.Maximum("guard")}
    z = np.random.default_rng(1).normal(size=(2, 3, 2))
    names = [name for name, kept in both.readouts.items() if kept != dx.Maximum("guard")]
    readouts = dict(zip(names, z[..., :2].transpose(2, 0, 1), strict=True))
    model = result(np.full((2, 3, 1), 5.0), guard=np.zeros((2, 3)), **readouts)
    single = [dx.losses.cross_entropy(name)(model, [0, 1]) for name in names]
    np.testing.assert_allclose(both(model, [0, 1]), single[0] + 0.5 * single[1])


def test_spike_time_mse_is_what_it_says():
    mse = dx.losses.spike_time_mse(2 * pq.ms)
    ours = [[[5.0, 9.0, INF], [INF] * 3]]
    cases = [
        ([[[6.0, 9.0], [INF, INF]]], (1 / 2) ** 2),  # nothing is missing
        ([[[5.0, INF], [INF, INF]]], (31 / 2) ** 2),  # the second spike is pushed to the end
        ([[[5.0, 9.0], [10.0, 20.0]]], (30 / 2) ** 2 + (20 / 2) ** 2),  # missing: at the end
        ([[6.0, 30.0]], (1 / 2) ** 2 + (10 / 2) ** 2),  # first spikes only
    ]
    for wanted, total in cases:
        np.testing.assert_allclose(mse(result(ours), wanted), total / 2)
    gradient = value_and_gradient(mse, result(ours), jnp.asarray(cases[1][0]))[1].spike_times
    assert gradient[0, 0, 1] < 0  # later
    assert np.count_nonzero(gradient) == 1
    pulling = dx.losses.spike_time_mse(2 * pq.ms, reach=10 * pq.ms)
    guard = value_and_gradient(
        pulling, result(ours, guard=[[0.0, -0.5]]), jnp.asarray([[5.0, 20.0]])
    )[1]
    # d = (40 + 10 * 0.5 - 20) / 2, and the mean is over two neurons.
    np.testing.assert_allclose(guard.traces["guard"][0, :, 0], [0.0, -2 * 12.5 * 10 / 2 / 2])


def test_rate_pushes_spikes_out_and_pulls_dead_neurons():
    spikes = [[[5.0, 10.0, 30.0], [INF] * 3], [[20.0, INF, INF], [8.0, INF, INF]]]
    guard = [[0.0, -0.4], [0.0, 0.0]]
    loss = dx.losses.rate(at_least=1, at_most=1)
    value, gradient = value_and_gradient(loss, result(spikes, guard=guard))
    # Half of the one spike per trial is missing in the second neuron.
    np.testing.assert_allclose(value, (30 + 10) / T_STOP / 4 + 0.5 * 0.4 / 4)
    np.testing.assert_allclose(gradient.spike_times[0, 0], [0, -1 / T_STOP / 4, -1 / T_STOP / 4])
    assert np.count_nonzero(gradient.spike_times) == 2
    np.testing.assert_allclose(gradient.traces["guard"][..., 0], [[0, -0.5 / 4], [0, 0]])
    assert dx.losses.rate(at_most=3)(result(spikes)) == 0
    assert loss(result(spikes, guard=guard), "ignored") == value


@pytest.mark.parametrize(
    "loss", [dx.losses.first_spike(1 * pq.ms, 1 * pq.ms, 0, reach=1 * pq.ms), dx.losses.rate(1.0)]
)
def test_a_missing_guard_is_named(loss):
    with pytest.raises(dx.FitError, match=r"readouts=loss\.readouts"):
        loss(result(SPIKES), LABELS)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: dx.losses.first_spike(1.0, 1 * pq.ms, 0), dx.UnitError, "tau_0 must be a time"),
        (lambda: dx.losses.first_spike(0 * pq.ms, 1 * pq.ms, 0), dx.FitError, "must be positive"),
        (lambda: dx.losses.rate(3, 2), dx.FitError, "got 3 and 2"),
        (lambda: dx.losses.cross_entropy("z")(result(SPIKES), LABELS), dx.FitError, "readout 'z'"),
    ],
)
def test_what_is_wrong_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
