"""What is trained on a task: how it is drawn, what of it is learned, and how it does."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

import dendrax as dx
from validation.paper import model
from validation.paper.measure import measured
from validation.paper.rows import Row
from validation.paper.settings import Settings
from validation.paper.tasks import DIGITS_T_MAX, TASKS

# Trials in which neurons are awakened.
N_AWAKE = 500
# The test of 10,000 digits would take 34 GB.
N_AT_ONCE = 1000


class Learner(NamedTuple):
    """Functions of a model, of its learned numbers, and of samples: inputs and labels."""

    drawn: Callable[[int], Any]  # of a seed
    revived: Callable[[Any], Any]  # between epochs
    free: Callable[[Any], Any]
    with_free: Callable[[Any, Any], Any]
    loss: Callable[[Any, Any, Any], jax.Array]
    accuracy: Callable[[Any, Any, Any], jax.Array]
    tested: Callable[[Any, Any, Any], dict[str, jax.Array]]  # what the report tells


@lru_cache
def learner(row: Row, settings: Settings) -> Learner:
    """Return what is trained in a row."""
    return _relu(row) if row.neuron == "ReLU" else _spiking(row, settings)


def _spiking(row: Row, settings: Settings) -> Learner:
    loss = model.loss(row, settings)
    alive = model.alive(settings)
    simulator = model.simulator(row, settings)
    with_all_spikes = model.simulator(row, model.whole(settings))

    def tested(network: dx.Network, inputs: dx.Inputs, labels: Any) -> dict[str, jax.Array]:
        results = in_parts(partial(with_all_spikes, network), inputs)
        return {"test": 100 * loss.accuracy(results["output"], labels), **measured(row, results)}

    def cost(network: dx.Network, inputs: dx.Inputs, labels: Any) -> jax.Array:
        results = simulator(network, inputs)
        least = alive(results["hidden"]) if settings.alive else 0.0
        return loss(results["output"], labels) + least

    def awakened(network: dx.Network, at_least: float) -> dx.Network:
        inputs, _ = TASKS[row.task].sets().train
        some = dx.take(inputs, np.arange(N_AWAKE))
        return dx.awaken(network, with_all_spikes, some, at_least=at_least)

    def drawn(seed: int) -> dx.Network:
        network = model.network(row, settings, seed)
        return awakened(network, settings.awake) if settings.awake else network

    def revived(network: dx.Network) -> dx.Network:
        return awakened(network, settings.revive)

    def accuracy(network: dx.Network, inputs: dx.Inputs, labels: Any) -> jax.Array:
        return loss.accuracy(in_parts(partial(simulator, network), inputs)["output"], labels)

    return Learner(drawn, revived, dx.to_free, dx.with_free, cost, accuracy, tested)


def in_parts(simulate: Callable[[dx.Inputs], Any], inputs: dx.Inputs) -> Any:
    """Simulate equal parts of the samples, one after the other, and return all results as one."""
    n = len(inputs.spikes.times)
    size = max(k for k in range(1, N_AT_ONCE + 1) if n % k == 0)
    parts = np.arange(n).reshape(-1, size)
    results = jax.lax.map(lambda part: simulate(dx.take(inputs, part)), parts)
    return jax.tree.map(lambda x: x.reshape(x.shape[0] * x.shape[1], *x.shape[2:]), results)


def _relu(row: Row) -> Learner:
    """Return a network of as many units, whose inputs are the numbers that spikes encode."""
    n_inputs, n_hidden, n_classes = TASKS[row.task].sizes
    cross_entropy = optax.losses.softmax_cross_entropy_with_integer_labels

    def logits(network: eqx.nn.MLP, inputs: dx.Inputs) -> jax.Array:
        times = inputs.spikes.times[:, :, 0]
        return jax.vmap(network)(jnp.where(jnp.isfinite(times), 1 - times / DIGITS_T_MAX, 0.0))

    def accuracy(network: eqx.nn.MLP, inputs: dx.Inputs, labels: Any) -> jax.Array:
        return jnp.mean(logits(network, inputs).argmax(1) == labels)

    return Learner(
        lambda seed: eqx.nn.MLP(n_inputs, n_classes, n_hidden, 1, key=jax.random.key(seed)),
        lambda network: network,
        lambda network: eqx.filter(network, eqx.is_array),
        lambda network, free: eqx.combine(free, network),
        lambda network, inputs, labels: cross_entropy(logits(network, inputs), labels).mean(),
        accuracy,
        lambda *samples: {"test": 100 * accuracy(*samples), "failed": jnp.zeros(())},
    )
