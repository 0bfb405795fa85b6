"""What interrupts a trial of a cell, and the steps in between."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int

from dendrax.simulation._drive import Drive, ascending
from dendrax.simulation._grid import ramps, within

# Less than this part of a step is no step.
_SLIVER = 1e-9


class Stops(NamedTuple):
    """The instants at which something is not smooth, and what holds from each to the next.

    Attributes
    ----------
    t : Array (stop,)
        In ms and in order, the first one 0; stops may coincide.
    current, slope : Array (stop,)
        What the electrode injects from the stop on.
    weight : Array (stop,)
        Of the spike that arrives at the stop, 0 if none does.
    site : Array of int (stop,)
    """

    t: Float[Array, " stop"]
    current: Float[Array, " stop"]
    slope: Float[Array, " stop"]
    weight: Float[Array, " stop"]
    site: Int[Array, " stop"]


class Clock(NamedTuple):
    """How far steps go (ms), and how much they are extrapolated if nothing is to be damped."""

    dt: float
    t_stop: float
    smallest: float
    extrapolation: float


class Step(NamedTuple):
    """One step of a trial; some have no length."""

    start: Float[Array, "*step"]
    size: Float[Array, "*step"]
    before: Float[Array, "*step"]  # the size of the step before
    extrapolation: Float[Array, "*step"]  # 2 for Crank-Nicolson, 1 for backward Euler
    current: Float[Array, "*step"]  # in the middle of the step
    weight: Float[Array, "*step"]  # of what arrives at the start of the step
    site: Int[Array, "*step"]


def stops_of(drive: Drive, corners: Float[Array, " corner"], t_stop: float) -> Stops:
    """Return the stops of a trial: its start, arrivals, corners of the current and others."""
    time, start = drive.arrivals.time[:-1], drive.current.start[:-1]
    t = jnp.concatenate([jnp.zeros(1), time, start, corners])
    t = within(t, t_stop)
    order = ascending(t)
    t = t[order]
    arrives = (order >= 1) & (order <= len(time))
    arrival = jnp.where(arrives, order - 1, 0)
    arrives = arrives & (drive.arrivals.time[arrival] < t_stop)
    starts = (order > len(time)) & (order <= len(time) + len(start))
    current = ramps(drive.current, t, starts)
    return Stops(
        t,
        current.value,
        current.slope,
        jnp.where(arrives, jax.vmap(drive.weight_of)(arrival), 0.0),
        jnp.where(arrives, drive.arrivals.source[arrival], 0),
    )


def most_steps(stops: Stops, clock: Clock) -> int:
    """Return how many steps a trial has at most in which nothing else stops."""
    return int(np.ceil(clock.t_stop / clock.dt * (1 - _SLIVER))) + 2 * len(stops.t)


def steps_of(stops: Stops, clock: Clock) -> Step:
    """Return the steps of a trial in which nothing else stops.

    After each stop, the grid begins anew: so the solution depends smoothly on when spikes arrive.
    The first step after a stop is done in two halves that are not extrapolated.
    """
    dt, t_stop = clock.dt, clock.t_stop
    span = jnp.diff(stops.t, append=t_stop)
    whole = jnp.ceil(lax.stop_gradient(span) / dt - _SLIVER).astype(int)
    # What arrives together with what comes next has a step without length.
    last = jnp.cumsum(jnp.where(span > 0, jnp.maximum(whole, 1) + 1, 1))
    index = jnp.arange(most_steps(stops, clock))
    stop = jnp.minimum(jnp.searchsorted(last, index, side="right"), len(last) - 1)
    k = index - jnp.where(stop > 0, last[stop - 1], 0)
    first = jnp.where(span[stop] < dt, span[stop], dt)
    start = jnp.where(k == 1, 0.5 * first, jnp.maximum(k - 1, 0) * dt)
    end = jnp.where(k == 0, 0.5 * first, jnp.where(k == 1, first, k * dt))
    is_last = index + 1 >= last[stop]
    end = jnp.where(is_last, span[stop], end)
    is_over = index >= last[-1]
    size = jnp.where(is_over, 0.0, end - start)
    arrives = (k == 0) & ~is_over
    return Step(
        jnp.where(is_over, t_stop, stops.t[stop] + start),
        size,
        jnp.concatenate([jnp.zeros(1), size[:-1]]),
        jnp.where(k < 2, 1.0, clock.extrapolation),
        stops.current[stop] + stops.slope[stop] * 0.5 * (start + end),
        jnp.where(arrives, stops.weight[stop], 0.0),
        stops.site[stop],
    )
