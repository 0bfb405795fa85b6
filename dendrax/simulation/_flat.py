"""The flat loop: any model, any solver, one loop in which every unit goes at its own pace."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from dendrax.simulation._drive import Units, over_units
from dendrax.simulation._integrals import integrating, separated
from dendrax.simulation._loop import LOOPS
from dendrax.simulation._plan import Lane, Numerics, plan
from dendrax.simulation._record import Integral
from dendrax.simulation._status import OK, TOO_MANY_SPIKES, TOO_MANY_STEPS
from dendrax.simulation._step import (
    Crossing,
    Outcome,
    advance,
    begin,
    decide,
    layout,
    locate,
    propose,
    state_at,
    suspect,
)

CHUNK = 32


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
    n_chunks = -(-max_steps // CHUNK)
    each = partial(over_units, units)

    def step(params, lanes):
        plans = each(partial(plan, numerics=numerics))(*params, lanes)
        proposal = each(partial(propose, numerics=numerics))(*params, lanes, plans)
        crossing = search(units, numerics, params, lanes, proposal)
        turn = jax.vmap(jax.vmap(decide))(lanes, proposal, crossing)
        lanes, outcome = each(partial(advance, numerics=numerics))(*params, lanes, proposal, turn)
        return lanes, outcome if len(sample_times) else outcome.without_states()

    params = (units.neuron, units.drive)
    lanes = each(partial(begin, numerics=numerics))(*params)
    lanes, outcomes = LOOPS[loop](
        step, lambda lanes: lanes.done.all(), params, lanes, n_chunks=n_chunks, chunk=CHUNK
    )
    return gathered(units, numerics, lanes, outcomes, max_spikes, sample_times)


def gathered(
    units: Units,
    numerics: Numerics,
    lanes: Lane,
    outcomes: Outcome,
    max_spikes: int,
    sample_times: Float[Array, " time"],
) -> dict[str, Any]:
    """Return what the outcomes of all steps, (step, trial, unit), amount to."""
    spike_times, spike_slope, n_spikes = _collect_spikes(outcomes, max_spikes)
    status = jnp.where(lanes.done, lanes.status, TOO_MANY_STEPS)
    status = jnp.where((status == OK) & (n_spikes > max_spikes), TOO_MANY_SPIKES, status)
    states = None
    _, totals = separated(lanes.state)
    if len(sample_times):
        by_unit = jax.tree.map(lambda x: jnp.moveaxis(x, 0, 2), outcomes._replace(peaks=()))
        sample = partial(_sample, numerics=numerics, times=sample_times)
        states = over_units(units, sample)(units.neuron, units.drive, lanes.state, by_unit)
        states, _ = separated(states)
    return {
        "spike_times": spike_times,
        "spike_slope": spike_slope,
        "states": states,
        "status": status,
        "n_steps": lanes.n_steps,
        "t_reached": lanes.t,
        "integrals": totals,
        "maxima": tuple(_highest(peak, outcomes.advanced) for peak in outcomes.peaks),
    }


def _highest(peak, advanced):
    # Where no step was made the loop leaves a zero.
    return jnp.where(advanced, peak, -jnp.inf).max(0)


def search(units, numerics, params, lanes, proposal) -> Crossing:
    """Find the first crossing of each step; costs nothing where no step may hold one."""
    suspects = jax.vmap(jax.vmap(suspect))(lanes, proposal)
    nothing = jnp.ones(suspects.shape)
    return lax.cond(
        suspects.any(),
        over_units(units, partial(locate, numerics=numerics)),
        lambda *_: Crossing(jnp.zeros_like(suspects), nothing, nothing),
        *params,
        lanes,
        proposal,
    )


def _collect_spikes(outcomes, max_spikes):
    """Gather the spikes of all steps, (step, trial, unit), into rows (trial, unit, spike)."""
    rank = jnp.cumsum(outcomes.spiked, axis=0) - 1
    slot = jnp.where(outcomes.spiked, rank, max_spikes)
    n_trials, n_units = slot.shape[1:]
    trial, unit = jnp.arange(n_trials)[:, None], jnp.arange(n_units)
    empty = jnp.full((n_trials, n_units, max_spikes), jnp.inf)
    put = partial(empty.at[trial, unit, slot].set, mode="drop")
    return put(outcomes.spike_time), put(outcomes.spike_slope), outcomes.spiked.sum(0)


def _sample(neuron, drive, state, outcomes, *, numerics, times):
    """Evaluate the dense output of one unit at the sample times; right limits at events."""
    del drive
    template = layout(neuron, state)
    start = jnp.where(outcomes.advanced, outcomes.t, jnp.inf)
    # Steps that did not advance stand between those that did: carry their predecessor's index.
    last = lax.cummax(jnp.where(outcomes.advanced, jnp.arange(start.shape[0]), 0))
    filled = start[last]
    k = last[jnp.searchsorted(filled, times, side="right") - 1]
    k = jnp.maximum(k, 0)

    def at(t, k):
        take = partial(jax.tree.map, lambda x: x[k])
        size = outcomes.size[k]
        x = (t - outcomes.t[k]) / jnp.where(size > 0, size, 1.0)
        parts = template._replace(held=take(outcomes.held))
        return state_at(numerics, parts, take(outcomes.dense), x)

    return jax.vmap(at)(times, k)
