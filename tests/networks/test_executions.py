"""With structure or through the flat loop: one network, one result, one gradient."""

import itertools
from functools import partial

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

L = dx.learnable
RNG = np.random.default_rng(2)
SIZES = (3, 4, 2)
INPUTS = dx.Inputs(
    spikes=[
        dx.spike_trains([[0.0] * pq.ms, [t] * pq.ms, [20 - t] * pq.ms]) for t in (2.0, 6.5, 15.0)
    ]
)
MODELS = {
    "LIF": (lambda n: dx.LIF(tau_mem=L(20 * pq.ms), tau_syn=L(RNG.uniform(4, 6, n) * pq.ms)), 5.0),
    "QIF": (lambda n: dx.QIF(tau_mem=L(20 * pq.ms), bias=L(RNG.uniform(0.3, 0.6, n))), 6.0),
}


def network(name):
    make, scale = MODELS[name]
    weights = [RNG.uniform(0.4, 1.6, shape) * scale for shape in itertools.pairwise(SIZES)]
    return dx.Network(
        SIZES[0],
        {
            "hidden": dx.Population(make(SIZES[1]), SIZES[1]),
            "output": dx.Population(make(SIZES[2]), SIZES[2]),
        },
        [
            dx.Connection("input", "hidden", weight=L(weights[0])),
            dx.Connection("hidden", "output", weight=L(weights[1]), delay=L(0.7 * pq.ms)),
        ],
    )


def run(model, execution):
    simulator = dx.Simulator(
        30 * pq.ms,
        0.25 * pq.ms,
        solver=diffrax.Dopri8(),
        execution=execution,
        max_spikes=12,
        record=dx.Record("i_syn", "v", every=5 * pq.ms),
    )

    @jax.jit
    @partial(jax.value_and_grad, has_aux=True)
    def value(model):
        results = simulator(model, INPUTS)
        times = jnp.concatenate([x.spike_times.reshape(-1) for x in results.values()])
        there = jnp.isfinite(times)
        total = jnp.where(there, jnp.sin(jnp.where(there, times, 0.0) / 5), 0.0).sum()
        total = total + sum(jnp.tanh(x.traces["v"][..., -1]).sum() for x in results.values())
        return total, results

    (_, results), gradient = value(model)
    return results, gradient


@pytest.mark.slow  # those of one unit agree in tests/systems
@pytest.mark.parametrize("name", MODELS)
def test_both_executions_agree(name):
    model = network(name)
    (ours, gradient), (flat, expected) = (run(model, x) for x in ("auto", "flat"))
    for population in ours:
        assert (ours[population].status == 0).all()
        counts = ours[population].spike_counts
        np.testing.assert_array_equal(counts, flat[population].spike_counts)
        assert counts.sum() >= 4
        a, b = ours[population], flat[population]
        there = np.isfinite(a.spike_times)
        # Dopri8 in steps of 0.25 ms, its dense output is of order 7.
        np.testing.assert_allclose(a.spike_times[there], b.spike_times[there], rtol=0, atol=1e-9)
        for trace in ("i_syn", "v"):
            np.testing.assert_allclose(a.traces[trace], b.traces[trace], rtol=1e-6, atol=1e-8)
    largest = max(float(jnp.abs(x).max()) for x in jax.tree.leaves(expected))
    for a, b in zip(jax.tree.leaves(gradient), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8 * largest)
