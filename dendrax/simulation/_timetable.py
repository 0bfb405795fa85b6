"""When the steps of a cell begin, and what happens then, as far as it is known beforehand."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from dendrax.simulation._drive import Drive, ascending
from dendrax.simulation._step import electrode


class Timetable(NamedTuple):
    """The nodes of a trial in order of time, and what holds from each to the next.

    Attributes
    ----------
    t : Array (node,)
        In ms; nodes may coincide.
    is_stop : Array of bool (node,)
        Whether something that is not smooth happens.
    current, slope : Array (node,)
        What the electrode injects from the node on.
    weight : Array (node,)
        Of the spike that arrives at the node, 0 if none does.
    site : Array of int (node,)
    """

    t: Float[Array, " node"]
    is_stop: Bool[Array, " node"]
    current: Float[Array, " node"]
    slope: Float[Array, " node"]
    weight: Float[Array, " node"]
    site: Int[Array, " node"]


class Step(NamedTuple):
    """One step of a trial; some have no length."""

    start: Float[Array, "*step"]
    size: Float[Array, "*step"]
    before: Float[Array, "*step"]  # the size of the step before
    extrapolation: Float[Array, "*step"]  # 2 for Crank-Nicolson, 1 for backward Euler
    current: Float[Array, "*step"]  # in the middle of the step
    weight: Float[Array, "*step"]  # of what arrives at the start of the step
    site: Int[Array, "*step"]


def timetable(drive: Drive, dt: float, t_stop: float) -> Timetable:
    """Return the nodes of a trial: regular ones, arrivals, and corners of the current."""
    n_regular = int(np.ceil(t_stop / dt * (1 - 1e-12)))
    regular = t_stop / n_regular * jnp.arange(n_regular)
    time, start = drive.arrivals.time[:-1], drive.current.start[:-1]
    stops = jnp.concatenate([jnp.zeros(1), time, start])
    stops = jnp.where((stops >= 0) & (stops < t_stop), stops, jnp.where(stops < 0, 0.0, t_stop))
    t = jnp.concatenate([regular, stops])
    order = ascending(t)
    t, stop = t[order], order - n_regular
    arrives = (stop >= 1) & (stop <= len(time))
    arrival = jnp.where(arrives, stop - 1, 0)
    arrives = arrives & (drive.arrivals.time[arrival] < t_stop)
    segment = jnp.cumsum(stop > len(time)) - 1
    since, value, slope = jax.vmap(partial(electrode, drive.current))(segment)
    age = jnp.where(jnp.isfinite(since), t - since, 0.0)
    return Timetable(
        t,
        stop >= 0,
        value + slope * age,
        slope,
        jnp.where(arrives, jax.vmap(drive.weight_of)(arrival), 0.0),
        jnp.where(arrives, drive.arrivals.source[arrival], 0),
    )


def steps_of(table: Timetable, n_stops: int, t_stop: float) -> Step:
    """Return the steps of a trial in which nothing else happens.

    What follows a stop is done in two halves that are not extrapolated.
    """
    size = jnp.diff(table.t, append=t_stop)
    # Of stops that coincide the last one has a step.
    is_damped = table.is_stop & (size > 0)
    place = jnp.arange(len(size)) + jnp.cumsum(is_damped) - is_damped
    n = len(size) + n_stops
    half = jnp.where(is_damped, 0.5 * size, size)

    def put(first: Array, second: Array, filler: float) -> Array:
        blank = jnp.full(n, filler, first.dtype).at[place].set(first)
        return blank.at[jnp.where(is_damped, place + 1, n)].set(second, mode="drop")

    nothing = jnp.zeros_like(half)
    sizes = put(half, half, 0.0)
    return Step(
        put(table.t, table.t + half, t_stop),
        sizes,
        jnp.concatenate([jnp.zeros(1), sizes[:-1]]),
        put(jnp.where(is_damped, 1.0, 2.0), nothing + 1, 2.0),
        put(
            table.current + 0.5 * table.slope * half, table.current + 1.5 * table.slope * half, 0.0
        ),
        put(table.weight, nothing, 0.0),
        put(table.site, jnp.zeros_like(table.site), 0),
    )
