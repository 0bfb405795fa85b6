"""The cascade: a neuron without feedback to its dendrites, executed without a loop over time.

Between resets the soma obeys ``dv/dt = b(t) - a(t) v`` with known ``a`` and ``b``. The trial is
cut into cells at regular nodes, arrivals and breakpoints of the current; Gauss-Legendre quadrature
makes an affine map of each cell, and an associative scan of the maps gives the solution without
resets, to the order 2 * 4 of the quadrature. With resets, after the k-th spike,

    v(t) = v_free(t) + gap_k exp(-(A(t) - A(t_k))),   gap_k = v_reset - v_free(t_k),

where A is the integral of a: the spikes are found one by one, and this is the only loop.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from dendrax.neurons import AbstractCascade
from dendrax.simulation._loop import LOOPS
from dendrax.simulation._roots import Ends, first_crossing, implicit_root, may_cross
from dendrax.simulation._status import NOT_FINITE, OK, TOO_MANY_SPIKES
from dendrax.simulation._step import Drive

Scalar = Float[Array, ""]

_POINTS, _WEIGHTS = (x / 2 for x in np.polynomial.legendre.leggauss(4))
_POINTS = _POINTS + 0.5
# Row j integrates the polynomial through the four points from 0 to point j.
_UP_TO = np.stack(
    [
        np.polynomial.polynomial.polyval(
            _POINTS,
            np.polynomial.polynomial.polyint(
                np.linalg.solve(np.vander(_POINTS, increasing=True), unit)
            ),
        )
        for unit in np.eye(4)
    ],
    axis=1,
)
_CHUNK = 4


class Cell(NamedTuple):
    """An affine map ``v -> exp(-decay) v + gain`` over a stretch of time."""

    decay: Scalar
    gain: Scalar


class Lane(NamedTuple):
    """Where the search stands: all of ``v`` after ``t`` is ``v_free + gap exp(-(A - A_t))``."""

    t: Scalar
    gap: Scalar
    a_t: Scalar
    n_spikes: Int[Array, ""]
    done: Bool[Array, ""]


class Track(NamedTuple):
    """The solution without resets at the nodes of one trial."""

    nodes: Float[Array, " node"]
    decay: Float[Array, " node"]  # A from the start
    free: Float[Array, " node"]
    fine_t: Float[Array, " point"]  # nodes and quadrature points, in order
    fine_decay: Float[Array, " point"]
    fine_free: Float[Array, " point"]
    fine_slope: Float[Array, " point"]  # dv_free/dt, from the right
    fine_rate: Float[Array, " point"]  # a


def run_cascade(
    neuron: AbstractCascade,
    drives: Drive,
    *,
    loop: str,
    dt: float,
    t_stop: float,
    max_spikes: int,
    sample_times: Float[Array, " time"],
) -> dict[str, Any]:
    """Run every trial of a cascade; returns what :func:`run_flat` returns."""
    tracks = jax.vmap(lambda drive: _track(neuron, drive, dt, t_stop))(drives)
    n_trials = drives.arrivals.time.shape[0]

    def step(params, lanes):
        neuron, drives, tracks = params
        return jax.vmap(_next_spike, in_axes=(None, 0, 0, 0))(neuron, drives, tracks, lanes)

    start = Lane(
        jnp.zeros(n_trials),
        jnp.zeros(n_trials),
        jnp.zeros(n_trials),
        jnp.zeros(n_trials, int),
        jnp.zeros(n_trials, bool),
    )
    lanes, (spiked, time, slope, gap, a_t) = LOOPS[loop](
        step,
        lambda lanes: lanes.done.all(),
        (neuron, drives, tracks),
        start,
        n_chunks=-(-(max_spikes + 1) // _CHUNK),
        chunk=_CHUNK,
    )
    table = jax.tree.map(lambda x: jnp.moveaxis(x, 0, 1), (spiked, time, slope, gap, a_t))
    spiked, time, slope, gap, a_t = table
    finite = jnp.isfinite(tracks.free).all(1)
    status = jnp.where(lanes.n_spikes > max_spikes, TOO_MANY_SPIKES, OK)
    status = jnp.where(finite, status, NOT_FINITE)
    states = None
    if sample_times.shape[0] > 0:
        sample = partial(_sample, neuron)
        each_time = jax.vmap(sample, in_axes=(None, None, None, 0))
        states = jax.vmap(each_time, in_axes=(0, 0, 0, None))(
            drives, tracks, (time, gap, a_t), sample_times
        )
    return {
        "spike_times": time[:, :max_spikes],
        "spike_slope": slope[:, :max_spikes],
        "states": states,
        "status": status,
        "n_steps": lanes.n_spikes + tracks.nodes.shape[1] - 1,
        "t_reached": jnp.where(lanes.done, t_stop, lanes.t),
    }


def _track(neuron: AbstractCascade, drive: Drive, dt: float, t_stop: float) -> Track:
    regular = jnp.linspace(0.0, t_stop, int(np.ceil(t_stop / dt)) + 1)
    stops = jnp.concatenate([drive.arrivals.time, drive.current.start])
    nodes = jnp.sort(jnp.concatenate([regular, jnp.clip(stops, 0.0, t_stop)]))
    start, size = nodes[:-1], jnp.diff(nodes)
    rate, source, up_to = jax.vmap(partial(_coefficients, neuron, drive))(start, size)
    cells = jax.vmap(_whole)(size, rate, source, up_to)

    def then(first, second):
        return Cell(first.decay + second.decay, jnp.exp(-second.decay) * first.gain + second.gain)

    whole = lax.associative_scan(then, cells)
    v_0 = neuron.init_state().v
    first = lambda x, x_0: jnp.concatenate([x_0[None], x])  # noqa: E731
    decay = first(whole.decay, jnp.zeros(()))
    free = first(jnp.exp(-whole.decay) * v_0 + whole.gain, v_0)

    inner = jax.vmap(_inner)(size, rate, source, up_to)
    inner_free = jnp.exp(-inner.decay) * free[:-1, None] + inner.gain
    left_rate, left_source = jax.vmap(partial(_at, neuron, drive))(start)
    inner_slope = source - rate * inner_free
    row = lambda left, inner: jnp.concatenate([left[:, None], inner], 1).ravel()  # noqa: E731
    end_rate, end_source = _at(neuron, drive, nodes[-1])
    close = lambda x, last: jnp.concatenate([x, last[None]])  # noqa: E731
    return Track(
        nodes,
        decay,
        free,
        fine_t=close(row(start, start[:, None] + _POINTS * size[:, None]), nodes[-1]),
        fine_decay=close(row(decay[:-1], decay[:-1, None] + inner.decay), decay[-1]),
        fine_free=close(row(free[:-1], inner_free), free[-1]),
        fine_slope=close(
            row(left_source - left_rate * free[:-1], inner_slope),
            end_source - end_rate * free[-1],
        ),
        fine_rate=close(row(left_rate, rate), end_rate),
    )


def _at(neuron, drive, t):
    """Return a and b at one time; currents from the right."""
    current = drive.current
    k = jnp.searchsorted(current.start, t, side="right") - 1
    k_0 = jnp.maximum(k, 0)
    flow = current.value[k_0] + current.slope[k_0] * (t - current.start[k_0])
    return neuron.soma(t, drive.arrivals, jnp.where(k < 0, 0.0, flow))


def _coefficients(neuron, drive, start, size):
    """Return a, b and the integral of a at the quadrature points of a stretch within one cell."""
    rate, source = jax.vmap(partial(_at, neuron, drive))(start + _POINTS * size)
    return rate, source, size * (_UP_TO @ rate)


def _whole(size, rate, source, up_to):
    decay = size * jnp.dot(_WEIGHTS, rate)
    return Cell(decay, size * jnp.dot(_WEIGHTS, source * jnp.exp(up_to - decay)))


def _inner(size, rate, source, up_to):
    """Return the maps from the start of a stretch to its quadrature points."""
    del rate
    kernel = jnp.exp(up_to[None, :] - up_to[:, None])
    return Cell(up_to, size * jnp.sum(_UP_TO * kernel * source, 1))


def _free_at(neuron, drive, track, t):
    """Return ``v_free`` and A at any time: one more quadrature, from the node before."""
    k = jnp.clip(jnp.searchsorted(track.nodes, t, side="right") - 1, 0, len(track.nodes) - 2)
    size = t - track.nodes[k]
    cell = _whole(size, *_coefficients(neuron, drive, track.nodes[k], size))
    return jnp.exp(-cell.decay) * track.free[k] + cell.gain, track.decay[k] + cell.decay


def _next_spike(neuron, drive, track, lane):
    """Find the first spike after the last one, and start again from the reset."""
    fade = lane.gap * jnp.exp(-(track.fine_decay - lane.a_t))
    after = track.fine_t > lane.t
    guard = track.fine_free + fade - neuron.v_th
    slope = track.fine_slope - track.fine_rate * fade
    # The search begins at the reset itself, inside of a fine interval.
    is_first = after & ~jnp.roll(after, 1).at[0].set(False)
    rate, source = _at(neuron, drive, lane.t)
    started = lane.n_spikes > 0
    v_t = jnp.where(started, neuron.v_reset, track.free[0])
    left = lambda x, x_t: jnp.where(is_first, x_t, jnp.roll(x, 1))  # noqa: E731
    t_0, g_0 = left(track.fine_t, lane.t), left(guard, v_t - neuron.v_th)
    d_0 = left(slope, source - rate * v_t)
    size = track.fine_t - t_0
    ends = Ends(g_0, guard, d_0 * size, slope * size)

    crosses = after & _rises_through(lax.stop_gradient(ends))
    k = jnp.argmax(crosses)
    found = crosses.any() & ~lane.done

    def exact(t):
        free, decay = _free_at(neuron, drive, track, t)
        return free + lane.gap * jnp.exp(-(decay - lane.a_t)) - neuron.v_th

    low, high = lax.stop_gradient((t_0[k], track.fine_t[k]))
    interval = Ends(*(x[k] for x in lax.stop_gradient(ends)))
    _, x = first_crossing(partial(_cubic, interval), interval)
    guess = low + x * (high - low)

    def polish(_, t):
        rate, source = _at(neuron, drive, t)
        value = exact(t)
        v = value + neuron.v_th
        speed = source - rate * v
        return jnp.clip(t - value / jnp.where(speed == 0, 1.0, speed), low, high)

    root = lax.stop_gradient(lax.fori_loop(0, 4, polish, guess))
    t, speed = implicit_root(exact, root, found)
    free, decay = _free_at(neuron, drive, track, t)
    lane = Lane(
        jnp.where(found, t, lane.t),
        jnp.where(found, neuron.v_reset - free, lane.gap),
        jnp.where(found, decay, lane.a_t),
        lane.n_spikes + found,
        ~found,
    )
    output = (
        found,
        jnp.where(found, t, jnp.inf),
        jnp.where(found, speed, jnp.inf),
        jnp.where(found, lane.gap, 0.0),
        jnp.where(found, decay, 0.0),
    )
    return lane, output


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


def _sample(neuron, drive, track, spikes, t):
    """Return the state at one time; from the right at a spike."""
    time, gap, a_t = spikes
    free, decay = _free_at(neuron, drive, track, t)
    k = jnp.searchsorted(time, t, side="right") - 1
    fade = jnp.where(k < 0, 0.0, gap[k] * jnp.exp(-(decay - a_t[k])))
    return neuron.state_along(t, free + fade, drive.arrivals)
