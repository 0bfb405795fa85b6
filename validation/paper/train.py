"""Training: one function for all rows."""

import time
from functools import lru_cache
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import quantities as pq

import dendrax as dx
from validation.paper import model
from validation.paper.measure import as_floats, measured
from validation.paper.rows import Row
from validation.paper.settings import Settings

# No trial is tested without some of its spikes.
MAX_SPIKES = 16


class Trained(NamedTuple):
    """A network at its best validation epoch and at the last, and the way there."""

    best: dx.Network
    last: dx.Network
    losses: list[float]
    validation: list[float]  # accuracy after each epoch, from 0 to 1
    wall: float  # s


@lru_cache
def task() -> dict[str, tuple[dx.Inputs, jax.Array]]:
    """Return the three published sets of Yin-Yang, encoded (Eq. 6)."""
    sets = {"train": (5000, 42), "validation": (1000, 41), "test": (1000, 40)}
    drawn = {name: dx.yin_yang(*each) for name, each in sets.items()}
    return {
        name: (dx.latency(values, t_max=30 * pq.ms), jnp.asarray(labels))
        for name, (values, labels) in drawn.items()
    }


def optimizer(settings: Settings, n_steps: int) -> optax.GradientTransformation:
    """Return AdamW behind a clipping of the global norm (Table III)."""
    rate = settings.learning_rate
    schedule = optax.cosine_decay_schedule(rate, n_steps, 0.02) if settings.cosine else rate
    clipped = optax.clip_by_global_norm(1.0)
    # A gradient that is not finite would end the training: its step is left out.
    return optax.chain(optax.zero_nans(), clipped, optax.adamw(schedule))


@lru_cache
def functions(row: Row, settings: Settings) -> tuple[Any, ...]:
    """Return the optimizer, and what trains, validates and tests; compiled once for all seeds."""
    loss = model.loss(row, settings)
    simulator = model.simulator(row, settings, settings.max_spikes)
    with_all_spikes = model.simulator(row, settings, MAX_SPIKES)
    n_steps = len(task()["train"][1]) // settings.batch
    descent = optimizer(settings, settings.epochs * n_steps)

    def cost(free, network, inputs, labels):
        return loss(simulator(dx.with_free(network, free), inputs)["output"], labels)

    @eqx.filter_jit
    def epoch(network, free, state, inputs, labels, order):
        def step(carry, batch):
            free, state = carry
            value, slope = jax.value_and_grad(cost)(
                free, network, dx.take(inputs, batch), labels[batch]
            )
            updates, state = descent.update(slope, state, free)
            return (optax.apply_updates(free, updates), state), value

        (free, state), values = jax.lax.scan(step, (free, state), order)
        return free, state, values.mean()

    @eqx.filter_jit
    def accuracy(network, free, inputs, labels):
        return loss.accuracy(simulator(dx.with_free(network, free), inputs)["output"], labels)

    @eqx.filter_jit
    def test(network, inputs, labels):
        results = with_all_spikes(network, inputs)
        return {"test": 100 * loss.accuracy(results["output"], labels), **measured(row, results)}

    return descent, epoch, accuracy, test


def trained(row: Row, settings: Settings, seed: int) -> Trained:
    """Train one seed."""
    descent, epoch, accuracy, _ = functions(row, settings)
    network = model.network(row, settings, seed)
    free = best = dx.to_free(network)
    state = descent.init(free)
    rng = np.random.default_rng(seed)
    (inputs, labels), held_out = task()["train"], task()["validation"]
    losses, validation, start = [], [], time.perf_counter()
    for _ in range(settings.epochs):
        order = rng.permutation(len(labels))
        order = order[: len(order) // settings.batch * settings.batch].reshape(-1, settings.batch)
        free, state, value = epoch(network, free, state, inputs, labels, order)
        losses.append(float(value))
        validation.append(float(accuracy(network, free, *held_out)))
        if validation[-1] >= max(validation):
            best = free
    wall = time.perf_counter() - start
    return Trained(
        dx.with_free(network, best), dx.with_free(network, free), losses, validation, wall
    )


def tested(row: Row, settings: Settings, done: Trained) -> dict[str, Any]:
    """Return what the report keeps of a seed; accuracies in percent."""
    *_, test = functions(row, settings)
    inputs, labels = task()["test"]
    return {
        **as_floats(test(done.best, inputs, labels)),
        "last": as_floats(test(done.last, inputs, labels))["test"],
        "wall_s": round(done.wall, 1),
        "epochs": len(done.validation),
        "validation": [round(100 * each, 1) for each in done.validation],
    }
