"""Cells whose dendrites spike: what happens next is known only when the voltage is."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from dendrax.mechanisms import AbstractDendriticSpike
from dendrax.neurons import Cable, Cell, CellState
from dendrax.simulation._implicit import stepped
from dendrax.simulation._roots import rising_root
from dendrax.simulation._timetable import Step, Stops

Scalar = Float[Array, ""]
Flags = tuple[Bool[Array, " place"] | None, ...]

# Steps without extrapolation after each discontinuity.
_DAMPED = 2


class Clock(NamedTuple):
    """How far steps go."""

    dt: float
    t_stop: float
    smallest: float


class Lane(NamedTuple):
    """Where a cell stands: voltages at ``t``, mechanisms ``0.5 before`` earlier."""

    t: Scalar
    state: CellState
    before: Scalar
    stop: Int[Array, ""]  # the last stop that was reached
    damped: Int[Array, ""]  # how many steps are not to be extrapolated
    is_new: Bool[Array, ""]  # whether the stop has just been reached
    fires: Flags  # which dendrites have just reached their threshold


def begin(cell: Cell, state: CellState) -> Lane:
    """Return the lane at the start of a trial."""
    nobody = tuple(
        jnp.zeros(part.age.shape, bool) if is_trigger(m) else None
        for m, part in zip(cell.mechanisms, state.parts, strict=True)
    )
    zero = jnp.zeros_like(state.v[0])
    return Lane(zero, state, zero, jnp.asarray(0), jnp.asarray(_DAMPED), jnp.asarray(True), nobody)


def is_trigger(mechanism: object) -> bool:
    """Whether the voltage triggers events of a mechanism."""
    return isinstance(mechanism, AbstractDendriticSpike)


def advance(cell: Cell, cable: Cable, stops: Stops, lane: Lane, clock: Clock) -> Lane:
    """Return the lane after one step: up to the next stop, corner of a spike, or threshold."""
    v, at = lane.state.v, jnp.minimum(lane.stop, len(stops.t) - 1)
    is_new = lane.is_new & (lane.stop < len(stops.t))
    weight = jnp.where(is_new, stops.weight[at], 0.0)
    ages = _ages(cell, lane)
    fires = _firing(cell, v, ages, lane.fires, clock.smallest)

    def event(k: int, part: Any) -> Any:
        part = cell.delivered(k, part, weight, stops.site[at])
        return part if fires[k] is None else _fired(cell, k, part, fires[k], v)

    somewhere = jnp.stack([fired.any() for fired in fires if fired is not None]).any()
    damped = jnp.where(is_new | somewhere, _DAMPED, lane.damped)
    ages = tuple(
        None if age is None else jnp.where(fired, 0.0, age)
        for age, fired in zip(ages, fires, strict=True)
    )
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
        kept = jnp.where(damped > 0, 1.0, 2.0)
        current = stops.current[at] + stops.slope[at] * middle
        step = Step(lane.t, size, lane.before, kept, current, weight, stops.site[at])
        parts = cell.relaxed(lane.state, cable, 0.5 * lane.before, 0.5 * size, event)
        return CellState(stepped(cell, cable, v, parts, step, clock.smallest), parts)

    full, waiting = attempt(size), _waiting(cell, v, ages)
    crosses = _margin(cell, full.v, waiting) >= 0
    size, state = lax.cond(
        crosses, lambda: _shortened(cell, attempt, size, v, waiting), lambda: (size, full)
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
        _reaching(cell, state.v, waiting, crosses),
    )


def _fired(cell: Cell, k: int, part: Any, fired: Array, v: Array) -> Any:
    """Return the state of a mechanism in which some dendrites begin to spike."""
    mechanism: Any = cell.mechanisms[k]
    amplitude = mechanism.amplitude(cell.places[k].pick(v))
    return part._replace(
        age=jnp.where(fired, 0.0, part.age), amplitude=jnp.where(fired, amplitude, part.amplitude)
    )


def _ages(cell: Cell, lane: Lane) -> tuple[Array | None, ...]:
    """Return how long ago the last spike of each dendrite began."""
    return tuple(
        part.age + 0.5 * lane.before if is_trigger(mechanism) else None
        for mechanism, part in zip(cell.mechanisms, lane.state.parts, strict=True)
    )


def _each(cell: Cell, ages: tuple[Array | None, ...]) -> Any:
    """Yield number, mechanism, places and ages of what can be triggered."""
    for k, age in enumerate(ages):
        if age is not None:
            mechanism: Any = cell.mechanisms[k]
            yield k, mechanism, cell.places[k], age


def _firing(
    cell: Cell, v: Array, ages: tuple[Array | None, ...], reached: Flags, smallest: float
) -> Flags:
    """Return which dendrites spike now: those at their threshold, or above it and ready again."""
    flags: list[Any] = [None] * len(ages)
    for k, mechanism, place, age in _each(cell, ages):
        is_ready = age >= mechanism.t_ref - smallest
        flags[k] = is_ready & (reached[k] | (place.pick(v) > mechanism.v_th))
    return tuple(flags)


def _to_next_corner(cell: Cell, ages: tuple[Array | None, ...], smallest: float) -> Scalar:
    """Return how long it takes until the current of a dendritic spike has a corner."""
    soonest = jnp.asarray(jnp.inf)
    for _, mechanism, _, age in _each(cell, ages):
        corners = jnp.concatenate([mechanism.corners(), jnp.reshape(mechanism.t_ref, 1)])
        ahead = corners[:, None] - age[None]
        ahead = jnp.where(ahead > smallest, ahead, jnp.inf).ravel()
        nearest = ahead[jnp.argmin(ahead)]
        soonest = jnp.where(nearest < soonest, nearest, soonest)
    return soonest


def _waiting(cell: Cell, v: Array, ages: tuple[Array | None, ...]) -> Flags:
    """Return which dendrites spike if they reach their threshold."""
    flags: list[Any] = [None] * len(ages)
    for k, mechanism, place, age in _each(cell, ages):
        flags[k] = (age >= mechanism.t_ref) & (place.pick(v) < mechanism.v_th)
    return tuple(flags)


def _margins(cell: Cell, v: Array, waiting: Flags) -> Array:
    """Return how far above their thresholds the waiting dendrites are."""
    far = [
        jnp.where(waits, cell.places[k].pick(v) - _threshold(cell, k), -jnp.inf)
        for k, waits in enumerate(waiting)
        if waits is not None
    ]
    return jnp.concatenate(far)


def _threshold(cell: Cell, k: int) -> Any:
    mechanism: Any = cell.mechanisms[k]
    return mechanism.v_th


def _margin(cell: Cell, v: Array, waiting: Flags) -> Scalar:
    """Return the margin of the dendrite that is furthest; of those at rest a derivative of 0."""
    margins = _margins(cell, v, waiting)
    return margins[jnp.argmax(margins)]


def _shortened(
    cell: Cell, attempt: Any, size: Scalar, v: Array, waiting: Flags
) -> tuple[Scalar, CellState]:
    """Return the step that ends where the first dendrite reaches its threshold."""

    def margin(size: Scalar) -> Scalar:
        return _margin(cell, attempt(size).v, waiting)

    def along(size: Scalar) -> tuple[Scalar, Scalar]:
        return jax.jvp(margin, (size,), (jnp.ones_like(size),))

    at_start, at_end = _margin(cell, v, waiting), margin(size)
    guess = size * at_start / (at_start - at_end)
    tolerance = 4 * jnp.finfo(size.dtype).eps * size
    fixed = partial(jax.tree.map, lax.stop_gradient)
    root = rising_root(
        lambda x: fixed(along(x)), jnp.zeros_like(size), *fixed((size, guess, tolerance))
    )
    root = lax.stop_gradient(root)
    value, slope = along(root)
    # The derivative of the implicit function theorem.
    size = root - value / lax.stop_gradient(slope)
    return size, attempt(size)


def _reaching(cell: Cell, v: Array, waiting: Flags, crosses: Bool[Array, ""]) -> Flags:
    """Return which dendrites a shortened step has taken to their threshold."""
    flags: list[Any] = [None] * len(waiting)
    best = _margin(cell, v, waiting)
    for k, waits in enumerate(waiting):
        if waits is not None:
            margin = cell.places[k].pick(v) - _threshold(cell, k)
            flags[k] = crosses & waits & (margin >= best)
    return tuple(flags)
