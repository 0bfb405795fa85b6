"""Cells: one implicit solve on the tree for each step, gates exponentially, second order.

Voltages are known at the nodes of a grid, gates half way between them. A step of Crank-Nicolson is
half a step of backward Euler, extrapolated; after each discontinuity (an arrival, a corner of the
current) two half steps are not extrapolated, which damps what would ring.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int

from dendrax.neurons import Cable, Cell, CellState
from dendrax.simulation._drive import Drive, Units, ascending, delayed, over_units
from dendrax.simulation._elimination import solve
from dendrax.simulation._roots import Ends, cubic_root, may_cross
from dendrax.simulation._status import NOT_FINITE, OK, TOO_MANY_SPIKES
from dendrax.simulation._step import electrode

Scalar = Float[Array, ""]

# States of all steps up to this size (bytes) are kept for the reverse mode; beyond it, those of
# some steps, from which the others are computed again.
_KEPT = 2**23


class Step(NamedTuple):
    """One step of a trial; some have no length."""

    start: Scalar
    size: Scalar
    before: Scalar  # the size of the step before
    extrapolation: Scalar  # 2 for Crank-Nicolson, 1 for backward Euler
    current: Scalar  # in the middle of the step
    weight: Scalar  # of what arrives at the start of the step; 0 if nothing does
    site: Int[Array, ""]


def steps_of(drive: Drive, dt: float, t_stop: float) -> Step:
    """Return all steps of a trial."""
    n_regular = int(np.ceil(t_stop / dt * (1 - 1e-12)))
    regular = t_stop / n_regular * jnp.arange(n_regular)
    time, start = drive.arrivals.time[:-1], drive.current.start[:-1]
    stops = jnp.concatenate([jnp.zeros(1), time, start])
    stops = jnp.where((stops >= 0) & (stops < t_stop), stops, jnp.where(stops < 0, 0.0, t_stop))
    nodes = jnp.concatenate([regular, stops])
    order = ascending(nodes)
    nodes, stop = nodes[order], order - n_regular
    size = jnp.diff(nodes, append=t_stop)
    # The step after a stop becomes two; of stops that coincide the last one has a step.
    is_damped = (stop >= 0) & (size > 0)
    place = jnp.arange(len(nodes)) + jnp.cumsum(is_damped) - is_damped
    n = len(nodes) + len(stops)

    def put(values: Array, halves: Array, filler: float | int) -> Array:
        blank = jnp.full(n, filler, values.dtype).at[place].set(values)
        return blank.at[jnp.where(is_damped, place + 1, n)].set(halves, mode="drop")

    starts = put(nodes, nodes + 0.5 * size, t_stop)
    sizes = put(jnp.where(is_damped, 0.5 * size, size), 0.5 * size, 0.0)
    kept = put(jnp.where(is_damped, 1.0, 2.0), jnp.ones_like(size), 2.0)
    arrival = stop - 1
    arrives = (arrival >= 0) & (arrival < len(time))
    index = jnp.where(arrives, arrival, 0)
    arrives = arrives & (drive.arrivals.time[index] < t_stop)
    weight = jnp.where(arrives, jax.vmap(drive.weight_of)(index), 0.0)
    site = jnp.where(arrives, drive.arrivals.source[index], 0)
    nothing = jnp.zeros_like(weight)
    segment = jnp.cumsum(stop >= 1 + len(time)) - 1
    segment = put(segment, segment, segment[-1])
    since, value, slope = jax.vmap(partial(electrode, drive.current))(segment)
    age = starts + 0.5 * sizes - since
    current = value + slope * jnp.where(jnp.isfinite(age), age, 0.0)
    before = jnp.concatenate([jnp.zeros(1), sizes[:-1]])
    return Step(starts, sizes, before, kept, current, put(weight, nothing, 0.0), put(site, 0 * site, 0))


class Course(NamedTuple):
    """A trial at the starts of its steps, and at its end."""

    t: Float[Array, " node"]
    guard: Float[Array, " node"]
    observed: dict[str, Array]


def run_cable(
    units: Units,
    *,
    dt: float,
    t_stop: float,
    max_spikes: int,
    sample_times: Float[Array, " time"],
    names: tuple[str, ...],
    n_wanted: int | None = None,
) -> dict[str, Any]:
    """Run cells; returns what :func:`run_flat` returns, with ``traces`` in place of states."""

    def run(cell: Cell, drive: Drive) -> dict[str, Any]:
        steps = steps_of(delayed(drive, cell.delay), dt, t_stop)
        course = follow(cell, steps, dt, t_stop, names)
        spikes, slopes, n_spikes = _spikes(course, n_wanted or max_spikes)
        traces = {
            name: jnp.moveaxis(_sampled(course.t, values, sample_times), 0, -1)
            for name, values in course.observed.items()
        }
        is_full = (n_wanted is None) & (n_spikes > max_spikes)
        status = jnp.where(is_full, TOO_MANY_SPIKES, OK)
        is_finite = jnp.isfinite(course.guard).all()
        return {
            "spike_times": spikes,
            "spike_slope": slopes,
            "traces": traces,
            "status": jnp.where(is_finite, status, NOT_FINITE),
            "n_steps": jnp.sum(steps.size > 0),
            "t_reached": jnp.asarray(t_stop, course.t.dtype),
        }

    return over_units(units, run)(units.neuron, units.drive)


def follow(cell: Cell, steps: Step, dt: float, t_stop: float, names: tuple[str, ...]) -> Course:
    """Follow a cell through all steps of a trial."""
    cable = cell.cable()
    smallest = dt * float(jnp.finfo(steps.size.dtype).eps) ** 0.5

    def seen(state: CellState, t: Scalar) -> tuple[Scalar, dict[str, Array]]:
        observed = cell.observe(state)
        guard = cell.spike_condition(t, state)
        return guard, {n: {**observed, "guard": guard}[n] for n in names}

    def caught_up(state: CellState, before: Scalar) -> CellState:
        return state._replace(parts=cell.relaxed(state, cable, 0.5 * before))

    def through(state: CellState, step: Step) -> tuple[CellState, Any]:
        # Of what is computed twice here, only what is seen is kept.
        here = seen(caught_up(state, step.before), step.start)
        arrival = (step.weight, step.site) if cell.n_sites else None
        parts = cell.relaxed(state, cable, 0.5 * step.before, 0.5 * step.size, arrival)
        return CellState(_stepped(cell, cable, state.v, parts, step, smallest), parts), here

    state = jax.tree.map(lambda x: jnp.asarray(x, dtype=float), cell.init_state())
    state, (guard, observed) = _scan(through, state, steps)
    end = seen(caught_up(state, steps.size[-1]), jnp.asarray(t_stop))
    t = jnp.append(steps.start, t_stop)

    def append(xs: Array, x: Array) -> Array:
        return jnp.concatenate([xs, x[None]])

    return Course(t, *jax.tree.map(append, (guard, observed), end))


def _stepped(
    cell: Cell, cable: Cable, v: Array, parts: Any, step: Step, smallest: float
) -> Float[Array, " compartment"]:
    """Return the voltage after a step: implicit, with currents linear around where it starts."""
    tree = cell.tree
    # A step without length keeps its derivative with respect to its size.
    h = jnp.maximum(step.size, smallest) / step.extrapolation
    current, conductance = jax.jvp(
        lambda v: cell.membrane_current(v, parts, cable), (v,), (jnp.ones_like(v),)
    )
    inertia = cable.capacitance / h
    right = inertia * v + conductance * v - current
    right = right.at[cell.electrode_compartment].add(step.current)
    extra = (0, len(tree.parent) - tree.n)
    diagonal = jnp.pad(inertia + conductance, extra) + tree.diagonal(cable.edge)
    ahead = solve(tree, diagonal, cable.edge, jnp.pad(right, extra))[: tree.n]
    return v + step.size / h * (ahead - v)


def _scan(through: Any, state: CellState, steps: Step) -> tuple[CellState, Any]:
    """Scan with memory for the reverse mode that is bounded, whatever the number of steps."""
    n = len(steps.start)
    size = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(state))
    through = jax.checkpoint(through)
    if n * size <= _KEPT:
        return lax.scan(through, state, steps)
    chunk = int(np.ceil(np.sqrt(n)))
    n_chunks = -(-n // chunk)

    def padded(x: Array) -> Array:
        # Steps without length at the end change nothing.
        filled = jnp.pad(x, (0, n_chunks * chunk - n), mode="edge")
        return filled.reshape(n_chunks, chunk)

    still = jax.tree.map(padded, steps)
    is_new = padded(jnp.arange(n)).reshape(-1) == jnp.arange(n_chunks * chunk)
    still = still._replace(size=jnp.where(is_new.reshape(n_chunks, chunk), still.size, 0.0))
    state, seen = lax.scan(jax.checkpoint(lambda s, x: lax.scan(through, s, x)), state, still)
    return state, jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:])[:n], seen)


def _slopes(t: Float[Array, " node"], y: Float[Array, "node *rest"]) -> tuple[Array, Array]:
    """Return the slopes of each interval at its two ends, of the parabolas through three nodes."""
    size = jnp.diff(t)
    wide = size.reshape(-1, *[1] * (y.ndim - 1))
    has_length = wide > 0
    secant = jnp.where(has_length, jnp.diff(y, axis=0), 0.0) / jnp.where(has_length, wide, 1.0)
    before, after = wide[:-1], wide[1:]
    total = jnp.where(before + after > 0, before + after, 1.0)
    inner = (after * secant[:-1] + before * secant[1:]) / total
    both = (before > 0) & (after > 0)
    left = jnp.concatenate([secant[:1], jnp.where(both, inner, secant[1:])])
    right = jnp.concatenate([jnp.where(both, inner, secant[:-1]), secant[-1:]])
    return left, right


def _spikes(course: Course, max_spikes: int) -> tuple[Array, Array, Array]:
    """Return when the guard rises through zero on the cubic between nodes, and how steeply."""
    size = jnp.diff(course.t)
    left, right = _slopes(course.t, course.guard)
    at = Ends(course.guard[:-1], course.guard[1:], left * size, right * size)
    crosses = (at.left < 0) & (at.right >= 0)
    where = jnp.nonzero(crosses, size=max_spikes, fill_value=0)[0]
    is_spike = jnp.arange(max_spikes) < crosses.sum()
    ends = jax.tree.map(lambda x: jnp.where(is_spike, x[where], 1.0), at)
    ends = ends._replace(left=jnp.where(is_spike, ends.left, -1.0))
    tolerance = 2 * jnp.finfo(size.dtype).eps
    root = jax.vmap(lambda at: cubic_root(at, tolerance))(lax.stop_gradient(ends))
    value, slope = jax.vmap(_cubic)(lax.stop_gradient(root), ends)
    root = root - value / lax.stop_gradient(slope)
    time = jnp.where(is_spike, course.t[where] + root * size[where], jnp.inf)
    steepness = jnp.where(is_spike, slope / jnp.where(is_spike, size[where], 1.0), jnp.inf)
    return time, steepness, crosses.sum()


def _cubic(x: Scalar, at: Ends) -> tuple[Scalar, Scalar]:
    rise = at.right - at.left
    third = at.left_slope + at.right_slope - 2 * rise
    second = rise - at.left_slope - third
    value = at.left + x * (at.left_slope + x * (second + x * third))
    return value, at.left_slope + x * (2 * second + 3 * x * third)


def _sampled(t: Array, y: Array, times: Array) -> Array:
    """Return values at the sample times, on the cubic between nodes; right limits at jumps."""
    left, right = _slopes(t, y)
    k = jnp.clip(jnp.searchsorted(t, times, side="right") - 1, 0, len(t) - 2)
    size = jnp.where(t[k + 1] > t[k], t[k + 1] - t[k], 1.0)
    x = (times - t[k]) / size

    def wide(values: Array) -> Array:
        return values.reshape(-1, *[1] * (y.ndim - 1))

    at = Ends(y[k], y[k + 1], left[k] * wide(size), right[k] * wide(size))
    return _cubic(wide(x), at)[0]
