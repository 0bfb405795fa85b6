"""A gradient must not cost more work than today: counted, not timed, so that no machine matters."""

import re
from collections import Counter
from typing import NamedTuple

import jax
import jax.numpy as jnp
import pytest
import quantities as pq

import dendrax as dx

MS = pq.ms
BATCH = 4
TRANSCENDENTAL = (
    "exponential exponential-minus-one log log-plus-one sine cosine tan tanh atan2 power logistic"
)


class Limits(NamedTuple):
    """What value_and_grad may cost, a bit more than it does today."""

    # Of the hidden and of the output population: what is done one after the other, which no
    # hardware does at once.
    iterations: tuple[int, int]
    # XLA on CPU recomputes these in each fusion that uses them: a harmless change of the source
    # can make ten times as many of them, which are most of the time.
    transcendental: int
    # Each loop is a barrier for fusion, and its body a program to be compiled.
    loops: int
    # What reverse mode keeps of the forward pass: it limits the batch.
    temporary_bytes: int


MODELS = {
    "QIF": (dx.QIF(tau_mem=20 * MS), 4, Limits((0, 0), 0, 0, 0)),
    "LIF": (dx.LIF(tau_mem=20 * MS), 8, Limits((0, 0), 0, 0, 0)),
}


@pytest.mark.parametrize("name", MODELS)
def test_work_of_a_gradient(name):
    neuron, max_spikes, limits = MODELS[name]
    network = dx.feed_forward([5, 50, 3], neuron, key=jax.random.key(0))
    simulator = dx.Simulator(30 * MS, 2 * MS, until="first_spikes", max_spikes=max_spikes)
    cost = dx.losses.first_spike(0.5 * MS, 6.4 * MS, alpha=3e-3)
    values, labels = dx.yin_yang(BATCH, seed=0)
    inputs = dx.latency(values, 30 * MS)

    def loss(network, inputs):
        results = simulator(network, inputs)
        n_steps = {name: result.n_steps.max() for name, result in results.items()}
        return cost(results["output"], jnp.asarray(labels)), n_steps

    gradient = jax.jit(jax.value_and_grad(loss, has_aux=True))
    compiled = gradient.lower(network, inputs).compile()
    (_, n_steps), _ = compiled(network, inputs)
    operations = Counter(re.findall(r"= .*? ([a-z][a-z0-9-]*)\(", compiled.as_text()))
    found = Limits(
        iterations=(int(n_steps["hidden"]), int(n_steps["output"])),
        transcendental=sum(operations[each] for each in TRANSCENDENTAL.split()),
        loops=operations["while"],
        temporary_bytes=compiled.memory_analysis().temp_size_in_bytes,
    )
    assert found.iterations <= limits.iterations, found
    for kind in ("transcendental", "loops", "temporary_bytes"):
        assert getattr(found, kind) <= getattr(limits, kind), found
