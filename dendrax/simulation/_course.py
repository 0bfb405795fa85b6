"""What is read off a trial that is known at nodes: spikes, and samples in between."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from dendrax.simulation._roots import Ends, cubic_root

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
    size = jnp.diff(course.t)
    left, right = _slopes(course.t, course.guard)
    at = Ends(course.guard[:-1], course.guard[1:], left * size, right * size)
    crosses = (at.left < 0) & (at.right >= 0)
    where = jnp.nonzero(crosses, size=max_spikes, fill_value=0)[0]
    is_spike = jnp.arange(max_spikes) < crosses.sum()
    ends = jax.tree.map(lambda x: jnp.where(is_spike, x[where], 1.0), at)
    ends = ends._replace(left=jnp.where(is_spike, ends.left, -1.0))
    tolerance = jnp.asarray(2 * jnp.finfo(size.dtype).eps)
    root = jax.vmap(lambda at: cubic_root(at, tolerance))(lax.stop_gradient(ends))
    value, slope = jax.vmap(_cubic)(lax.stop_gradient(root), ends)
    root = root - value / lax.stop_gradient(slope)
    time = jnp.where(is_spike, course.t[where] + root * size[where], jnp.inf)
    steepness = jnp.where(is_spike, slope / jnp.where(is_spike, size[where], 1.0), jnp.inf)
    return time, steepness, crosses.sum()


def sampled(t: Array, y: Array, times: Array) -> Array:
    """Return values at the sample times, on the cubic between nodes; right limits at jumps."""
    left, right = _slopes(t, y)
    k = jnp.clip(jnp.searchsorted(t, times, side="right") - 1, 0, len(t) - 2)
    size = jnp.where(t[k + 1] > t[k], t[k + 1] - t[k], 1.0)
    x = (times - t[k]) / size

    def wide(values: Array) -> Array:
        return values.reshape(-1, *[1] * (y.ndim - 1))

    at = Ends(y[k], y[k + 1], left[k] * wide(size), right[k] * wide(size))
    return _cubic(wide(x), at)[0]


def _cubic(x: Array, at: Ends) -> tuple[Array, Array]:
    rise = at.right - at.left
    third = at.left_slope + at.right_slope - 2 * rise
    second = rise - at.left_slope - third
    value = at.left + x * (at.left_slope + x * (second + x * third))
    return value, at.left_slope + x * (2 * second + 3 * x * third)


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
