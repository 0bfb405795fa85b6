"""The projective structure: a neuron that is linear in another coordinate, spikes included.

With ``w = exp(-t / 2 tau) y`` the equation of :class:`AbstractProjective` loses its damping,

    tau^2 y'' = (1/4 - J(t)) y,

and a cell of the grid is one step of Gauss collocation: with four points, of order 8, in double
precision; with two, of order 4, in single precision. Where ``y`` changes its sign there is a spike.
Two zeros of ``y`` lie at least ``pi tau / sqrt(J - 1/4)`` apart (Sturm), so that a shorter cell has
one at most; a trial with a longer cell is refused.
"""

from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from dendrax.neurons import AbstractProjective, Ramp, gauss_legendre
from dendrax.simulation._drive import Drive
from dendrax.simulation._grid import Grid, at_rest, cell_at, entry, passages, passed
from dendrax.simulation._roots import Ends, cubic_root, rising_root

Scalar = Float[Array, ""]
State = Any

# Of the angle that a cell may turn by, squared; two zeros are pi apart.
_FARTHEST = 9.0
# What is left out is z^12 / 12! for a cell that turns by z.
_ITERATIONS = 5


class Rule(NamedTuple):
    """Gauss collocation; integrals up to the points, and up to the end, of a polynomial."""

    points: np.ndarray
    twice: np.ndarray  # twice integrated
    end: np.ndarray
    end_twice: np.ndarray


def _gauss(n: int) -> Rule:
    points, up_to = gauss_legendre(n)
    inner, end = up_to[:-1], up_to[-1]
    return Rule(points, inner @ inner, end, end @ inner)


_DOUBLE, _SINGLE = _gauss(4), _gauss(2)


def _rule() -> Rule:
    """Return the rule for the precision in which JAX computes."""
    return _DOUBLE if jnp.result_type(float) == jnp.float64 else _SINGLE


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


class Spikes(NamedTuple):
    """The spikes of one trial, with derivatives; inf where there is none."""

    time: Float[Array, " spike"]
    slope: Float[Array, " spike"]

    @property
    def release(self) -> Float[Array, " spike"]:
        """When a neuron goes on after its spikes: at once."""
        return self.time


class Stiffness(NamedTuple):
    """``1/4 - J`` at the points of a step, and the size of the step in units of tau."""

    h: Scalar
    at: list[Scalar]


def track(neuron: AbstractProjective, drive: Drive, grid: Grid) -> Track:
    """Solve a trial."""
    inner = jax.vmap(partial(_propagators, neuron))(grid.size)

    # What is differentiated anew costs less than what is stored.
    @jax.checkpoint
    def through(carry, cell):
        state, before, count, angle = carry
        passage, inner, size = cell
        step = _stiffness(neuron, state, inner, size, passage.current)
        after = _step(step, before)
        # Only the ratio matters, and a long run would overflow.
        scale = 1 / lax.stop_gradient(jnp.abs(after.y) + jnp.abs(after.u))
        after = Vector(after.y * scale, after.u * scale)
        n_spikes = count + ((before.y >= 0) != (after.y >= 0))
        lowest = lax.stop_gradient(reduce(jnp.minimum, step.at))
        angle = jnp.maximum(angle, -(lax.stop_gradient(step.h) ** 2) * lowest)
        return (passed(neuron, state, passage), after, n_spikes, angle), (state, before, n_spikes)

    begin = at_rest(neuron), _start(neuron), jnp.asarray(0), jnp.asarray(0.0)
    cells = passages(neuron, drive, grid), inner, grid.size
    (_, last, _, angle), (states, at, n_spikes) = lax.scan(through, begin, cells)
    is_finite = jnp.isfinite(last.y) & jnp.isfinite(last.u)
    return Track(states, at, n_spikes, is_finite, angle < _FARTHEST)


def _start(neuron: AbstractProjective) -> Vector:
    w, u = neuron.to_projective(neuron.init_state())
    return Vector(jnp.asarray(w, dtype=float), jnp.asarray(u + w / 2, dtype=float))


def _propagators(neuron: AbstractProjective, h: Scalar) -> list[Any]:
    """Return the upstream propagators to the points of a step."""
    return [neuron.propagator(h * x) for x in _rule().points]


def _stiffness(
    neuron: AbstractProjective, state: State, propagators: list[Any], h: Scalar, current: Ramp
) -> Stiffness:
    def at(propagator: Any, t: Scalar) -> Scalar:
        return 0.25 - neuron.drive(neuron.upstream(state, propagator, current), current.after(t))

    points = zip(propagators, _rule().points, strict=True)
    return Stiffness(h / neuron.tau, [at(propagator, h * x) for propagator, x in points])


def _step(step: Stiffness, before: Vector) -> Vector:
    """Take one step of Gauss collocation."""
    rule, h, (y, u) = _rule(), step.h, before
    factor = [h**2 * q for q in step.at]
    line = [y + h * x * u for x in rule.points]
    solve = _of_two if len(factor) == 2 else _of_many
    curvature = [q * each for q, each in zip(step.at, solve(factor, line, rule.twice), strict=True)]
    bent = h**2 * _dot(rule.end_twice, curvature)
    return Vector(y + h * u + bent, u + h * _dot(rule.end, curvature))


def _of_two(factor: list[Scalar], line: list[Scalar], twice: np.ndarray) -> list[Scalar]:
    """Solve ``y = line + twice (factor y)`` by Cramer's rule; the determinant is positive."""
    (a, b), (c, d) = [[float(x) * f for x, f in zip(row, factor, strict=True)] for row in twice]
    over = 1 / ((1 - a) * (1 - d) - b * c)
    return [over * ((1 - d) * line[0] + b * line[1]), over * (c * line[0] + (1 - a) * line[1])]


def _of_many(factor: list[Scalar], line: list[Scalar], twice: np.ndarray) -> list[Scalar]:
    """Solve ``y = line + twice (factor y)`` by Picard's iteration.

    Derivatives do not go through it: they solve the same equations.
    """

    def bend(y):
        return [_dot(row, [f * each for f, each in zip(factor, y, strict=True)]) for row in twice]

    def bend_back(y):
        return [f * _dot(column, y) for f, column in zip(factor, twice.T, strict=True)]

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
    start, size, current = entry((grid.start, grid.size, grid.current), k)
    return Cell(start, size, current, *entry((track.upstream, track.at), k))


def _after(neuron: AbstractProjective, cell: Cell, h: Scalar) -> Vector:
    """Return the solution ``h`` ms into a cell."""
    propagators = _propagators(neuron, h)
    return _step(_stiffness(neuron, cell.upstream, propagators, h, cell.current), cell.at)


def search(
    neuron: AbstractProjective, grid: Grid, track: Track, *, n_slots: int, n_searched: int
) -> tuple[Float[Array, " spike"], Int[Array, ""]]:
    """Return the times of the spikes, inf where there is none, and their number."""
    roots = jax.vmap(partial(_root, neuron, grid, track))(jnp.arange(n_slots))
    return roots, jnp.minimum(track.n_spikes[-1], n_searched)


def _root(neuron: AbstractProjective, grid: Grid, track: Track, n_before: Int[Array, ""]) -> Scalar:
    """Return the time of the spike that has so many before it, or inf."""
    found = n_before < track.n_spikes[-1]
    cell = _cell(grid, track, _cell_of_spike(track, n_before))
    sign = jnp.where(cell.at.y >= 0, -1.0, 1.0)

    def above(h: Scalar) -> tuple[Scalar, Scalar]:
        at = _after(neuron, cell, h)
        return sign * at.y, sign * at.u / neuron.tau

    zero = jnp.zeros_like(cell.size)
    right, right_slope = above(cell.size)
    left_slope = sign * cell.at.u / neuron.tau
    cubic = Ends(sign * cell.at.y, right, left_slope * cell.size, right_slope * cell.size)
    guess = cell.size * cubic_root(cubic, jnp.where(found, 1e-2, jnp.inf))
    tolerance = 4 * jnp.finfo(guess.dtype).eps * (cell.start + cell.size)
    h = rising_root(above, zero, cell.size, guess, jnp.where(found, tolerance, jnp.inf))
    return jnp.where(found, cell.start + h, jnp.inf)


def _cell_of_spike(track: Track, n_before: Int[Array, ""]) -> Int[Array, ""]:
    return jnp.minimum(jnp.sum(track.n_spikes <= n_before), track.n_spikes.shape[0] - 1)


def finish(
    neuron: AbstractProjective,
    grid: Grid,
    track: Track,
    roots: Float[Array, " spike"],
    times: Float[Array, " time"],
    t_stop: float,
) -> tuple[Spikes, State]:
    """Return the spikes with their derivatives, and the states at some times."""
    found = jnp.isfinite(roots)
    t = jnp.concatenate([jnp.where(found, roots, t_stop), times])
    of_spikes = jax.vmap(partial(_cell_of_spike, track))(jnp.arange(len(roots)))
    of_times = jax.vmap(partial(cell_at, grid))(times)
    cells = jax.vmap(partial(_cell, grid, track))(jnp.concatenate([of_spikes, of_times]))
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


def state_at(
    neuron: AbstractProjective, grid: Grid, track: Track, spikes: Spikes, t: Scalar
) -> State:
    """Return the state at one time; which spikes there are makes no difference."""
    del spikes
    cell = _cell(grid, track, cell_at(grid, t))
    since = t - cell.start
    y, u = _after(neuron, cell, since)
    upstream = neuron.upstream_after(cell.upstream, since, cell.current)
    return neuron.from_projective(upstream, y, u - y / 2)


# All of these models spike, and their soma is known at the ends of the cells only.
states_in_cells = course = None


def at_threshold(neuron: AbstractProjective, state: State) -> State:
    """Return the state just before a spike, given that just after it."""
    zero = jnp.asarray(0.0)
    return neuron.from_projective(state, zero, zero - 1)
