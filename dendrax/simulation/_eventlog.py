"""The flat loop without a tape: nothing is kept of a trial but its events."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from dendrax.neurons import AbstractNeuron
from dendrax.simulation._drive import Drive, over_units
from dendrax.simulation._flat import search
from dendrax.simulation._plan import Lane, Numerics, plan
from dendrax.simulation._step import Proposal, Turn, advance, begin, decide, flown, propose

Scalar = Float[Array, ""]
State = Any
# After so many steps without an event the state is written down all the same.
_PATIENCE = 32


class Event(NamedTuple):
    """What happened at one instant, and the state just before."""

    t: Scalar
    state: State
    segment: Int[Array, ""]  # of the current, and the next arrival, both before the event
    arrival: Int[Array, ""]
    spiked: Bool[Array, ""]
    pushed: Bool[Array, ""]  # into the spike by the event before
    expired: Bool[Array, ""]
    switched: Bool[Array, ""]
    arrived: Bool[Array, ""]
    sampled: Bool[Array, ""]
    n_spikes: Int[Array, ""]  # and samples, before the event
    n_samples: Int[Array, ""]


class Log(NamedTuple):
    """The events of one unit in one trial, and how many there are."""

    events: Event
    n: Int[Array, ""]


class _Writer(NamedTuple):
    lanes: Lane
    log: Log
    n_spikes: Int[Array, "trial unit"]
    n_samples: Int[Array, "trial unit"]
    since: Int[Array, "trial unit"]  # how many steps ago something was written
    slopes: Float[Array, "trial unit spike"]
    samples: State


def logged(units, numerics, max_steps, max_spikes, sample_times):
    params, each = (units.neuron, units.drive), partial(over_units, units)
    closed = jnp.append(sample_times, jnp.inf)
    stops = units.drive.arrivals.time.shape[-1] + units.drive.current.start.shape[-1]
    capacity = 2 * max_spikes + stops + len(sample_times) + max_steps // _PATIENCE + 2

    def body(w):
        due = closed[w.n_samples]
        plans = each(partial(plan, numerics=numerics))(*params, w.lanes, due)
        proposals = each(partial(propose, numerics=numerics))(*params, w.lanes, plans)
        crossing = search(units, numerics, params, w.lanes, proposals)
        turns = jax.vmap(jax.vmap(decide))(w.lanes, proposals, crossing)
        lanes, outcome = each(partial(advance, numerics=numerics))(
            *params, w.lanes, proposals, turns
        )
        look = each(partial(_event, numerics=numerics))
        event = look(*params, w.lanes, proposals, turns, lanes, w.n_spikes, w.n_samples, due)
        matters = event.spiked | event.expired | event.switched | event.arrived | event.sampled
        matters = matters | (w.since >= _PATIENCE) | (lanes.done & ~w.lanes.done)
        matters = matters & ~w.lanes.done
        log = Log(_put(w.log.events, w.log.n, event, matters), w.log.n + matters)
        return _Writer(
            lanes,
            log,
            w.n_spikes + event.spiked,
            w.n_samples + event.sampled,
            jnp.where(matters, 0, w.since + 1),
            _put(w.slopes, w.n_spikes, outcome.spike_slope, event.spiked),
            _put(w.samples, w.n_samples, lanes.state, event.sampled),
        )

    def go_on(w):
        return ~w.lanes.done.all() & (w.lanes.n_steps.max() < max_steps)

    lanes = each(partial(begin, numerics=numerics))(*params)
    none = jnp.zeros(lanes.t.shape, int)
    flags = [lanes.done] * 6
    template = Event(
        lanes.t, lanes.state, lanes.segment, lanes.arrival, *flags, n_spikes=none, n_samples=none
    )
    start = _Writer(
        lanes,
        Log(_room(template, capacity), none),
        none,
        none,
        none,
        jnp.full((*lanes.t.shape, max_spikes), jnp.inf),
        _room(lanes.state, len(sample_times)),
    )
    w = lax.while_loop(go_on, body, start)
    return w.lanes, w.log, w.slopes, w.samples


def _event(
    neuron: AbstractNeuron,
    drive: Drive,
    lane: Lane,
    proposal: Proposal,
    turn: Turn,
    after: Lane,
    n_spikes: Array,
    n_samples: Array,
    due: Array,
    *,
    numerics: Numerics,
) -> Event:
    """Describe what one iteration did."""
    del drive
    t, state = flown(lane, proposal, turn, numerics)
    acts = ~lane.done
    undisturbed = proposal.accepted & ~turn.stopped & acts
    expired = undisturbed & (neuron.timer(lane.state) <= t)
    switched, arrived = after.segment > lane.segment, after.arrival > lane.arrival
    # A sample is of the state after all else that happens at its time.
    sampled = undisturbed & ~(expired | switched | arrived) & (due <= t)
    return Event(
        t,
        state,
        lane.segment,
        lane.arrival,
        turn.spiked & acts,
        turn.stayed & acts,
        expired,
        switched,
        arrived,
        sampled,
        n_spikes,
        n_samples,
    )


def _room(template, n):
    return jax.tree.map(lambda x: jnp.zeros((*x.shape[:2], n, *x.shape[2:]), x.dtype), template)


def _put(buffer, slot, value, is_wanted):
    """Write into one slot of each unit."""

    def put(rows, value):
        trial, unit = jnp.arange(rows.shape[0])[:, None], jnp.arange(rows.shape[1])[None]
        return rows.at[trial, unit, jnp.where(is_wanted, slot, rows.shape[2])].set(
            value, mode="drop"
        )

    return jax.tree.map(put, buffer, value)
