"""The cascade: a neuron whose soma is linear and feeds nothing back, without a loop over events.

Between resets ``dv/dt = b(t) - a(t) v`` with known ``a`` and ``b``. Each cell of the grid is an
affine map of ``v``, and the maps one after the other give the solution without resets. With resets,
after the k-th spike,

    v(t) = v_free(t) + gap_k exp(-(A(t) - A_k)),   gap_k = v_reset - v_free(t_k),

where A is the integral of a, and t_k is where v starts again: the spike, or the end of the
refractory period that follows it. Hence v reaches v_th where

    y(t) = (v_free(t) - v_th) exp(A(t))   reaches   -gap_k exp(A_k),

and y is the same for all spikes: the search for the next one compares one number per interval. The
search needs no derivative; a short recursion hands derivatives from spike to spike afterwards.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from dendrax.neurons import AbstractCascade, Ramp, Stretch
from dendrax.simulation._drive import Drive
from dendrax.simulation._grid import Grid, at_rest, cell_at, passages, passed
from dendrax.simulation._roots import highest, rising_root

Scalar = Float[Array, ""]
State = Any

# How steeply y may fall from a hump, relative to the steepest of the known instants: 1 if b is
# monotonic between them, and some margin for quadrature cells, where it may not be.
_MARGIN = 2.0
# Inside of a quadrature cell v is known to a lower order than at its end.
_SLACK = 1e-3


class Track(NamedTuple):
    """The solution without resets at the start of each cell."""

    upstream: State
    decay: Float[Array, " cell"]  # A
    free: Float[Array, " cell"]
    marks: "Marks | None"
    is_finite: Bool[Array, ""]
    is_resolved: Bool[Array, ""]


class Signed(NamedTuple):
    """A number as its sign and the signed logarithm of its magnitude: no run overflows it."""

    sign: Float[Array, "..."]
    log: Float[Array, "..."]

    def reaches(self, level: "Signed") -> Bool[Array, "..."]:
        """Whether this number is at least as large as another."""
        same = self.sign == level.sign
        return (self.sign > level.sign) | (same & (self.log >= level.log))


class Marks(NamedTuple):
    """What the search knows of each interval between two instants of the stretches."""

    top: Signed  # an upper bound of y
    left: Float[Array, " interval"]  # ms from the start of the cell
    right: Float[Array, " interval"]
    decay: Float[Array, " interval"]  # at its right end
    free: Float[Array, " interval"]


class Point(NamedTuple):
    """The solution without resets at some time, with ``a`` and ``b``."""

    decay: Scalar
    free: Scalar
    rate: Scalar
    source: Scalar


class Lane(NamedTuple):
    """Where the search stands: all of ``v`` after ``t`` is ``v_free + gap exp(-(A - A_t))``."""

    t: Scalar
    gap: Scalar
    a_t: Scalar
    interval: Int[Array, ""]  # where to go on
    n_spikes: Int[Array, ""]
    done: Bool[Array, ""]


class Spikes(NamedTuple):
    """The spikes of one trial, with derivatives; inf where there is none.

    From ``release`` on, ``gap`` and ``a_t`` describe ``v``.
    """

    time: Float[Array, " spike"]
    slope: Float[Array, " spike"]
    release: Float[Array, " spike"]
    gap: Float[Array, " spike"]
    a_t: Float[Array, " spike"]


def track(neuron: AbstractCascade, drive: Drive, grid: Grid) -> Track:
    """Solve a trial without resets."""

    # What is differentiated anew costs less than what is stored, and one cell of all trials is less
    # than a cache, all cells are more.
    @jax.checkpoint
    def through(carry, cell):
        state, v = carry
        passage, size, current = cell
        stretch = neuron.stretch(state, size, current)
        after = jnp.exp(-stretch.decay[-1]) * v + stretch.gain[-1]
        return (passed(neuron, state, passage), after), (state, v, stretch)

    begin = at_rest(neuron)
    v_0 = jnp.asarray(begin.v, dtype=float)
    cells = passages(neuron, drive, grid), grid.size, grid.current
    states, free, stretches = lax.scan(through, (begin, v_0), cells)[1]
    decay = jnp.cumsum(stretches.decay[:, -1])
    decay = jnp.concatenate([jnp.zeros(1), decay[:-1]])
    marks = None
    if not neuron.never_spikes:
        marks = _marks(*lax.stop_gradient((neuron, grid, states, stretches, decay, free)))
    return Track(states, decay, free, marks, jnp.isfinite(free).all(), jnp.asarray(True))


def _marks(neuron, grid: Grid, states, stretches: Stretch, decay, free) -> Marks:
    rate, source = jax.vmap(neuron.soma)(states, grid.current.value)
    _, at_turn = jax.vmap(neuron.turn)(states, grid.size, grid.current)

    def from_start(at_start, at):
        return jnp.concatenate([at_start[:, None], at[:, :-1]], axis=1)

    # The speed at threshold: y falls where it is negative, however v was reset.
    speed = stretches.source - stretches.rate * neuron.v_th
    speed_left = from_start(source - rate * neuron.v_th, speed)
    speed_turn = from_start(at_turn - rate * neuron.v_th, speed)
    left = from_start(jnp.zeros_like(source), stretches.t)
    right = stretches.t
    v = jnp.exp(-stretches.decay) * free[:, None] + stretches.gain
    lowest = jnp.minimum(jnp.minimum(speed_left, speed), speed_turn)
    fastest = jnp.maximum(jnp.maximum(speed_left, speed), speed_turn)
    fall = jnp.where((fastest > 0) & (lowest < 0), -_MARGIN * lowest, 0.0)
    fall = fall + _SLACK * (fastest - lowest)
    decay = decay[:, None] + stretches.decay
    top = _signed(v - neuron.v_th + fall * (right - left), decay)
    return jax.tree.map(jnp.ravel, Marks(top, left, right, decay, v))


def _signed(x, exponent) -> Signed:
    """Return ``x exp(exponent)``."""
    sign = jnp.where(x >= 0, 1.0, -1.0)
    return Signed(sign, sign * (exponent + jnp.log(jnp.abs(x))))


class Cell(NamedTuple):
    """One cell, and the solution without resets at its start."""

    start: Scalar
    size: Scalar
    current: Ramp
    upstream: State
    decay: Scalar
    free: Scalar


def _cell(grid: Grid, track: Track, k) -> Cell:
    whole = grid.start, grid.size, grid.current, track.upstream, track.decay, track.free
    return Cell(*jax.tree.map(lambda x: x[k], whole))


def _point(neuron: AbstractCascade, cell: Cell, h: Scalar) -> Point:
    """Return the solution without resets, ``h`` ms into a cell."""
    stretch = neuron.stretch(cell.upstream, h, cell.current)
    _, decay, gain, rate, source = jax.tree.map(lambda x: x[-1], stretch)
    return Point(cell.decay + decay, jnp.exp(-decay) * cell.free + gain, rate, source)


def search(
    neuron: AbstractCascade, grid: Grid, track: Track, *, n_slots: int, n_searched: int
) -> tuple[Float[Array, " spike"], Int[Array, ""]]:
    """Return the times of the spikes, inf where there is none, and their number."""
    roots, zero, none = jnp.full(n_slots, jnp.inf), jnp.zeros(()), jnp.asarray(0)
    if neuron.never_spikes:
        return roots, none

    def body(loop):
        lane, roots = loop
        after, time = _next_spike(neuron, grid, track, lane)
        roots = roots.at[lane.n_spikes].min(time, mode="drop")
        return after._replace(done=after.done | (after.n_spikes >= n_searched)), roots

    begin = Lane(zero, zero, zero, none, none, jnp.asarray(False))
    lane, roots = lax.while_loop(lambda loop: ~loop[0].done, body, (begin, roots))
    return roots, lane.n_spikes


def _next_spike(
    neuron: AbstractCascade, grid: Grid, track: Track, lane: Lane
) -> tuple[Lane, Scalar]:
    """Look into the first interval that may have a spike; return its time, or inf."""
    marks = track.marks
    assert marks is not None
    n_inside = marks.left.shape[0] // grid.start.shape[0]
    level = _signed(-lane.gap, lane.a_t)
    here = (jnp.arange(marks.left.shape[0]) >= lane.interval) & marks.top.reaches(level)
    i = jnp.argmax(here)
    active = here[i] & ~lane.done
    cell = _cell(grid, track, i // n_inside)
    begin = jnp.maximum(lane.t - cell.start, 0.0)
    left, right = jnp.maximum(marks.left[i], begin), marks.right[i]

    def above(h: Scalar) -> tuple[Scalar, Scalar]:
        point = _point(neuron, cell, h)
        v = point.free + lane.gap * jnp.exp(-(point.decay - lane.a_t))
        return v - neuron.v_th, point.source - point.rate * v

    def speed(h: Scalar) -> Scalar:
        rate, source = neuron.soma(
            neuron.upstream_after(cell.upstream, h, cell.current), cell.current.after(h)
        )
        return source - rate * neuron.v_th

    active = active & (left <= right)
    turn, _ = neuron.turn(cell.upstream, cell.size, cell.current)
    summit = _summit(speed, left, turn, right, active)
    at_left, at_summit, at_right = jax.vmap(above)(jnp.stack([left, summit, right]))[0]
    is_hump = at_summit >= 0
    top, at_top = jnp.where(is_hump, summit, right), jnp.where(is_hump, at_summit, at_right)
    found = active & (at_top >= 0)
    # Where the interval begins v is known to a lower order than where its cell does.
    guess = left + (top - left) * at_left / jnp.where(at_left < at_top, at_left - at_top, 1.0)
    tolerance = 4 * jnp.finfo(top.dtype).eps * (cell.start + top)
    h = rising_root(above, begin, top, guess, jnp.where(found, tolerance, jnp.inf))
    time, t, interval = cell.start + h, cell.start + h, i
    if neuron.t_ref is not None:
        t = time + neuron.t_ref
        k = cell_at(grid, t)
        cell, interval = _cell(grid, track, k), k * n_inside
        h = t - cell.start
    restart = _point(neuron, cell, h)
    n_spikes = lane.n_spikes + 1
    spiked = Lane(t, neuron.v_reset - restart.free, restart.decay, interval, n_spikes, lane.done)
    passed = lane._replace(interval=i + 1, done=~active)
    return _where(found, spiked, passed), jnp.where(found, time, jnp.inf)


def _summit(speed, left, turn, right, active) -> Scalar:
    """Return where y has its hump in an interval, or its end if it has none."""
    at_turn, at_right = jax.vmap(speed)(jnp.stack([turn, right]))
    falls_early = (turn > left) & (at_turn < 0)
    low = jnp.where(falls_early, left, jnp.maximum(left, turn))
    high = jnp.where(falls_early, turn, right)
    has_hump = active & (falls_early | (at_right < 0))
    return highest(
        lambda h: speed(h) > 0, jnp.where(has_hump, low, right), jnp.where(has_hump, high, right)
    )


def finish(
    neuron: AbstractCascade,
    grid: Grid,
    track: Track,
    roots: Float[Array, " spike"],
    times: Float[Array, " time"],
    t_stop: float,
) -> tuple[Spikes, State]:
    """Return the spikes with their derivatives, and the states at some times."""
    ends = _ends(neuron, roots, t_stop)
    # All at once: to compile one evaluation is dear, to execute it is cheap.
    t = jnp.concatenate([*ends, times])
    cells = jax.vmap(lambda t: _cell(grid, track, cell_at(grid, t)))(t)
    since = t - cells.start
    points = jax.vmap(partial(_point, neuron))(cells, since)
    n, n_ends = len(roots), len(ends) * len(roots)
    if neuron.never_spikes:
        never, zero = jnp.full_like(roots, jnp.inf), jnp.zeros_like(roots)
        spikes = Spikes(never, never, never, zero, zero)
    else:
        at_roots = jax.tree.map(lambda x: x[:n], points)
        at_releases = jax.tree.map(lambda x: x[n_ends - n : n_ends], points)
        spikes = _chain(neuron, roots, at_roots, at_releases)
    if len(times) == 0:
        return spikes, None
    cells, points, since = jax.tree.map(lambda x: x[n_ends:], (cells, points, since))
    states = jax.vmap(neuron.upstream_after)(cells.upstream, since, cells.current)
    return spikes, states._replace(v=jax.vmap(partial(_v_at, neuron, spikes))(times, points))


def _ends(neuron, roots, t_stop) -> list[Array]:
    """Return when ``v`` leaves its course and, if that is later, when it takes a new one."""
    if neuron.never_spikes:
        return []
    ends = [roots]
    if neuron.t_ref is not None:
        ends.append(roots + lax.stop_gradient(neuron.t_ref))
    return [jnp.where(jnp.isfinite(roots), end, t_stop) for end in ends]


def _chain(
    neuron: AbstractCascade,
    roots: Float[Array, " spike"],
    at_roots: Point,
    at_release: Point | None,
) -> Spikes:
    """Return spikes that know their derivatives, given the solution without resets at each root.

    By the implicit function theorem a spike moves by ``-dv / slope``, and what starts from it moves
    along; one recursion over scalars.
    """

    def follow(before, now):
        gap, a_t = before
        root, at, restart = now
        found = jnp.isfinite(root)
        v = at.free + gap * jnp.exp(-(at.decay - a_t))
        slope = at.source - at.rate * v
        by = jnp.where(found, neuron.v_th - v, 0.0) / lax.stop_gradient(
            jnp.where(found, slope, 1.0)
        )
        time, release, shift = root + by, root + by, by
        if neuron.t_ref is not None:
            # Zero, but its derivative is that of the end of the refractory period.
            shift = by + neuron.t_ref - lax.stop_gradient(neuron.t_ref)
            release = time + neuron.t_ref
        free = restart.free + (restart.source - restart.rate * restart.free) * shift
        gap = jnp.where(found, neuron.v_reset - free, 0.0)
        a_t = jnp.where(found, restart.decay + restart.rate * shift, 0.0)
        return (gap, a_t), Spikes(time, jnp.where(found, slope, jnp.inf), release, gap, a_t)

    return lax.scan(follow, (jnp.zeros(()), jnp.zeros(())), (roots, at_roots, at_release))[1]


def state_at(neuron: AbstractCascade, grid: Grid, track: Track, spikes: Spikes, t: Scalar) -> State:
    """Return the state at one time, if the spikes are known; from the right at one of them."""
    return _state_in(neuron, spikes, _cell(grid, track, cell_at(grid, t)), t)


def course(
    neuron: AbstractCascade, grid: Grid, track: Track, spikes: Spikes
) -> tuple[Float[Array, " instant"], Float[Array, " instant"]]:
    """Return instants in each cell, and ``v`` there, which the track knows; no derivatives."""
    marks = track.marks
    assert marks is not None
    t = jnp.repeat(grid.start, len(marks.right) // len(grid.start)) + marks.right
    nothing = jnp.zeros_like(t)
    points = Point(marks.decay, marks.free, nothing, nothing)
    v = jax.vmap(partial(_v_at, neuron, spikes))(t, points)
    return lax.stop_gradient((t, v))


def states_in_cells(
    neuron: AbstractCascade, grid: Grid, track: Track, spikes: Spikes, parts: Array
) -> State:
    """Return the states after some parts of each cell, (cell, part)."""
    whole = grid.start, grid.size, grid.current, track.upstream, track.decay, track.free

    def of_a_cell(cell: Cell) -> State:
        times = cell.start + parts * cell.size
        return jax.vmap(lambda t: _state_in(neuron, spikes, cell, t))(times)

    return jax.vmap(of_a_cell)(Cell(*whole))


def at_threshold(neuron: AbstractCascade, state: State) -> State:
    """Return the state just before a spike, given that just after it."""
    return state._replace(v=neuron.v_th)


def _state_in(neuron: AbstractCascade, spikes: Spikes, cell: Cell, t: Scalar) -> State:
    since = t - cell.start
    state = neuron.upstream_after(cell.upstream, since, cell.current)
    return state._replace(v=_v_at(neuron, spikes, t, _point(neuron, cell, since)))


def _v_at(neuron: AbstractCascade, spikes: Spikes, t: Scalar, at: Point) -> Scalar:
    """Return ``v`` at one time; from the right at a spike."""
    if neuron.never_spikes:
        return at.free
    k = jnp.searchsorted(spikes.time, t, side="right") - 1
    v = at.free + spikes.gap[k] * jnp.exp(-(at.decay - spikes.a_t[k]))
    v = jnp.where(t < spikes.release[k], neuron.v_reset, v)
    return jnp.where(k < 0, at.free, v)


def _where(condition, yes, no):
    return jax.tree.map(partial(jnp.where, condition), yes, no)
