"""Cells whose dendrites spike: what happens next is known only when the voltage is."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from dendrax.mechanisms import AbstractDendriticSpike
from dendrax.neurons import Cable, Cell, CellState
from dendrax.simulation._implicit import stepped
from dendrax.simulation._peak import peak
from dendrax.simulation._roots import rising_root
from dendrax.simulation._timetable import Clock, Step, Stops
from dendrax.simulation._together import for_any

Scalar = Float[Array, ""]
# Of each mechanism that is triggered, by its number.
Flags = dict[int, Bool[Array, " place"]]
Ages = dict[int, Float[Array, " place"]]

# Steps without extrapolation after each discontinuity.
_DAMPED = 2


class Lane(NamedTuple):
    """Where a cell stands: voltages at ``t``, mechanisms ``0.5 before`` earlier."""

    t: Scalar
    state: CellState
    before: Scalar
    stop: Int[Array, ""]  # the last stop that was reached
    damped: Int[Array, ""]  # how many steps are not to be extrapolated
    is_new: Bool[Array, ""]  # whether the stop has just been reached
    fires: Flags  # which dendrites have just reached their threshold


def triggered(cell: Cell) -> dict[int, AbstractDendriticSpike]:
    """Return the mechanisms of which the voltage triggers events."""
    return {k: m for k, m in enumerate(cell.mechanisms) if isinstance(m, AbstractDendriticSpike)}


def begin(cell: Cell, state: CellState) -> Lane:
    """Return the lane at the start of a trial."""
    nobody = {k: jnp.zeros(state.parts[k].age.shape, bool) for k in triggered(cell)}
    zero = jnp.zeros_like(state.v[0])
    return Lane(zero, state, zero, jnp.asarray(0), jnp.asarray(_DAMPED), jnp.asarray(True), nobody)


def advance(cell: Cell, cable: Cable, stops: Stops, lane: Lane, clock: Clock) -> Lane:
    """Return the lane after one step: up to the next stop, corner of a spike, or threshold."""
    v, at = lane.state.v, jnp.minimum(lane.stop, len(stops.t) - 1)
    is_new = lane.is_new & (lane.stop < len(stops.t))
    weight = jnp.where(is_new, stops.weight[at], 0.0)
    ages = {k: lane.state.parts[k].age + 0.5 * lane.before for k in triggered(cell)}
    fires = _firing(cell, v, ages, lane.fires, clock.smallest)

    def event(k: int, part: Any) -> Any:
        part = cell.delivered(k, part, weight, stops.site[at])
        return _fired(cell, k, part, fires[k], v) if k in fires else part

    somewhere = jnp.stack([fired.any() for fired in fires.values()]).any()
    damped = jnp.where(is_new | somewhere, _DAMPED, lane.damped)
    ages = {k: jnp.where(fires[k], 0.0, age) for k, age in ages.items()}
    to_stop = jnp.append(stops.t, clock.t_stop)[at + 1] - lane.t
    to_stop = jnp.where(lane.stop < len(stops.t), to_stop, 0.0)
    to_corner = _to_next_corner(cell, ages, clock.smallest)
    most = jnp.where(to_corner < to_stop, to_corner, to_stop)
    wish = jnp.where(most < clock.dt, most, clock.dt)
    wish = jnp.where(damped == _DAMPED, 0.5 * wish, jnp.where(damped == 1, lane.before, wish))
    is_cut = wish >= most - clock.smallest
    size = jnp.where(is_cut, most, wish)

    def attempt(size: Scalar) -> CellState:
        middle = lane.t - stops.t[at] + 0.5 * size
        kept = jnp.where(damped > 0, 1.0, clock.extrapolation)
        current = stops.current[at] + stops.slope[at] * middle
        step = Step(lane.t, size, lane.before, kept, current, weight, stops.site[at])
        parts = cell.relaxed(lane.state, cable, 0.5 * lane.before, 0.5 * size, event)
        return CellState(stepped(cell, cable, v, parts, step, clock.smallest), parts)

    waiting = _waiting(cell, v, ages)
    full, margin = attempt(size), partial(_margin, cell, waiting)
    crosses = margin(full.v) >= 0
    size, state = lax.cond(
        for_any(crosses),
        lambda: _shortened(attempt, margin, crosses, size, v, full.v),
        lambda: (size, full),
    )
    at_stop = is_cut & ~crosses & (to_stop <= to_corner)
    at_corner = is_cut & ~crosses & ~at_stop
    return Lane(
        jnp.where(at_stop, lane.t + to_stop, lane.t + size),
        state,
        size,
        jnp.where(at_stop, jnp.minimum(lane.stop + 1, len(stops.t)), lane.stop),
        jnp.where(at_corner, _DAMPED, jnp.maximum(damped - 1, 0)),
        at_stop,
        _reaching(cell, waiting, state.v, crosses),
    )


def _firing(cell: Cell, v: Array, ages: Ages, reached: Flags, smallest: float) -> Flags:
    """Return which dendrites spike now: those at their threshold, or above it and ready again."""
    return {
        k: (ages[k] >= m.t_ref - smallest) & (reached[k] | (cell.places[k].pick(v) > m.v_th))
        for k, m in triggered(cell).items()
    }


def _fired(cell: Cell, k: int, part: Any, fired: Array, v: Array) -> Any:
    """Return the state of a mechanism in which some dendrites begin to spike."""
    amplitude = triggered(cell)[k].amplitude(cell.places[k].pick(v))
    return part._replace(
        age=jnp.where(fired, 0.0, part.age), amplitude=jnp.where(fired, amplitude, part.amplitude)
    )


def _to_next_corner(cell: Cell, ages: Ages, smallest: float) -> Scalar:
    """Return how long it takes until the current of a dendritic spike has a corner."""
    soonest = jnp.asarray(jnp.inf)
    for k, mechanism in triggered(cell).items():
        corners = jnp.append(mechanism.corners(), mechanism.t_ref)
        ahead = corners[:, None] - ages[k][None]
        ahead = jnp.where(ahead > smallest, ahead, jnp.inf).ravel()
        nearest = ahead[jnp.argmin(ahead)]
        soonest = jnp.where(nearest < soonest, nearest, soonest)
    return soonest


def _waiting(cell: Cell, v: Array, ages: Ages) -> Flags:
    """Return which dendrites spike if they reach their threshold."""
    return {
        k: (ages[k] >= m.t_ref) & (cell.places[k].pick(v) < m.v_th)
        for k, m in triggered(cell).items()
    }


def _margins(cell: Cell, waiting: Flags, v: Array) -> dict[int, Array]:
    """Return how far above their thresholds the waiting dendrites are."""
    return {
        k: jnp.where(waiting[k], cell.places[k].pick(v) - m.v_th, -jnp.inf)
        for k, m in triggered(cell).items()
    }


def _margin(cell: Cell, waiting: Flags, v: Array) -> Scalar:
    """Return the margin of the dendrite that is furthest."""
    return peak(jnp.concatenate(list(_margins(cell, waiting, v).values())))


def _shortened(
    attempt: Callable[[Scalar], CellState],
    margin: Callable[[Array], Scalar],
    crosses: Bool[Array, ""],
    size: Scalar,
    v: Array,
    v_full: Array,
) -> tuple[Scalar, CellState]:
    """Return the step that ends where the first dendrite reaches its threshold.

    Under vmap, it is computed for steps in which nothing crosses too: then no root is searched.
    """

    def along(size: Scalar) -> tuple[CellState, CellState, Scalar, Scalar]:
        state, rate = jax.jvp(attempt, (size,), (jnp.ones_like(size),))
        return state, rate, *jax.jvp(margin, (state.v,), (rate.v,))

    guess = jnp.where(crosses, size * margin(v) / (margin(v) - margin(v_full)), size)
    tolerance = jnp.where(crosses, 4 * jnp.finfo(size.dtype).eps * size, jnp.inf)
    frozen = lax.stop_gradient((size, guess, tolerance))
    root = rising_root(lambda x: lax.stop_gradient(along(x)[2:]), jnp.zeros_like(size), *frozen)
    root = lax.stop_gradient(root)
    state, rate, value, slope = along(root)
    # A step of Newton, which changes the size by rounding only, and its derivative to that of the
    # implicit function theorem; the state follows.
    change = -jnp.where(crosses, value, 0.0) / lax.stop_gradient(jnp.where(crosses, slope, 1.0))
    return root + change, jax.tree.map(lambda x, y: x + lax.stop_gradient(y) * change, state, rate)


def _reaching(cell: Cell, waiting: Flags, v: Array, crosses: Bool[Array, ""]) -> Flags:
    """Return which dendrites a shortened step has taken to their threshold."""
    best = _margin(cell, waiting, v)
    return {k: crosses & (m >= best) for k, m in _margins(cell, waiting, v).items()}
