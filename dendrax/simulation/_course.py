"""What is read off a trial that is known at nodes: spikes, and samples in between."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from dendrax.simulation._peak import peak
from dendrax.simulation._record import Integral, Maximum
from dendrax.simulation._roots import Ends, cubic, cubic_root, summit_of_cubic

Scalar = Float[Array, ""]


class Course(NamedTuple):
    """A trial at its nodes, in order of time; some may coincide."""

    t: Float[Array, " node"]
    guard: Float[Array, " node"]
    observed: dict[str, Array]


def spikes_of(course: Course, max_spikes: int) -> tuple[Array, Array, Array]:
    """Return when the guard rises through zero on the cubic between nodes, and how steeply.

    The number of spikes comes last.
    """
    size, at = jnp.diff(course.t), _pieces(course.t, course.guard)
    crosses = (at.left < 0) & (at.right >= 0)
    where = jnp.nonzero(crosses, size=max_spikes, fill_value=0)[0]
    is_spike = jnp.arange(max_spikes) < crosses.sum()
    ends = jax.tree.map(lambda x: jnp.where(is_spike, x[where], 1.0), at)
    ends = ends._replace(left=jnp.where(is_spike, ends.left, -1.0))
    tolerance = jnp.asarray(2 * jnp.finfo(size.dtype).eps)
    root = jax.vmap(lambda at: cubic_root(at, tolerance))(lax.stop_gradient(ends))
    value, slope = jax.vmap(cubic)(lax.stop_gradient(root), ends)
    root = root - value / lax.stop_gradient(slope)
    time = jnp.where(is_spike, course.t[where] + root * size[where], jnp.inf)
    steepness = jnp.where(is_spike, slope / jnp.where(is_spike, size[where], 1.0), jnp.inf)
    return time, steepness, crosses.sum()


def sampled(course: Course, name: str, times: Float[Array, " time"]) -> Float[Array, "... time"]:
    """Return a variable at the sample times, on the cubic between nodes; right limits at jumps."""
    t, at = course.t, _pieces(course.t, course.observed[name])
    k = jnp.clip(jnp.searchsorted(t, times, side="right") - 1, 0, len(t) - 2)
    x = (times - t[k]) / jnp.where(t[k + 1] > t[k], t[k + 1] - t[k], 1.0)
    piece = jax.tree.map(lambda leaf: leaf[k], at)
    return jnp.moveaxis(cubic(_wide(x, piece.left), piece)[0], 0, -1)


def integral_of(course: Course, readout: Integral) -> Array:
    """Return the integral of a variable, on the cubics between nodes."""
    t, y = course.t, course.observed[readout.name]
    if readout.tau is not None:
        y = y * _wide(jnp.exp(-t / readout.tau), y)
    at = _pieces(t, y)
    mean = (at.left + at.right) / 2 + (at.left_slope - at.right_slope) / 12
    return jnp.sum(mean * _wide(jnp.diff(t), mean), axis=0)


def maximum_of(course: Course, readout: Maximum) -> Array:
    """Return the maximum of a variable, on the cubics between nodes."""
    at = _pieces(course.t, course.observed[readout.name])
    top = cubic(lax.stop_gradient(summit_of_cubic(at)), at)[0]
    return peak(jnp.concatenate([at.left, top]), 0)


def _pieces(t: Float[Array, " node"], y: Float[Array, "node *rest"]) -> Ends:
    """Return values and slopes at the ends of each interval, in its own time from 0 to 1."""
    size = _wide(jnp.diff(t), y)
    left, right = _slopes(t, y)
    return Ends(y[:-1], y[1:], left * size, right * size)


def _wide(x: Array, like: Array) -> Array:
    """Return values that stand along the first axis of another array."""
    return x.reshape(-1, *[1] * (like.ndim - 1))


def _slopes(t: Float[Array, " node"], y: Float[Array, "node *rest"]) -> tuple[Array, Array]:
    """Return the slopes of each interval at its two ends, of the parabolas through three nodes."""
    wide = _wide(jnp.diff(t), y)
    has_length = wide > 0
    secant = jnp.where(has_length, jnp.diff(y, axis=0), 0.0) / jnp.where(has_length, wide, 1.0)
    before, after = wide[:-1], wide[1:]
    total = jnp.where(before + after > 0, before + after, 1.0)
    inner = (after * secant[:-1] + before * secant[1:]) / total
    both = (before > 0) & (after > 0)
    left = jnp.concatenate([secant[:1], jnp.where(both, inner, secant[1:])])
    right = jnp.concatenate([jnp.where(both, inner, secant[:-1]), secant[-1:]])
    return left, right
