"""Pseudospikes: continuity where spikes pass the end of the trial, and gradients of silence."""

from typing import NamedTuple

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
RECORD = dx.Record("guard", "i_syn", at=T_STOP * pq.ms)
SIMULATOR = dx.Simulator(T_STOP * pq.ms, 2 * pq.ms, record=RECORD, max_spikes=3)
INPUTS = dx.latency([[0.1]], 20 * pq.ms, bias=False)
L = dx.learnable([[1.0]])
# A QIF neuron behind another one.
CHAIN = dx.Network(
    1,
    {name: dx.Population(dx.QIF(tau_mem=20 * pq.ms, bias=0.1), 1) for name in ("hidden", "output")},
    [dx.Connection("input", "hidden", weight=L), dx.Connection("hidden", "output", weight=L)],
)


class Ran(NamedTuple):
    """Spikes (hidden and output, spike), without pseudospikes and with them, and guards."""

    spikes: jax.Array
    extended: jax.Array
    guard: jax.Array


@jax.jit
def run(weights):
    """Run the chain; return the derivatives by its weights of three times, and what happened.

    The times are the first pseudospikes or spikes of both neurons, and the first spike of the
    output as it is without pseudospikes, at the end if it is silent.
    """

    def times(weights):
        at = lambda n: [c.weight.value for c in n.connections]  # noqa: E731
        model = eqx.tree_at(at, CHAIN, [w[None, None] for w in weights])
        results = SIMULATOR(model, INPUTS)
        extended = dx.with_pseudospikes(model, results)
        spikes, guards = (
            [f(r[name])[0, 0] for name in ("hidden", "output")]
            for r, f in ((results, lambda x: x.spike_times), (results, lambda x: x.traces["guard"]))
        )
        pseudo = [extended[name].spike_times[0, 0] for name in ("hidden", "output")]
        plain = jnp.where(jnp.isfinite(spikes[1][0]), spikes[1][0], T_STOP)
        ran = Ran(jnp.stack(spikes), jnp.stack(pseudo), jnp.stack(guards)[:, 0])
        return jnp.stack([pseudo[0][0], pseudo[1][0], plain]), ran

    return jax.jacrev(times, has_aux=True)(weights)


def at(*weights):
    return run(jnp.asarray(weights))


@pytest.mark.slow
def test_time_and_slope_are_continuous_where_a_spike_passes_the_end():
    def left(w):
        return float(at(w, 1.0)[1].extended[0, 0]) - T_STOP

    critical, h = brentq(left, 3.0, 30.0, xtol=1e-13), 1e-6
    (slope_early, early), (slope_late, late) = (at(critical + d, 1.0) for d in (h, -h))
    assert early.spikes[0, 0] == early.extended[0, 0] < T_STOP < late.extended[0, 0]
    moved = late.extended[:, 0] - early.extended[:, 0]
    # Curvature of t(w) times h, and beyond the end the third order in tau / V.
    np.testing.assert_allclose(moved[0], -2 * h * slope_early[0, 0], rtol=1e-5)
    np.testing.assert_allclose(slope_early[0, 0], slope_late[0, 0], rtol=1e-5)
    # To the target, the spike of the source counts with its whole weight on both sides.
    assert early.extended[1, 0] > T_STOP
    np.testing.assert_allclose(moved[1], 0.0, atol=100 * h)


def test_the_slope_of_a_pseudospike_is_its_central_difference():
    w, h = np.array([2.0, 3.0]), 1e-4
    slopes, ran = at(*w)
    assert np.all(ran.extended[:, 0] > T_STOP)
    for k in range(2):
        d = h * np.eye(2)[k]
        ends = [at(*(w + sign * d))[1].extended[:, 0] for sign in (1, -1)]
        np.testing.assert_allclose(slopes[:2, k], (ends[0] - ends[1]) / (2 * h), rtol=1e-6)


def test_pseudospikes_follow_the_spikes_at_a_constant_pace():
    _, ran = at(15.0, 0.1)
    spikes, extended = np.asarray(ran.spikes), np.asarray(ran.extended)
    there = np.isfinite(spikes)
    assert there.sum(1).tolist() == [1, 0]
    np.testing.assert_array_equal(extended[there], spikes[there])
    assert np.all(extended[~there] > T_STOP)
    # A free neuron: tau V' = (V - 1/2)^2 + s from V at the end to infinity, and again.
    _, idle = at(0.0, 0.0)
    v = -np.pi / np.tan(np.pi * (idle.guard[0] + 1))
    root = np.sqrt(10 * np.log1p(np.exp(0.1 / 10)))
    first = T_STOP + 20 / root * (np.pi / 2 - np.arctan((v - 0.5) / root))
    expected = first + 20 * np.pi / root * np.arange(3)
    np.testing.assert_allclose(idle.extended[0], expected, rtol=1e-12)


def test_a_silent_network_has_a_gradient_and_learns_to_spike():
    weights, target = jnp.asarray([0.5, 0.5]), 25.0
    slopes, ran = run(weights)
    assert not np.isfinite(ran.spikes).any()
    assert not slopes[2].any()
    assert np.isfinite(slopes).all()
    # More weight makes the output spike earlier: both weights feel it.
    assert np.all(slopes[1] < 0)
    optimizer = optax.adam(1.0)
    state = optimizer.init(weights)
    for _ in range(25):
        slopes, ran = run(weights)
        updates, state = optimizer.update((ran.extended[1, 0] - target) * slopes[1], state)
        weights = optax.apply_updates(weights, updates)
    assert np.isfinite(ran.spikes[:, 0]).all()


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
    record = change.get("record", RECORD)
    last = {"source": "hidden", "target": "output", "weight": L}
    last |= {name: given for name, given in change.items() if name != "record"}
    model = dx.Network(1, CHAIN.populations, [CHAIN.connections[0], dx.Connection(**last)])
    times = jnp.asarray(record.times(T_STOP), dtype=float)
    blank = jnp.full((1, 1, 1), jnp.inf)
    state = jnp.zeros((1, 1), int)
    result = dx.SimulationResult(
        spike_times=blank, spike_slope=blank, times=times,
        traces={name: jnp.zeros((1, 1, len(times))) for name in record.names},
        status=state, n_steps=state, t_reached=jnp.zeros((1, 1)), t_stop=T_STOP, units=(),
    )  # fmt: skip
    with pytest.raises(dx.FitError, match=message):
        dx.with_pseudospikes(model, {"hidden": result, "output": result})
