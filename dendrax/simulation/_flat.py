"""The flat loop: any model, any solver, one loop in which every unit goes at its own pace."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from dendrax.simulation._drive import Units, over_units
from dendrax.simulation._integrals import integrating, separated
from dendrax.simulation._loop import LOOPS, Steps, in_chunks
from dendrax.simulation._plan import Lane, Numerics, plan
from dendrax.simulation._record import Integral
from dendrax.simulation._search import search
from dendrax.simulation._status import OK, TOO_MANY_SPIKES, TOO_MANY_STEPS
from dendrax.simulation._step import (
    Outcome,
    Path,
    advance,
    begin,
    decide,
    propose,
    state_at,
    where,
)


class Kept(NamedTuple):
    """What is kept of all steps: spikes, inf where there is none (yet), and samples."""

    spike_times: Float[Array, "trial unit spike"]
    spike_slope: Float[Array, "trial unit spike"]
    states: Any  # (trial, unit, time, ...)


def run_flat(
    units: Units,
    numerics: Numerics,
    *,
    loop: str,
    max_steps: int,
    max_spikes: int,
    sample_times: Float[Array, " time"],
    integrals: tuple[Integral, ...] = (),
) -> dict[str, Any]:
    """Run every unit of every trial through the flat loop.

    Returns
    -------
    dict
        ``spike_times`` and ``spike_slope`` (trial, unit, spike), ``states`` (a pytree of
        (trial, unit, time, ...) at the sample times), ``status``, ``n_steps`` and ``t_reached``
        (trial, unit), and tuples of ``integrals`` and ``maxima`` (trial, unit, ...).
    """
    units = integrating(units, integrals)
    each = partial(over_units, units)

    def step(params: Any, lanes: Lane) -> tuple[Lane, Outcome]:
        plans = each(partial(plan, numerics=numerics))(*params, lanes)
        proposal = each(partial(propose, numerics=numerics))(*params, lanes, plans)
        crossing = search(units, numerics, params, lanes, proposal)
        turn = jax.vmap(jax.vmap(decide))(lanes, proposal, crossing)
        lanes, outcome = each(partial(advance, numerics=numerics))(*params, lanes, proposal, turn)
        return lanes, outcome if len(sample_times) else outcome._replace(path=None)

    def keep(params: Any, kept: Kept, before: Lane, after: Lane, outcomes: Outcome) -> Kept:
        kept = with_spikes(kept, before.n_spikes, outcomes)
        if not len(sample_times):
            return kept
        sample = each(partial(sampled, numerics=numerics, times=sample_times))
        return kept._replace(states=sample(*params, kept.states, before, after, by_unit(outcomes)))

    params = (units.neuron, units.drive)
    lanes = each(partial(begin, numerics=numerics))(*params)
    nothing = partial(nothing_kept, lanes.state, max_spikes, len(sample_times))
    steps = Steps(step, lambda lanes: lanes.done.all(), nothing, keep, **in_chunks(max_steps))
    return result(*LOOPS[loop](steps, params, lanes))


def nothing_kept(state: Any, max_spikes: int, n_samples: int) -> Kept:
    """Return what is kept before the first step, of units whose state is like this one."""
    leaf = jax.tree.leaves(state)[0]
    none = jnp.full((*leaf.shape[:2], max_spikes), jnp.inf)
    room = jax.tree.map(lambda x: jnp.zeros((*x.shape[:2], n_samples, *x.shape[2:])), state)
    return Kept(none, none, room if n_samples else None)


def with_spikes(kept: Kept, n_spikes: Int[Array, "trial unit"], outcomes: Outcome) -> Kept:
    """Put in the spikes of some steps, (step, trial, unit), that come after so many others."""
    slot = n_spikes[None] + jnp.cumsum(outcomes.spiked, axis=0) - 1
    slot = jnp.where(outcomes.spiked, slot, kept.spike_times.shape[-1])
    # Unit by unit, so that trials can lie on several devices.
    put = jax.vmap(jax.vmap(lambda row, slot, x: row.at[slot].set(x, mode="drop")))
    slot, time, slope = (
        jnp.moveaxis(x, 0, 2) for x in (slot, outcomes.spike_time, outcomes.spike_slope)
    )
    return kept._replace(
        spike_times=put(kept.spike_times, slot, time),
        spike_slope=put(kept.spike_slope, slot, slope),
    )


def by_unit(outcomes: Outcome) -> Path | None:
    """Return the paths of some steps, (trial, unit, step)."""
    return jax.tree.map(lambda x: jnp.moveaxis(x, 0, 2), outcomes.path)


def result(lanes: Lane, kept: Kept) -> dict[str, Any]:
    """Return what :func:`run_flat` returns, from where all steps have led to."""
    too_many = lanes.n_spikes > kept.spike_times.shape[-1]
    status = jnp.where(lanes.done, lanes.status, TOO_MANY_STEPS)
    status = jnp.where((status == OK) & too_many, TOO_MANY_SPIKES, status)
    return {
        "spike_times": kept.spike_times,
        "spike_slope": kept.spike_slope,
        "states": separated(kept.states)[0],
        "status": status,
        "n_steps": lanes.n_steps,
        "t_reached": lanes.t,
        "integrals": separated(lanes.state)[1],
        "maxima": lanes.peaks,
    }


def sampled(
    neuron: Any,
    drive: Any,
    states: Any,
    before: Lane,
    after: Lane,
    path: Path,
    *,
    numerics: Numerics,
    times: Float[Array, " time"],
) -> Any:
    """Put in the states at the sample times that some steps pass; right limits at events."""
    del neuron, drive
    start = jnp.where(path.advanced, path.t, jnp.inf)
    # Steps that did not advance stand between those that did: carry their predecessor's index.
    last = lax.cummax(jnp.where(path.advanced, jnp.arange(start.shape[0]), 0))
    k = last[jnp.maximum(jnp.searchsorted(start[last], times, side="right") - 1, 0)]
    # What is sampled where these steps end belongs to the next ones, if there are any.
    ends = after.done & ~before.done
    is_here = (before.t <= times) & ((times < after.t) | ends)

    def at(state, t, k, is_here):
        take = partial(jax.tree.map, lambda x: x[k])
        size = path.size[k]
        x = jnp.where(is_here, t - path.t[k], 0.0) / jnp.where(size > 0, size, 1.0)
        here = state_at(numerics, take(path.held), take(path.dense), x)
        return where(is_here, here, state)

    return jax.vmap(at)(states, times, k, is_here)
