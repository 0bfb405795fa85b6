"""Cells: one implicit solve on the tree for each step, gates exponentially, second order.

Voltages are known at the nodes of a grid, gates half way between them. A step of Crank-Nicolson is
half a step of backward Euler, extrapolated; after each discontinuity (an arrival, a corner of the
current) two half steps are not extrapolated, which damps what would ring.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from dendrax.neurons import Cell, CellState
from dendrax.simulation._course import Course, integral_of, maximum_of, sampled, spikes_of
from dendrax.simulation._drive import Drive, Units, delayed, over_units
from dendrax.simulation._elimination import is_solution
from dendrax.simulation._implicit import stepped
from dendrax.simulation._record import Integral, Maximum
from dendrax.simulation._status import NOT_FINITE, OK, TOO_MANY_SPIKES, TOO_MANY_STEPS
from dendrax.simulation._timetable import Clock, Step, Stops, most_steps, steps_of, stops_of
from dendrax.simulation._together import for_all
from dendrax.simulation._triggered import advance, begin, triggered

Scalar = Float[Array, ""]

# States and solutions of all steps up to this size (bytes) are kept for the reverse mode; beyond
# it, states of some steps, from which the others are computed again.
_KEPT = 2**23
# What a dendritic spike costs at most: the step that it cuts, those that its corners cut, and each
# time a damped one.
_PER_SPIKE = 12


def run_cable(
    units: Units,
    *,
    dt: float,
    t_stop: float,
    extrapolation: float,
    max_spikes: int,
    sample_times: Float[Array, " time"],
    names: tuple[str, ...],
    integrals: tuple[Integral, ...],
    maxima: tuple[Maximum, ...],
    n_wanted: int | None = None,
    max_steps: int | None = None,
) -> dict[str, Any]:
    """Run cells; returns what :func:`run_flat` returns, with ``traces`` in place of states.

    ``extrapolation`` is 2 for Crank-Nicolson, 1 for backward Euler.
    """
    smallest = dt * float(jnp.finfo(float).eps) ** 0.5
    clock = Clock(dt, t_stop, smallest, extrapolation)
    seen = tuple(dict.fromkeys((*names, *(readout.name for readout in (*integrals, *maxima)))))

    def run(cell: Cell, drive: Drive) -> dict[str, Any]:
        stops = stops_of(delayed(drive, cell.delay), cell.corners, t_stop)
        if triggered(cell):
            n = max_steps or most_steps(stops, clock) + _PER_SPIKE * max_spikes
            course, is_done = _followed(cell, stops, n, clock, seen)
        else:
            course, is_done = _scheduled(cell, steps_of(stops, clock), clock, seen), True
        spikes, slopes, n_spikes = spikes_of(course, n_wanted or max_spikes)
        is_full = (n_wanted is None) & (n_spikes > max_spikes)
        status = jnp.where(is_full, TOO_MANY_SPIKES, OK)
        status = jnp.where(is_done, status, TOO_MANY_STEPS)
        return {
            "spike_times": spikes,
            "spike_slope": slopes,
            "traces": {name: sampled(course, name, sample_times) for name in names},
            "integrals": tuple(integral_of(course, each) for each in integrals),
            "maxima": tuple(maximum_of(course, each) for each in maxima),
            "status": jnp.where(jnp.isfinite(course.guard).all(), status, NOT_FINITE),
            "n_steps": jnp.sum(jnp.diff(course.t) > 0),
            "t_reached": course.t[-1],
        }

    return over_units(units, run)(units.neuron, units.drive)


def _scheduled(cell: Cell, steps: Step, clock: Clock, names: tuple[str, ...]) -> Course:
    """Follow a cell through steps that are known beforehand."""
    cable = cell.cable()

    def through(state: CellState, step: Step) -> tuple[CellState, Any]:
        event = partial(cell.delivered, weight=step.weight, site=step.site)
        parts = cell.relaxed(state, cable, 0.5 * step.before, 0.5 * step.size, event)
        here = _seen(cell, cable, state, step.start, step.before, names)
        return CellState(stepped(cell, cable, state.v, parts, step, clock.smallest), parts), here

    through = jax.checkpoint(through, policy=is_solution)
    state, n = _at_rest(cell), len(steps.start)
    if n * sum(leaf.nbytes for leaf in jax.tree.leaves((state, state.v))) <= _KEPT:
        state, course = lax.scan(through, state, steps)
    else:
        # Steps without length at the end change nothing.
        n_chunks, chunk = _chunks(n)
        filled = jax.tree.map(lambda x: jnp.pad(x, (0, n_chunks * chunk - n), mode="edge"), steps)
        filled = filled._replace(size=jnp.where(jnp.arange(n_chunks * chunk) < n, filled.size, 0.0))
        chunks = jax.tree.map(lambda x: x.reshape(n_chunks, chunk), filled)
        several = jax.checkpoint(lambda state, steps: lax.scan(through, state, steps))
        state, course = lax.scan(several, state, chunks)
        course = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:])[:n], course)
    end = _seen(cell, cable, state, jnp.asarray(clock.t_stop), steps.size[-1], names)
    return _closed(course, end)


def _followed(
    cell: Cell, stops: Stops, n: int, clock: Clock, names: tuple[str, ...]
) -> tuple[Course, Array]:
    """Follow a cell whose steps depend on its dendritic spikes, for up to n steps."""
    cable = cell.cable()

    def seen(lane: Any) -> Course:
        return _seen(cell, cable, lane.state, lane.t, lane.before, names)

    def through(lane: Any, _: None) -> tuple[Any, Course]:
        return advance(cell, cable, stops, lane, clock), seen(lane)

    n_chunks, chunk = _chunks(n)

    def several(lane: Any, _: None) -> tuple[Any, Course]:
        return lax.scan(jax.checkpoint(through, policy=is_solution), lane, length=chunk)

    def rest(lane: Any, _: None) -> tuple[Any, Course]:
        return lane, jax.tree.map(lambda x: jnp.broadcast_to(x, (chunk, *x.shape)), seen(lane))

    def unless_done(lane: Any, nothing: None) -> tuple[Any, Course]:
        is_done = lane.stop == len(stops.t)
        return lax.cond(for_all(is_done), rest, jax.checkpoint(several), lane, nothing)

    lane = begin(cell, _at_rest(cell))
    lane, course = lax.scan(unless_done, lane, length=n_chunks)
    course = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), course)
    return _closed(course, seen(lane)), lane.stop == len(stops.t)


def _at_rest(cell: Cell) -> CellState:
    return jax.tree.map(lambda x: jnp.asarray(x, dtype=float), cell.init_state())


def _chunks(n: int) -> tuple[int, int]:
    """Return number and length of chunks between which states are kept."""
    chunk = int(np.ceil(np.sqrt(n)))
    return -(-n // chunk), chunk


def _seen(
    cell: Cell, cable: Any, state: CellState, t: Scalar, before: Scalar, names: tuple[str, ...]
) -> Course:
    """Return what is seen of a cell whose mechanisms are half a step behind."""
    state = state._replace(parts=cell.relaxed(state, cable, 0.5 * before))
    guard = cell.spike_condition(t, state)
    observed = {**cell.observe(state), "guard": guard}
    return Course(t, guard, {name: observed[name] for name in names})


def _closed(course: Course, end: Course) -> Course:
    return jax.tree.map(lambda xs, x: jnp.concatenate([xs, x[None]]), course, end)
