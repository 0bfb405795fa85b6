"""The cascade: a neuron without feedback to its dendrites, executed without a loop over time.

Between resets the soma obeys ``dv/dt = b(t) - a(t) v`` with known ``a`` and ``b``. The trial is
cut into cells at regular nodes, arrivals and breakpoints of the current; Gauss-Legendre quadrature
makes an affine map of each cell, and the maps one after the other give the solution without
resets, to the order 2 * 4 of the quadrature. With resets, after the k-th spike,

    v(t) = v_free(t) + gap_k exp(-(A(t) - A(t_k))),   gap_k = v_reset - v_free(t_k),

where A is the integral of a. The spikes are searched for one by one, which needs no derivative;
then all of them are evaluated at once, and a short recursion hands derivatives from spike to spike.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from dendrax.inputs import Current
from dendrax.neurons import AbstractCascade, Arrivals
from dendrax.simulation._drive import Drive, Units
from dendrax.simulation._roots import Ends, first_crossing, may_cross
from dendrax.simulation._status import NOT_FINITE, OK, TOO_MANY_SPIKES
from dendrax.simulation._step import electrode

Scalar = Float[Array, ""]


def _gauss_legendre(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ``n`` points in (0, 1), and the integrals of their interpolating polynomial.

    Row j of the integrals goes from 0 to point j; the last one goes from 0 to 1.
    """
    points = (np.polynomial.legendre.leggauss(n)[0] + 1) / 2
    powers = np.arange(1, n + 1)
    ends = np.append(points, 1.0)[:, None]
    return points, ends**powers / powers @ np.linalg.inv(np.vander(points, increasing=True))


_POINTS, _UP_TO = _gauss_legendre(4)
_STRIDE = len(_POINTS) + 1
# Newton's iterations from a cubic guess.
_POLISH = 5


class Cell(NamedTuple):
    """Affine maps ``v -> exp(-decay) v + gain`` over stretches of time."""

    decay: Float[Array, "*stretch"]
    gain: Float[Array, "*stretch"]


class Point(NamedTuple):
    """The solution without resets at some time, with ``a`` and ``b``; currents from the right."""

    decay: Float[Array, "*time"]  # A from the start
    free: Float[Array, "*time"]
    rate: Float[Array, "*time"]
    source: Float[Array, "*time"]


class Track(NamedTuple):
    """The solution without resets at each node and the quadrature points that follow it."""

    t: Float[Array, " point"]
    at: Point
    segment: Int[Array, " cell"]  # of the current


class Lane(NamedTuple):
    """Where the search stands: all of ``v`` after ``t`` is ``v_free + gap exp(-(A - A_t))``."""

    t: Scalar
    v: Scalar
    slope: Scalar
    gap: Scalar
    a_t: Scalar
    n_spikes: Int[Array, ""]
    done: Bool[Array, ""]


class Spikes(NamedTuple):
    """The spikes of one trial, with derivatives; time and slope are inf where there is none."""

    time: Float[Array, " spike"]
    slope: Float[Array, " spike"]
    gap: Float[Array, " spike"]
    a_t: Float[Array, " spike"]


def run_cascade(
    units: Units,
    *,
    dt: float,
    t_stop: float,
    max_spikes: int,
    sample_times: Float[Array, " time"],
) -> dict[str, Any]:
    """Run every trial of a cascade; returns what :func:`run_flat` returns."""
    neuron, drives = units.neuron, _of_sites(units.drive)
    assert isinstance(neuron, AbstractCascade)
    tracks = jax.vmap(lambda drive: _track(neuron, drive, dt, t_stop))(drives)
    lanes, roots = _search(*lax.stop_gradient((neuron, drives, tracks)), max_spikes)

    def finish(drive, track, roots):
        found = jnp.isfinite(roots)
        times = jnp.concatenate([jnp.where(found, roots, t_stop), sample_times])
        at = jax.vmap(partial(_free_at, neuron, drive, track))(times)
        at_roots = jax.tree.map(lambda x: x[:max_spikes], at)
        at_samples = jax.tree.map(lambda x: x[max_spikes:], at)
        spikes = _chain(neuron, at_roots, roots)
        sample = partial(_sample, neuron, drive, spikes)
        states = jax.vmap(sample)(sample_times, at_samples) if len(sample_times) else None
        return spikes, states

    spikes, states = jax.vmap(finish)(drives, tracks, roots)
    finite = jnp.isfinite(tracks.at.free).all(1)
    status = jnp.where(lanes.n_spikes > max_spikes, TOO_MANY_SPIKES, OK)
    n_cells = tracks.t.shape[1] // _STRIDE
    run = {
        "spike_times": spikes.time,
        "spike_slope": spikes.slope,
        "states": states,
        "status": jnp.where(finite, status, NOT_FINITE),
        "n_steps": lanes.n_spikes + n_cells,
        "t_reached": jnp.where(lanes.done, t_stop, lanes.t),
    }
    return jax.tree.map(lambda x: x[:, None], run)


class SiteDrive(NamedTuple):
    """A drive whose arrivals carry their weights."""

    current: Current
    arrivals: Arrivals


def _of_sites(drive: Drive) -> SiteDrive:
    time, source, scale = drive.arrivals
    return SiteDrive(drive.current, Arrivals(time, scale * drive.weight[source], source))


def _track(neuron: AbstractCascade, drive: SiteDrive, dt: float, t_stop: float) -> Track:
    nodes, segment = _grid(drive, dt, t_stop)
    start, size = nodes[:-1, None], jnp.diff(nodes)[:, None]

    def along(at_nodes, inside):
        return jnp.append(jnp.concatenate([at_nodes[:-1, None], inside], 1), at_nodes[-1])

    t = along(nodes, start + size * _POINTS[None, :])
    rate, source = jax.vmap(partial(_at, neuron, drive))(
        t, jnp.append(jnp.repeat(segment, _STRIDE), segment[-1])
    )
    inside = lambda x: x[:-1].reshape(-1, _STRIDE)[:, 1:]  # noqa: E731
    maps = jax.vmap(_maps)(size[:, 0], inside(rate), inside(source))

    v_0 = neuron.init_state().v

    # One after the other: next to the quadrature this costs nothing, and an associative scan, which
    # unrolls, would double the time to compile.
    def through(v, cell):
        factor, gain = cell
        v = factor * v + gain
        return v, v

    _, after = lax.scan(through, v_0, (jnp.exp(-maps.decay[:, -1]), maps.gain[:, -1]))
    free = jnp.append(v_0, after)
    decay = jnp.append(0.0, jnp.cumsum(maps.decay[:, -1]))
    inner = Cell(maps.decay[:, :-1], maps.gain[:, :-1])
    free_inside = jnp.exp(-inner.decay) * free[:-1, None] + inner.gain
    decay_inside = decay[:-1, None] + inner.decay
    at = Point(along(decay, decay_inside), along(free, free_inside), rate, source)
    return Track(t, at, segment)


def _grid(drive: SiteDrive, dt: float, t_stop: float) -> tuple[Array, Array]:
    """Return the nodes of the cells, and which segment of the current flows in each cell.

    Nodes may coincide. A cell without length counts: it is what grows when its last node moves.
    """
    regular = jnp.linspace(0.0, t_stop, int(np.ceil(t_stop / dt)) + 1)
    stops = jnp.concatenate([drive.arrivals.time, drive.current.start])
    stops = jnp.where((stops >= 0) & (stops < t_stop), stops, jnp.where(stops < 0, 0.0, t_stop))
    nodes = jnp.concatenate([regular, stops])
    order = jnp.argsort(nodes)
    is_start = order >= len(nodes) - len(drive.current.start)
    return nodes[order], (jnp.cumsum(is_start) - 1)[:-1]


def _at(neuron, drive, t, segment):
    """Return a and b at one time in one segment of the current."""
    start, value, slope = electrode(drive.current, segment)
    return neuron.soma(t, drive.arrivals, value + slope * (t - start))


def _maps(size: Scalar, rate: Array, source: Array) -> Cell:
    """Return the maps from the start of a stretch to its quadrature points and to its end."""
    decay = size * (_UP_TO @ rate)
    kernel = jnp.exp(decay[None, :-1] - decay[:, None])
    return Cell(decay, size * ((_UP_TO * kernel) @ source))


def _free_at(neuron, drive, track, t) -> Point:
    """Return the solution without resets at any time: one more quadrature, from the node before."""
    nodes = track.t[::_STRIDE]
    k = jnp.clip(jnp.searchsorted(nodes, t, side="right") - 1, 0, len(nodes) - 2)
    size = t - nodes[k]
    points = nodes[k] + size * jnp.append(_POINTS, 1.0)
    rate, source = jax.vmap(partial(_at, neuron, drive), (0, None))(points, track.segment[k])
    maps = _maps(size, rate[:-1], source[:-1])
    node = jax.tree.map(lambda x: x[_STRIDE * k], track.at)
    free = jnp.exp(-maps.decay[-1]) * node.free + maps.gain[-1]
    return Point(node.decay + maps.decay[-1], free, rate[-1], source[-1])


def _search(neuron, drives, tracks, max_spikes) -> tuple[Lane, Float[Array, "trial spike"]]:
    """Find the spikes of all trials; one more than allowed shows in ``n_spikes``."""
    n_trials = tracks.t.shape[0]
    zero, free = jnp.zeros(n_trials), tracks.at.free[:, 0]
    slope = tracks.at.source[:, 0] - tracks.at.rate[:, 0] * free
    start = Lane(zero, free, slope, zero, zero, zero.astype(int), zero.astype(bool))
    next_spike = jax.vmap(partial(_next_spike, neuron))

    def body(loop):
        i, lanes, roots = loop
        lanes = next_spike(drives, tracks, lanes)
        return i + 1, lanes, roots.at[:, i].set(jnp.where(lanes.done, jnp.inf, lanes.t))

    def go_on(loop):
        return (loop[0] <= max_spikes) & ~loop[1].done.all()

    empty = jnp.full((n_trials, max_spikes + 1), jnp.inf)
    _, lanes, roots = lax.while_loop(go_on, body, (0, start, empty))
    return lanes, roots[:, :max_spikes]


def _next_spike(neuron, drive, track, lane) -> Lane:
    """Find the first spike after the last one, and start again from the reset."""
    t, at = track.t, track.at
    fade = lane.gap * jnp.exp(-(at.decay - lane.a_t))
    v = at.free + fade
    slope = at.source - at.rate * v
    # The search begins at the reset itself, inside of an interval.
    after = t > lane.t
    is_first = after & ~jnp.roll(after, 1).at[0].set(False)
    left = lambda x, x_t: jnp.where(is_first, x_t, jnp.roll(x, 1))  # noqa: E731
    t_0, v_0, slope_0 = left(t, lane.t), left(v, lane.v), left(slope, lane.slope)
    size = t - t_0
    ends = Ends(v_0 - neuron.v_th, v - neuron.v_th, slope_0 * size, slope * size)

    crosses = after & _rises_through(ends)
    k = jnp.argmax(crosses)
    found = crosses.any() & ~lane.done
    low, high = t_0[k], t[k]
    interval = Ends(*(x[k] for x in ends))
    _, x = first_crossing(partial(_cubic, interval), interval)

    def polish(_, loop):
        t, correction, *_ = loop
        t = jnp.clip(t - correction, low, high)
        at = _free_at(neuron, drive, track, t)
        v = at.free + lane.gap * jnp.exp(-(at.decay - lane.a_t))
        speed = at.source - at.rate * v
        return t, (v - neuron.v_th) / jnp.where(speed == 0, 1.0, speed), at

    zero = jnp.zeros(())
    start = (low + x * (high - low), zero, Point(zero, zero, zero, zero))
    root, _, at = lax.fori_loop(0, _POLISH, polish, start)
    v_reset = jnp.asarray(neuron.v_reset)
    restart = at.source - at.rate * v_reset
    new = Lane(root, v_reset, restart, v_reset - at.free, at.decay, lane.n_spikes + 1, lane.done)
    return jax.tree.map(partial(jnp.where, found), new, lane._replace(done=~found))


def _cubic(ends: Ends, x: Array) -> Array:
    """Evaluate the cubic with these values and slopes at 0 and 1."""
    rise = ends.right - ends.left
    third = ends.left_slope + ends.right_slope - 2 * rise
    second = rise - ends.left_slope - third
    return ends.left + x * (ends.left_slope + x * (second + x * third))


def _rises_through(ends: Ends) -> Bool[Array, "..."]:
    """Whether the cubic between two ends rises through zero, at an end or in a hump."""
    rise = ends.right - ends.left
    third = ends.left_slope + ends.right_slope - 2 * rise
    second = rise - ends.left_slope - third
    # Where the slope left + 2 second x + 3 third x^2 falls through zero, in the stable form.
    root = jnp.sqrt(jnp.maximum(second**2 - 3 * third * ends.left_slope, 0.0))
    denominator = root - second
    top = ends.left_slope / jnp.where(denominator > 0, denominator, 1.0)
    hump = may_cross(ends) & (_cubic(ends, jnp.clip(top, 0.0, 1.0)) >= 0)
    return hump | ((ends.left < 0) & (ends.right >= 0))


def _chain(neuron: AbstractCascade, at: Point, roots: Float[Array, " spike"]) -> Spikes:
    """Return spikes that know their derivatives, given the solution without resets at each root.

    By the implicit function theorem a spike moves by ``-dv / slope``, and what starts from it moves
    along; one recursion over scalars.
    """

    def follow(before, now):
        gap, a_t = before
        root, at = now
        found = jnp.isfinite(root)
        v = at.free + gap * jnp.exp(-(at.decay - a_t))
        slope = at.source - at.rate * v
        by = jnp.where(found, neuron.v_th - v, 0.0) / lax.stop_gradient(
            jnp.where(found, slope, 1.0)
        )
        free = at.free + (at.source - at.rate * at.free) * by
        gap = jnp.where(found, neuron.v_reset - free, 0.0)
        a_t = jnp.where(found, at.decay + at.rate * by, 0.0)
        return (gap, a_t), Spikes(root + by, jnp.where(found, slope, jnp.inf), gap, a_t)

    return lax.scan(follow, (jnp.zeros(()), jnp.zeros(())), (roots, at))[1]


def _sample(neuron, drive, spikes, t, at):
    """Return the state at one time; from the right at a spike."""
    k = jnp.searchsorted(spikes.time, t, side="right") - 1
    fade = jnp.where(k < 0, 0.0, spikes.gap[k] * jnp.exp(-(at.decay - spikes.a_t[k])))
    return neuron.state_along(t, at.free + fade, drive.arrivals)
