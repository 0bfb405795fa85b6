"""Training: one function for all rows."""

import time
from functools import lru_cache
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
import optax
from tqdm import tqdm

import dendrax as dx
from validation.paper.learners import learner
from validation.paper.measure import as_floats
from validation.paper.model import whole
from validation.paper.rows import Row
from validation.paper.settings import Settings
from validation.paper.tasks import TASKS


class Trained(NamedTuple):
    """A model at its best validation epoch and at the last, and the way there."""

    best: Any
    last: Any
    losses: list[float]
    validation: list[float]  # accuracy after each epoch, from 0 to 1
    wall: float  # s


def optimizer(settings: Settings, n_steps: int) -> optax.GradientTransformation:
    """Return AdamW behind a clipping of the global norm (Table III)."""
    rate = settings.learning_rate
    schedule = optax.cosine_decay_schedule(rate, n_steps, 0.02) if settings.cosine else rate
    clipped = optax.clip_by_global_norm(settings.clip)
    # A gradient that is not finite would end the training: its step is left out.
    return optax.chain(optax.zero_nans(), clipped, optax.adamw(schedule))


@lru_cache
def functions(row: Row, settings: Settings) -> tuple[Any, ...]:
    """Return the optimizer, and what trains, validates and tests; compiled once for all seeds."""
    of = learner(row, settings)
    n_steps = len(TASKS[row.task].sets().train[1]) // settings.batch
    descent = optimizer(settings, settings.epochs * n_steps)

    def cost(free, model, inputs, labels):
        return of.loss(of.with_free(model, free), inputs, labels)

    @eqx.filter_jit
    def epoch(model, free, state, inputs, labels, order):
        def step(carry, batch):
            free, state = carry
            value, slope = jax.value_and_grad(cost)(
                free, model, dx.take(inputs, batch), labels[batch]
            )
            updates, state = descent.update(slope, state, free)
            return (optax.apply_updates(free, updates), state), value

        (free, state), values = jax.lax.scan(step, (free, state), order)
        return free, state, values.mean()

    return descent, epoch, eqx.filter_jit(of.accuracy), eqx.filter_jit(of.tested)


def trained(row: Row, settings: Settings, seed: int) -> Trained:
    """Train one seed; where the last epochs settle, the best is one of those."""
    descent, *_ = functions(row, settings)
    of = learner(row, settings)
    model = of.drawn(seed)
    best = last = model
    free = of.free(model)
    state = descent.init(free)
    rng = np.random.default_rng(seed)
    (inputs, labels), held_out, _ = TASKS[row.task].sets()
    losses, validation, start = [], [], time.perf_counter()
    n_rough = settings.epochs - settings.settle
    for k in tqdm(range(settings.epochs), desc=f"{row.name}, seed {seed}", disable=None):
        _, epoch, accuracy, _ = functions(row, settings if k < n_rough else whole(settings))
        order = rng.permutation(len(labels))
        order = order[: len(order) // settings.batch * settings.batch].reshape(-1, settings.batch)
        free, state, value = epoch(model, free, state, inputs, labels, order)
        if settings.revive and k < settings.epochs // 2:
            # Weights are counted in units of the model that they are taken from.
            model = of.revived(of.with_free(model, free))
            free = of.free(model)
        losses.append(float(value))
        last = of.with_free(model, free)
        validation.append(float(accuracy(last, *held_out)))
        comparable = validation[n_rough:] or validation
        if validation[-1] >= max(comparable):
            best = last
    wall = time.perf_counter() - start
    return Trained(best, last, losses, validation, wall)


def tested(row: Row, settings: Settings, done: Trained) -> dict[str, Any]:
    """Return what the report keeps of a seed; accuracies in percent."""
    *_, test = functions(row, settings)
    inputs, labels = TASKS[row.task].sets().test
    return {
        **as_floats(test(done.best, inputs, labels)),
        "last": as_floats(test(done.last, inputs, labels))["test"],
        "wall_s": round(done.wall, 1),
        "epochs": len(done.validation),
        "validation": [round(100 * each, 1) for each in done.validation],
    }
