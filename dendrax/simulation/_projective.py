"""The projective structure: a neuron that is linear in another coordinate, spikes included.

With ``w = exp(-t / 2 tau) y`` the equation of :class:`AbstractProjective` loses its damping,

    tau^2 y'' = (1/4 - J(t)) y,

and a cell of the grid is one step of Gauss collocation with four points, of order 8. Where ``y``
changes its sign there is a spike. Two zeros of ``y`` lie at least ``pi tau / sqrt(J - 1/4)`` apart
(Sturm), so that a shorter cell has one at most; a trial with a longer cell is refused.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from dendrax.neurons import AbstractProjective, Ramp, gauss_legendre
from dendrax.simulation._drive import Drive
from dendrax.simulation._grid import Grid, cell_at, upstream_states
from dendrax.simulation._roots import rising_root

Scalar = Float[Array, ""]
State = Any

_POINTS, _UP_TO = gauss_legendre(4)
_END, _TWICE = _UP_TO[-1], _UP_TO[:-1] @ _UP_TO[:-1]
# Of the angle that a cell may turn by, squared; two zeros are pi apart.
_FARTHEST = 9.0
# What is left out is z^12 / 12! for a cell that turns by z.
_ITERATIONS = 5


class Vector(NamedTuple):
    """``y`` and ``tau y'``, up to a common positive factor."""

    y: Scalar
    u: Scalar


class Track(NamedTuple):
    """The solution at the start of each cell."""

    upstream: State
    at: Vector
    n_spikes: Int[Array, " cell"]  # up to the end of each cell
    is_finite: Bool[Array, ""]
    is_resolved: Bool[Array, ""]


class Lane(NamedTuple):
    """Where the search stands."""

    t: Scalar
    n_spikes: Int[Array, ""]
    done: Bool[Array, ""]


class Spikes(NamedTuple):
    """The spikes of one trial, with derivatives; inf where there is none."""

    time: Float[Array, " spike"]
    slope: Float[Array, " spike"]


class Stiffness(NamedTuple):
    """``1/4 - J`` at the points of a step, and the size of the step in units of tau."""

    h: Scalar
    at: Float[Array, " point"]


def track(neuron: AbstractProjective, drive: Drive, grid: Grid) -> Track:
    """Solve a trial."""
    states = upstream_states(neuron, drive, grid)
    propagators = jax.vmap(partial(_propagators, neuron))(grid.size)

    # What is differentiated anew costs less than what is stored.
    @jax.checkpoint
    def through(carry, cell):
        before, count, angle = carry
        state, propagator, size, current = cell
        step = _stiffness(neuron, state, propagator, size, current)
        after = _step(step, before)
        # Only the ratio matters, and a long run would overflow.
        size = lax.stop_gradient(jnp.abs(after.y) + jnp.abs(after.u))
        after = Vector(after.y / size, after.u / size)
        count = count + ((before.y >= 0) != (after.y >= 0))
        angle = jnp.maximum(angle, lax.stop_gradient(-(step.h**2) * step.at.min()))
        return (after, count, angle), (before, count)

    begin = _start(neuron), jnp.asarray(0), jnp.asarray(0.0)
    cells = states, propagators, grid.size, grid.current
    (last, _, angle), (at, n_spikes) = lax.scan(through, begin, cells)
    is_finite = jnp.isfinite(last.y) & jnp.isfinite(last.u)
    return Track(states, at, n_spikes, is_finite, angle < _FARTHEST)


def _start(neuron: AbstractProjective) -> Vector:
    w, u = neuron.to_projective(neuron.init_state())
    return Vector(jnp.asarray(w, dtype=float), jnp.asarray(u + w / 2, dtype=float))


def _propagators(neuron: AbstractProjective, h: Scalar) -> Any:
    """Return the upstream propagators to the points of a step."""
    return jax.vmap(neuron.propagator)(h * _POINTS)


def _stiffness(
    neuron: AbstractProjective, state: State, propagators: Any, h: Scalar, current: Ramp
) -> Stiffness:
    def at(propagator: Any, t: Scalar) -> Scalar:
        return neuron.drive(neuron.upstream(state, propagator, current), current.after(t))

    return Stiffness(h / neuron.tau, 0.25 - jax.vmap(at)(propagators, h * _POINTS))


def _step(step: Stiffness, before: Vector) -> Vector:
    """Take one step of Gauss collocation."""
    h, (y, u) = step.h, before
    at_points = _collocated(step, [y + h * x * u for x in _POINTS])
    curvature = [q * each for q, each in zip(step.at, at_points, strict=True)]
    y = y + h * u + h**2 * _dot(_END @ _UP_TO[:-1], curvature)
    return Vector(y, u + h * _dot(_END, curvature))


def _collocated(step: Stiffness, line: list[Scalar]) -> list[Scalar]:
    """Return ``y`` at the points of a step, given what it would be there without curvature.

    Picard's iteration, which derivatives do not go through: they solve the same equations.
    """
    factor = [step.h**2 * q for q in step.at]

    def bend(y):
        return [_dot(row, [f * each for f, each in zip(factor, y, strict=True)]) for row in _TWICE]

    def bend_back(y):
        return [f * _dot(column, y) for f, column in zip(factor, _TWICE.T, strict=True)]

    def picard(bend, line):
        add = lambda y: [a + b for a, b in zip(line, bend(y), strict=True)]  # noqa: E731
        return lax.fori_loop(0, _ITERATIONS, lambda _, y: add(y), line)

    return lax.custom_linear_solve(
        lambda y: [a - b for a, b in zip(y, bend(y), strict=True)],
        line,
        lambda _, line: picard(bend, line),
        lambda _, line: picard(bend_back, line),
    )


def _dot(weights: np.ndarray, values: list[Scalar]) -> Any:
    # Numbers: a product of small matrices costs several times as much.
    return sum(float(w) * x for w, x in zip(weights, values, strict=True))


class Cell(NamedTuple):
    """One cell, and the solution at its start."""

    start: Scalar
    size: Scalar
    current: Ramp
    upstream: State
    at: Vector


def _cell(grid: Grid, track: Track, k) -> Cell:
    whole = grid.start, grid.size, grid.current, track.upstream, track.at
    return Cell(*jax.tree.map(lambda x: x[k], whole))


def _after(neuron: AbstractProjective, cell: Cell, h: Scalar) -> Vector:
    """Return the solution ``h`` ms into a cell."""
    propagators = _propagators(neuron, h)
    return _step(_stiffness(neuron, cell.upstream, propagators, h, cell.current), cell.at)


def begin(neuron: AbstractProjective, drive: Drive) -> Lane:
    """Return where the search for spikes begins."""
    del neuron, drive
    return Lane(jnp.zeros(()), jnp.asarray(0), jnp.asarray(False))


def next_spike(
    neuron: AbstractProjective, drive: Drive, grid: Grid, track: Track, lane: Lane
) -> tuple[Lane, Scalar]:
    """Find the next spike; return its time, or inf."""
    del drive
    k = jnp.sum(track.n_spikes <= lane.n_spikes)
    found = (k < track.n_spikes.shape[0]) & ~lane.done
    cell = _cell(grid, track, jnp.minimum(k, track.n_spikes.shape[0] - 1))
    sign = jnp.where(cell.at.y >= 0, -1.0, 1.0)

    def above(h: Scalar) -> tuple[Scalar, Scalar]:
        at = _after(neuron, cell, h)
        return sign * at.y, sign * at.u / neuron.tau

    zero = jnp.zeros_like(cell.size)
    (left, right), _ = jax.vmap(above)(jnp.stack([zero, cell.size]))
    guess = cell.size * left / jnp.where(left < right, left - right, 1.0)
    tolerance = 4 * jnp.finfo(guess.dtype).eps * (cell.start + cell.size)
    h = rising_root(above, zero, cell.size, guess, jnp.where(found, tolerance, jnp.inf))
    t = cell.start + h
    n_spikes = lane.n_spikes + found
    return Lane(jnp.where(found, t, lane.t), n_spikes, ~found), jnp.where(found, t, jnp.inf)


def finish(
    neuron: AbstractProjective,
    drive: Drive,
    grid: Grid,
    track: Track,
    roots: Float[Array, " spike"],
    times: Float[Array, " time"],
    t_stop: float,
) -> tuple[Spikes, State]:
    """Return the spikes with their derivatives, and the states at some times."""
    del drive
    found = jnp.isfinite(roots)
    t = jnp.concatenate([jnp.where(found, roots, t_stop), times])
    cells = jax.vmap(lambda t: _cell(grid, track, cell_at(grid, t)))(t)
    since = t - cells.start
    at = jax.vmap(partial(_after, neuron))(cells, since)
    y, u = (x[: len(roots)] for x in at)
    by = jnp.where(found, -y * neuron.tau, 0.0) / lax.stop_gradient(jnp.where(found, u, 1.0))
    spikes = Spikes(roots + by, jnp.where(found, 1 / neuron.tau, jnp.inf))
    if len(times) == 0:
        return spikes, None
    cells, since, at = jax.tree.map(lambda x: x[len(roots) :], (cells, since, at))
    upstream = jax.vmap(neuron.upstream_after)(cells.upstream, since, cells.current)
    return spikes, jax.vmap(neuron.from_projective)(upstream, at.y, at.u - at.y / 2)
