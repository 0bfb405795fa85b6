"""Networks against an independent simulator, and against themselves in another arrangement."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from tests.networks.reference import Synapse, simulate

RNG = np.random.default_rng(4)
N_IN, N_HIDDEN, N_OUT, T_STOP = 3, 4, 2, 40.0
TAUS = np.linspace(3, 7, N_HIDDEN)
W_IN = RNG.uniform(150, 450, (N_IN, N_HIDDEN))
W_OUT = RNG.uniform(100, 400, (N_HIDDEN, N_OUT))
W_BACK = RNG.uniform(-200, 150, (N_HIDDEN, N_HIDDEN))
MASK = RNG.random((N_HIDDEN, N_HIDDEN)) < 0.7
SYNAPTIC = RNG.uniform(0.8, 3.0, (N_HIDDEN, N_HIDDEN))
AXONAL = RNG.uniform(0.5, 2.0, N_HIDDEN)
TRAINS = [[1.0, 5.0, 19.0], [2.0, 3.0, 24.0], [4.0, 11.0]]
INPUTS = dx.Inputs(spikes=dx.spike_trains([t * pq.ms for t in TRAINS], weight=[1.0, 0.8, 1.2]))


def simulator(**settings):
    settings = {"solver": diffrax.Dopri8(), "max_spikes": 16, **settings}
    return dx.Simulator(T_STOP * pq.ms, 0.25 * pq.ms, **settings)


def network(back_delay=None, out_delay=None, mask=None, recurrent=True):
    hidden = dx.Population(dx.LIF(tau_syn=dx.learnable(TAUS * pq.ms)), N_HIDDEN)
    L = dx.learnable
    delays = [None if d is None else L(d * pq.ms) for d in (back_delay, out_delay)]
    connections = [
        dx.Connection("input", "hidden", weight=L(W_IN * pq.pA)),
        dx.Connection("hidden", "output", weight=L(W_OUT * pq.pA), delay=delays[1]),
    ]
    if recurrent:
        back = dx.Connection(
            "hidden", "hidden", weight=L(W_BACK * pq.pA), delay=delays[0], mask=mask
        )
        connections.append(back)
    populations = {"hidden": hidden, "output": dx.Population(dx.LIF(c_m=150 * pq.pF), N_OUT)}
    return dx.Network(N_IN, populations, connections)


def expected(back_delay=None, out_delay=None, mask=None, recurrent=True):
    common = {"g_leak": 10.0, "e_leak": -70.0, "v_th": -50.0, "v_reset": -60.0}
    neurons = [{**common, "c_m": 200.0, "tau_syn": tau} for tau in TAUS]
    neurons += [{**common, "c_m": 150.0, "tau_syn": 5.0}] * N_OUT
    full = (N_HIDDEN, N_HIDDEN)
    back = np.zeros(full) if back_delay is None else np.broadcast_to(back_delay, full)
    there = np.ones(full, bool) if mask is None else mask
    out = np.zeros(N_HIDDEN) if out_delay is None else np.broadcast_to(out_delay, N_HIDDEN)
    synapses = [
        Synapse(i, N_HIDDEN + j, W_OUT[i, j], out[i]) for i in range(N_HIDDEN) for j in range(N_OUT)
    ]
    synapses += [
        Synapse(i, j, W_BACK[i, j], back[i, j])
        for i in range(N_HIDDEN)
        for j in range(N_HIDDEN)
        if there[i, j] and recurrent
    ]
    inputs = [
        (t, j, scale * W_IN[i, j])
        for i, (train, scale) in enumerate(zip(TRAINS, (1.0, 0.8, 1.2), strict=True))
        for t in train
        for j in range(N_HIDDEN)
    ]
    return simulate(neurons, synapses, inputs, T_STOP)


ARRANGEMENTS = {
    "feed-forward": {"recurrent": False},
    "feed-forward, axonal delays": {"recurrent": False, "out_delay": AXONAL},
    "recurrent at once": {},
    "recurrent at once, masked": {"mask": MASK},
    "recurrent, synaptic delays": {"back_delay": SYNAPTIC, "out_delay": AXONAL},
    "recurrent, synaptic delays, masked": {"back_delay": SYNAPTIC, "mask": MASK},
}


# These two have all that the others have.
MOST = ("recurrent, synaptic delays, masked",)


@pytest.mark.parametrize(
    "arrangement",
    [
        pytest.param(kwargs, id=name, marks=[pytest.mark.slow] * (name not in MOST))
        for name, kwargs in ARRANGEMENTS.items()
    ],
)
def test_spikes_are_those_of_an_independent_simulator(arrangement):
    results = simulator()(network(**arrangement), INPUTS)
    spikes = [results["hidden"].spikes(0, i) for i in range(N_HIDDEN)]
    spikes += [results["output"].spikes(0, i) for i in range(N_OUT)]
    reference = expected(**arrangement)
    assert [len(x) for x in spikes] == [len(x) for x in reference]
    assert sum(map(len, spikes)) >= 12
    for ours, theirs in zip(spikes, reference, strict=True):
        # The reference's events are found on a dense output of order 7, in steps of 0.5 ms.
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)


def total(model, inputs=INPUTS):
    """Return a smooth function of all spike times, and the number of spikes."""
    results = simulator()(model, inputs)
    times = jnp.concatenate([x.spike_times.reshape(-1) for x in results.values()])
    there = jnp.isfinite(times)
    return jnp.where(there, jnp.sin(jnp.where(there, times, 0.0) / 5), 0.0).sum(), there.sum()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("feed-forward, axonal delays", marks=pytest.mark.slow),
        pytest.param("recurrent at once, masked", marks=pytest.mark.slow),
        pytest.param("recurrent, synaptic delays", marks=pytest.mark.slow),
    ],
)
def test_gradients_are_central_differences(name):
    model = network(**ARRANGEMENTS[name])
    value = jax.jit(jax.value_and_grad(total, has_aux=True))
    (_, count), gradient = value(model)
    leaves, structure = jax.tree.flatten(model)
    rng = np.random.default_rng(0)
    for k, leaf in enumerate(leaves):
        if not eqx.is_inexact_array(leaf) or leaf.ndim == 0:
            continue  # the scalars are fixed
        direction = rng.standard_normal(leaf.shape) * np.asarray(leaf)
        h, quotients = 2e-4, []
        for step in (h, h / 2):
            ends = []
            for sign in (1, -1):
                moved = [*leaves[:k], leaf + sign * step * direction, *leaves[k + 1 :]]
                (end, n), _ = value(jax.tree.unflatten(structure, moved))
                assert n == count
                ends.append(end)
            quotients.append((ends[0] - ends[1]) / (2 * step))
        slope = (4 * quotients[1] - quotients[0]) / 3
        exact = jnp.vdot(direction, jax.tree.leaves(gradient)[k])
        np.testing.assert_allclose(exact, slope, rtol=1e-6, atol=1e-7)
