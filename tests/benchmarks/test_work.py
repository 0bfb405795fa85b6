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

    # Of each population: what is done one after the other, which no hardware does at once.
    iterations: dict[str, int]
    # XLA on CPU recomputes these in each fusion that uses them: a harmless change of the source
    # can make ten times as many of them, which are most of the time.
    transcendental: int
    # Each loop is a barrier for fusion, and its body a program to be compiled.
    loops: int
    # What reverse mode keeps of the forward pass: it limits the batch.
    temporary_bytes: int


# One layer of the LIF has all that two have, and compiles in half of the time.
NETWORKS = {
    "QIF": (
        [5, 50, 3], dx.QIF(tau_mem=20 * MS), 4,
        Limits({"hidden": 26, "output": 230}, 40, 30, 1_100_000),
    ),
    "LIF": ([5, 50], dx.LIF(tau_mem=20 * MS), 8, Limits({"output": 11}, 40, 12, 230_000)),
    "EIF": ([5, 50], dx.EIF(tau_mem=20 * MS), 8, Limits({"output": 33}, 45, 14, 2_500_000)),
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name == "EIF")) for name in NETWORKS]
)
def test_work_of_a_gradient(name):
    sizes, neuron, max_spikes, limits = NETWORKS[name]
    network = dx.feed_forward(sizes, neuron, key=jax.random.key(0))
    simulator = dx.Simulator(30 * MS, 2 * MS, until="first_spikes", max_spikes=max_spikes)
    cost = dx.losses.first_spike(0.5 * MS, 6.4 * MS, alpha=3e-3)
    values, labels = dx.yin_yang(BATCH, seed=0)
    inputs, labels = dx.latency(values, 30 * MS), jnp.asarray(labels)

    def loss(network, inputs):
        results = simulator(network, inputs)
        n_steps = {name: result.n_steps.max() for name, result in results.items()}
        return cost(results["output"], labels), n_steps

    lowered = jax.jit(jax.value_and_grad(loss, has_aux=True)).lower(network, inputs)
    # What is counted is decided before LLVM, whose work is the half of the compilation.
    compiled = lowered.compile(compiler_options={"xla_backend_optimization_level": 0})
    (_, n_steps), _ = compiled(network, inputs)
    operations = Counter(re.findall(r"= .*? ([a-z][a-z0-9-]*)\(", compiled.as_text()))
    found = Limits(
        iterations={name: int(n) for name, n in n_steps.items()},
        transcendental=sum(operations[each] for each in TRANSCENDENTAL.split()),
        loops=operations["while"],
        temporary_bytes=compiled.memory_analysis().temp_size_in_bytes,
    )
    for name, most in limits.iterations.items():
        assert found.iterations[name] <= most, found
    for kind in ("transcendental", "loops", "temporary_bytes"):
        assert getattr(found, kind) <= getattr(limits, kind), found
