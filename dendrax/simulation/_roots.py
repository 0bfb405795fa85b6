"""The first upward crossing of a guard within one step, on the step's dense output."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

Guard = Callable[[Float[Array, ""]], Float[Array, ""]]
Scalar = Float[Array, ""]

# Bisection alone would need 52 halvings in float64; safeguarded Newton needs about 6.
_MAX_ITERATIONS = 60


class Ends(NamedTuple):
    """A guard and its derivative at both ends of a step, in the step's own time from 0 to 1."""

    left: Float[Array, "..."]
    right: Float[Array, "..."]
    left_slope: Float[Array, "..."]
    right_slope: Float[Array, "..."]


def value_and_slope(guard: Guard, x: Scalar) -> tuple[Scalar, Scalar]:
    """Return a guard and its derivative."""
    return jax.jvp(guard, (x,), (jnp.ones_like(x),))


def ends(guard: Guard) -> Ends:
    """Evaluate a guard at both ends of the step."""
    value, slope = jax.vmap(lambda x: value_and_slope(guard, x))(jnp.asarray([0.0, 1.0]))
    return Ends(value[0], value[1], slope[0], slope[1])


def may_cross(at: Ends) -> Bool[Array, "..."]:
    """Whether the guard can rise through zero: it does so at the ends, or it has a hump between."""
    return (at.left < 0) & ((at.right >= 0) | ((at.left_slope > 0) & (at.right_slope < 0)))


def first_crossing(guard: Guard, at: Ends) -> tuple[Bool[Array, ""], Scalar]:
    """Return whether the guard rises through zero within the step, and where.

    If it is negative at both ends but rises and falls between, the interior maximum decides. No
    gradient passes: see :func:`implicit_root`.
    """
    crosses = (at.left < 0) & (at.right >= 0)
    one = jnp.asarray(1.0)
    hump = may_cross(at) & ~crosses
    top = jnp.where(hump, _summit(guard), one)
    crosses = crosses | (hump & (guard(top) >= 0))
    return crosses, jnp.where(crosses, _rising_root(guard, top), 1.0)


def implicit_root(guard: Guard, root: Scalar, is_root: Bool[Array, ""]) -> tuple[Scalar, Scalar]:
    """Return a root that knows its derivative with respect to whatever the guard depends on.

    One Newton step from the root: it changes the value by rounding only, and its derivative is that
    of the implicit function theorem, ``-dguard/dparameter / dguard/dx``. What is no root stays as
    it is, without a derivative.

    Returns
    -------
    root, slope : Array
        The slope is that of the guard at the root, which conditions the derivative.
    """
    root = lax.stop_gradient(root)
    value, slope = value_and_slope(guard, root)
    # Where there is no root the slope may vanish: divide by 1 there, lest 0 * inf poison gradients.
    correction = jnp.where(is_root, value, 0.0) / jnp.where(is_root, lax.stop_gradient(slope), 1.0)
    return root - correction, slope


def _summit(guard: Guard) -> Scalar:
    """Find where a guard that rises at 0 and falls at 1 is highest.

    Bisection of the slope. An error of the position enters the height squared, so that half of the
    digits are enough.
    """

    def halve(_, bracket):
        low, high = bracket
        x = 0.5 * (low + high)
        rises = value_and_slope(guard, x)[1] > 0
        return jnp.where(rises, x, low), jnp.where(rises, high, x)

    return lax.fori_loop(0, 28, halve, (jnp.asarray(0.0), jnp.asarray(1.0)))[0]


def _rising_root(f: Guard, high: Scalar) -> Scalar:
    """Find a root between 0, where ``f < 0``, and ``high``, where ``f >= 0``, by Newton."""

    def go_on(loop):
        _low, _high, x, last, i = loop
        return (i < _MAX_ITERATIONS) & (jnp.abs(x - last) > 2 * jnp.finfo(x.dtype).eps)

    def body(loop):
        low, high, x, _last, i = loop
        value, slope = value_and_slope(f, x)
        low, high = jnp.where(value < 0, x, low), jnp.where(value < 0, high, x)
        newton = x - value / jnp.where(slope == 0, 1.0, slope)
        inside = (slope != 0) & (newton > low) & (newton < high)
        # Newton that converges to an end of the bracket from outside of it has converged.
        landed = (slope != 0) & (jnp.abs(newton - x) <= 2 * jnp.finfo(x.dtype).eps)
        step = jnp.where(inside, newton, 0.5 * (low + high))
        return low, high, jnp.where(landed, x, step), x, i + 1

    zero = jnp.zeros_like(high)
    start = (zero, high, 0.5 * high, jnp.full_like(high, -1.0), 0)
    return lax.while_loop(go_on, body, start)[2]


def summit(at: Ends) -> Float[Array, "..."]:
    """Return where the cubic between two ends is highest inside; an end if it has no hump.

    For a smooth function the error of the height is of sixth order in the length of the step.
    """
    rise = at.right - at.left
    third = at.left_slope + at.right_slope - 2 * rise
    second = rise - at.left_slope - third
    # Where the slope left + 2 second x + 3 third x^2 falls through zero, in the stable form.
    root = jnp.sqrt(jnp.maximum(second**2 - 3 * third * at.left_slope, 0.0))
    denominator = root - second
    x = at.left_slope / jnp.where(denominator > 0, denominator, 1.0)
    hump = (at.left_slope > 0) & (at.right_slope < 0)
    return jnp.where(hump, jnp.clip(x, 0.0, 1.0), 1.0)
