"""The first upward crossing of a guard within one step, on the step's dense output."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

Guard = Callable[[Float[Array, ""]], Float[Array, ""]]
Scalar = Float[Array, ""]

# Bisection alone would need 52 halvings in float64; safeguarded Newton needs about 6.
_MAX_ITERATIONS = 60
# Of a step: how close to its root the cubic through the ends of a step is searched.
_ROUGH = 1e-3


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
    zero, one = jnp.asarray(0.0), jnp.asarray(1.0)
    hump = may_cross(at) & ~crosses
    # Newton squares the error: of a root after this search, and of the height with its position.
    close = float(jnp.finfo(one.dtype).eps) ** (2 / 3)
    along = partial(value_and_slope, guard)

    def falling(x: Scalar) -> tuple[Scalar, Scalar]:
        slope, bend = value_and_slope(lambda x: along(x)[1], x)
        return -slope, -bend

    # Units with nothing to search for would keep all others waiting.
    highest = rising_root(falling, zero, one, summit_of_cubic(at), jnp.where(hump, close, jnp.inf))
    top = jnp.where(hump, highest, one)
    at_top = jnp.where(hump, guard(top), at.right)
    crosses = crosses | (hump & (at_top >= 0))
    rise = Ends(at.left, at_top, top * at.left_slope, jnp.where(hump, 0.0, at.right_slope))
    guess = top * cubic_root(rise, jnp.where(crosses, _ROUGH, jnp.inf))
    root = rising_root(along, zero, top, guess, jnp.where(crosses, close, jnp.inf))
    return crosses, jnp.where(crosses, root, 1.0)


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


def highest(rises: Callable[[Scalar], Bool[Array, ""]], low: Scalar, high: Scalar) -> Scalar:
    """Find where what rises at ``low`` and falls at ``high`` is highest, by bisection.

    An error of the position enters the height squared, so that half of the digits are enough.
    """
    halvings = jnp.finfo(high.dtype).nmant // 2 + 2

    def go_on(loop):
        low, high, i = loop
        return (i < halvings) & (low < high)

    def halve(loop):
        low, high, i = loop
        x = 0.5 * (low + high)
        up = rises(x)
        return jnp.where(up, x, low), jnp.where(up, high, x), i + 1

    return lax.while_loop(go_on, halve, (low, high, 0))[0]


def rising_root(
    f: Callable[[Scalar], tuple[Scalar, Scalar]],
    low: Scalar,
    high: Scalar,
    start: Scalar,
    tolerance: Scalar | float,
) -> Scalar:
    """Find a root between ``low``, where ``f < 0``, and ``high``, where ``f >= 0``, by Newton.

    ``f`` returns value and slope. With an infinite tolerance it is not called.
    """

    def go_on(loop):
        _low, _high, x, last, i = loop
        return (i < _MAX_ITERATIONS) & (jnp.abs(x - last) > tolerance)

    def body(loop):
        low, high, x, _last, i = loop
        value, slope = f(x)
        low, high = jnp.where(value < 0, x, low), jnp.where(value < 0, high, x)
        newton = x - value / jnp.where(slope == 0, 1.0, slope)
        inside = (slope != 0) & (newton > low) & (newton < high)
        # Newton that converges to an end of the bracket from outside of it has converged.
        landed = (slope != 0) & (jnp.abs(newton - x) <= tolerance)
        step = jnp.where(inside, newton, 0.5 * (low + high))
        return low, high, jnp.where(landed, x, step), x, i + 1

    return lax.while_loop(go_on, body, (low, high, start, low - 1.0, 0))[2]


def cubic_root(at: Ends, tolerance: Scalar) -> Scalar:
    """Return where the cubic through both ends rises through zero."""
    secant = at.left / jnp.where(at.left < at.right, at.left - at.right, 1.0)
    zero, one = jnp.zeros_like(secant), jnp.ones_like(secant)
    return rising_root(lambda x: cubic(x, at), zero, one, secant, tolerance)


def cubic(x: Array, at: Ends) -> tuple[Array, Array]:
    """Return value and slope of the cubic through both ends."""
    second, third = _hermite(at)
    value = at.left + x * (at.left_slope + x * (second + x * third))
    return value, at.left_slope + x * (2 * second + 3 * x * third)


def _hermite(at: Ends) -> tuple[Array, Array]:
    """Return the coefficients of ``x^2`` and ``x^3`` of the cubic through both ends."""
    rise = at.right - at.left
    third = at.left_slope + at.right_slope - 2 * rise
    return rise - at.left_slope - third, third


def summit(f: Guard, at: Ends) -> Scalar:
    """Return where a smooth function is highest between its ends; 1 if it has no hump.

    The summit of the cubic, and one step of Newton from there: what is left is of sixth order in
    the length of the step.
    """
    x = summit_of_cubic(at)
    slope, bend = jax.jvp(lambda x: value_and_slope(f, x)[1], (x,), (jnp.ones_like(x),))
    x = jnp.clip(x - slope / jnp.where(bend < 0, bend, -jnp.inf), 0.0, 1.0)
    return jnp.where((at.left_slope > 0) & (at.right_slope < 0), x, 1.0)


def summit_of_cubic(at: Ends) -> Scalar:
    """Return where the cubic through both ends is highest if it has a hump, or where it ends."""
    second, third = _hermite(at)
    # Where the slope left + 2 second x + 3 third x^2 falls through zero, in the stable form.
    root = jnp.sqrt(jnp.maximum(second**2 - 3 * third * at.left_slope, 0.0))
    denominator = root - second
    x = jnp.clip(at.left_slope / jnp.where(denominator > 0, denominator, 1.0), 0.0, 1.0)
    return jnp.where((at.left_slope > 0) & (at.right_slope < 0), x, 1.0)
