"""Pseudospikes: continuity where spikes pass the end of the trial, and gradients of silence."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import quantities as pq
from scipy.optimize import brentq

import dendrax as dx

T_STOP = 30.0
QIF = dx.QIF(tau_mem=20 * pq.ms, bias=0.1)
SIMULATOR = dx.Simulator(
    T_STOP * pq.ms,
    2 * pq.ms,
    record=dx.Record("guard", "i_syn", at=T_STOP * pq.ms),
    max_spikes=3,
)
INPUTS = dx.latency([[0.1], [0.4]], 20 * pq.ms, bias=False)


def chain(weights):
    """Return a QIF neuron behind another one."""
    names = ["input", "hidden", "output"]
    return dx.Network(
        1,
        {name: dx.Population(QIF, 1) for name in names[1:]},
        [
            dx.Connection(a, b, weight=dx.learnable([[w]]))
            for a, b, w in zip(names, names[1:], weights, strict=False)
        ],
    )


CHAIN = chain([1.0, 1.0])


@jax.jit
@jax.value_and_grad
def sole(w):
    """Return the time of the first spike of the first neuron of the chain, in the first trial."""
    model = eqx.tree_at(lambda n: n.connections[0].weight.value, CHAIN, w[None, None])
    results = dx.with_pseudospikes(model, SIMULATOR(model, INPUTS))
    return results["hidden"].spike_times[0, 0, 0]


@jax.jit
@jax.value_and_grad
def second(w):
    """Return the pseudospike of the output while the spike of the hidden neuron passes the end."""
    model = eqx.tree_at(lambda n: n.connections[0].weight.value, CHAIN, w[None, None])
    results = dx.with_pseudospikes(model, SIMULATOR(model, INPUTS))
    return results["output"].spike_times[0, 0, 0]


def test_time_and_slope_are_continuous_where_a_spike_passes_the_end():
    critical = brentq(lambda w: float(sole(jnp.asarray(w))[0]) - T_STOP, 3.0, 30.0, xtol=1e-13)
    h = 1e-6
    (early, slope_early), (late, slope_late) = (sole(jnp.asarray(critical + d)) for d in (h, -h))
    assert early < T_STOP < late
    # Curvature of t(w) times h, and beyond the end the third order in tau / V.
    np.testing.assert_allclose(late - early, -2 * h * slope_early, rtol=1e-5)
    np.testing.assert_allclose(slope_early, slope_late, rtol=1e-5)
    # A spike of the source that passes the end counts with its whole weight on both sides.
    (before, _), (after, _) = (second(jnp.asarray(critical + d)) for d in (-1e-9, 1e-9))
    np.testing.assert_allclose(before, after, rtol=0, atol=1e-6)
    assert before > T_STOP


def test_the_slope_of_a_pseudospike_is_its_central_difference():
    for f in (sole, second):
        w, h = 2.0, 1e-4
        time, slope = f(jnp.asarray(w))
        assert time > T_STOP
        ends = [f(jnp.asarray(w + d))[0] for d in (h, -h)]
        np.testing.assert_allclose(slope, (ends[0] - ends[1]) / (2 * h), rtol=1e-6)


def test_pseudospikes_follow_the_spikes_at_a_constant_pace():
    model = chain([10.0, 0.1])
    results = SIMULATOR(model, INPUTS)
    extended = dx.with_pseudospikes(model, results)
    for name, result in results.items():
        times, n = np.asarray(extended[name].spike_times), result.spike_counts
        assert np.all(np.diff(times) > 0)
        for trial in range(2):
            k = n[trial, 0]
            np.testing.assert_array_equal(times[trial, 0, :k], result.spikes(trial))
            assert np.all(times[trial, 0, k:] > T_STOP)
    # A free neuron: tau V' = (V - 1/2)^2 + s from rest, V = 0, to infinity.
    idle = dx.Inputs(spikes=dx.spike_trains([[] * pq.ms]))
    times = dx.with_pseudospikes(model, SIMULATOR(model, idle))["hidden"].spike_times[0, 0]
    guard = SIMULATOR(model, idle)["hidden"].traces["guard"][0, 0, -1]
    v, root = -np.pi / np.tan(np.pi * (guard + 1)), np.sqrt(10 * np.log1p(np.exp(0.1 / 10)))
    first = T_STOP + 20 / root * (np.pi / 2 - np.arctan((v - 0.5) / root))
    np.testing.assert_allclose(times, first + 20 * np.pi / root * np.arange(3), rtol=1e-12)


def test_a_silent_network_learns_to_spike():
    network = dx.feed_forward([2, 3, 2], dx.QIF(tau_mem=20 * pq.ms), key=jax.random.key(1))
    network = jax.tree.map(lambda x: 0.02 * x, network, is_leaf=eqx.is_inexact_array)
    network = eqx.tree_at(
        lambda n: [p.neuron for p in n.populations.values()],
        network,
        [dx.QIF(tau_mem=20 * pq.ms)] * 2,
    )
    inputs = dx.latency([[0.1, 0.9], [0.9, 0.1]], 10 * pq.ms, bias=False)
    labels = jnp.asarray([0, 1])
    loss = dx.losses.first_spike(2 * pq.ms, 20 * pq.ms, 0.1)

    def costs(model):
        results = SIMULATOR(model, inputs)
        silent = loss(results["output"], labels)
        return loss(dx.with_pseudospikes(model, results)["output"], labels), silent, results

    @jax.jit
    def gradients(model):
        def both(model):
            pseudo, silent, results = costs(model)
            return jnp.stack([pseudo, silent]), {k: r.spike_times for k, r in results.items()}

        _, pull, spikes = jax.vjp(both, model, has_aux=True)
        return [pull(jnp.asarray(row))[0] for row in ([1.0, 0.0], [0.0, 1.0])], spikes

    (pseudo, silent), spikes = gradients(network)
    assert not np.isfinite(spikes["hidden"]).any()
    assert not any(np.any(x) for x in jax.tree.leaves(silent))
    weights = [c.weight.value for c in pseudo.connections]
    assert all(np.isfinite(w).all() for w in weights)
    assert all(np.all(w != 0) for w in weights)

    optimizer = optax.adam(0.5)
    state = optimizer.init(network)
    for _ in range(30):
        (pseudo, _), spikes = gradients(network)
        updates, state = optimizer.update(pseudo, state)
        network = optax.apply_updates(network, updates)
    first = np.asarray(spikes["output"])[:, :, 0]
    assert np.isfinite(spikes["hidden"]).any()
    assert np.argmin(first, axis=1).tolist() == [0, 1]
    assert np.isfinite(first.min(1)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"delay": 1 * pq.ms}, "no delays"),
        ({"source": "output"}, "without a loop"),
        ({"record": dx.Record("guard", every=1 * pq.ms)}, "Record"),
        ({"record": dx.Record("guard", "i_syn", at=1 * pq.ms)}, "at=30"),
    ],
)
def test_what_pseudospikes_cannot_do_is_named(change, message):
    record = change.pop("record", SIMULATOR.record)
    weight = dx.learnable([[1.0]])
    last = dx.Connection(**{"source": "hidden", "target": "output", "weight": weight, **change})
    model = dx.Network(1, CHAIN.populations, [CHAIN.connections[0], last])
    template = SIMULATOR(CHAIN, INPUTS)["hidden"]
    keep = {name: template.traces[name] for name in record.names}
    result = dataclasses.replace(
        template, traces=keep, times=jnp.asarray(record.times(T_STOP), dtype=float)[-1:]
    )
    with pytest.raises(dx.FitError, match=message):
        dx.with_pseudospikes(model, {"hidden": result, "output": result})
