"""All that a fit knows between two steps, and how it takes one, from many starts at once."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from dendrax.fitting._free import Free, with_free
from dendrax.fitting._method import AbstractMethod
from dendrax.fitting._objective import Objective
from dendrax.parameters import parameters
from dendrax.results import Sweeps, take


class Progress(NamedTuple):
    """What a checkpoint holds, each with a leading axis of starts."""

    step: Int[Array, " start"]
    free: Free
    memory: Any
    best: Free
    best_loss: Float[Array, " start"]
    best_step: Int[Array, " start"]
    has_failed: Bool[Array, " start"]
    has_converged: Bool[Array, " start"]
    history: dict[str, Float[Array, "start step *shape"]]


class Trials(NamedTuple):
    """Which trials are for what."""

    trained: Sweeps
    watched: Sweeps | None  # whose loss tells which step is the best; None: the trained ones
    batch_size: int | None
    seed: int


@eqx.filter_jit
def begin(
    method: AbstractMethod, objective: Objective, free: Free, trials: Trials, steps: int
) -> Progress:
    """Return the progress before the first step, of free parameters with an axis of starts."""

    def one(free: Free) -> Progress:
        zero, count = jnp.zeros(()), jnp.zeros((), int)
        names = ["loss", *objective.loss.terms, "gradient_norm", "spike_count"]
        names += ["held_out_loss"] if trials.watched else []
        columns = {**dict.fromkeys(names, zero), **values(objective.model, free)}
        history = {name: jnp.full((steps, *x.shape), jnp.nan) for name, x in columns.items()}
        memory = method.begin(objective, free, _batch(trials, count))
        no = jnp.zeros((), bool)
        return Progress(count, free, memory, free, zero + jnp.inf, count, no, no, history)

    # Weak types would become strong in the first step, and compile a second one.
    return jax.tree.map(_strong, _from_each_start(one, free))


@eqx.filter_jit
def advance(
    method: AbstractMethod, objective: Objective, state: Progress, trials: Trials
) -> Progress:
    """Take one step from each start; one that fails stays where it was."""

    def one(state: Progress) -> Progress:
        batch = _batch(trials, state.step)
        free, memory, found = method.advance(objective, state.free, state.memory, batch)
        loss, norm, seen, has_converged = found
        extra = {}
        criterion, is_whole = loss, seen.is_whole
        if trials.watched is not None:
            criterion, watched = objective(state.free, trials.watched)
            extra, is_whole = {"held_out_loss": criterion}, is_whole & watched.is_whole
        sound = is_whole & jnp.isfinite(loss) & jnp.isfinite(norm) & ~state.has_failed
        better = sound & (criterion < state.best_loss)
        entry = {
            "loss": loss,
            **seen.parts,
            "gradient_norm": norm,
            "spike_count": seen.spike_count,
            **extra,
            **values(objective.model, state.free),
        }
        return Progress(
            step=state.step + 1,
            free=_where(sound, free, state.free),
            memory=_where(sound, memory, state.memory),
            best=_where(better, state.free, state.best),
            best_loss=jnp.where(better, criterion, state.best_loss),
            best_step=jnp.where(better, state.step, state.best_step),
            has_failed=~sound,
            has_converged=state.has_converged | has_converged,
            history={
                name: column.at[state.step].set(jnp.asarray(entry[name], column.dtype))
                for name, column in state.history.items()
            },
        )

    return _from_each_start(one, state)


def values(model: Any, free: Free) -> dict[str, Array]:
    """Return the learnable parameters of a model, in their units, at a point."""
    there = parameters(with_free(model, free))
    return {name: there[name].value for name in free}


def _from_each_start(go: Callable[[Any], Any], starts: Any) -> Any:
    """Apply a function to each start, one after the other in one program.

    Not with ``vmap``: simulations side by side wait for the one with the most spikes, and XLA makes
    twice as long a program where parameters have an axis. Together that made 64 starts of an AdEx
    five times as slow.
    """
    arrays, rest = eqx.partition(starts, eqx.is_array)
    others: list[Any] = []

    def one(arrays: Any) -> Any:
        found, other = eqx.partition(go(eqx.combine(arrays, rest)), eqx.is_array)
        others.append(other)
        return found

    found = lax.map(one, arrays)
    return eqx.combine(found, others[-1])


def _batch(trials: Trials, step: Int[Array, ""]) -> Sweeps:
    """Return the trials of a step: each trial once before any comes again."""
    if trials.batch_size is None:
        return trials.trained
    n = trials.trained.inputs.n_trials
    per_epoch = n // trials.batch_size
    key = jax.random.fold_in(jax.random.key(trials.seed), step // per_epoch)
    first = step % per_epoch * trials.batch_size
    order = lax.dynamic_slice(jax.random.permutation(key, n), (first,), (trials.batch_size,))
    return take(trials.trained, order)


def _where(condition: Bool[Array, ""], new: Any, old: Any) -> Any:
    def choose(a: Any, b: Any) -> Any:
        return jnp.where(condition, a, b) if eqx.is_array(a) else a

    return jax.tree.map(choose, new, old)


def _strong(x: Any) -> Any:
    return lax.convert_element_type(x, x.dtype) if eqx.is_array(x) else x
