"""One exponential after another: what passes through both."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

# Nearer to each other than this, in units of the decay between them, exponentials are not
# subtracted, but the terms of a series are summed.
_NEAR = 0.5


@jax.custom_jvp
def filtered(h: Array, tau_1: Array, tau_2: Array) -> Array:
    """Return the integral of ``exp(-s / tau_1) exp(-(h - s) / tau_2)`` over ``s`` from 0 to ``h``.

    This is ``(e^(-h/tau_1) - e^(-h/tau_2)) / (1/tau_2 - 1/tau_1)``; where time constants come close
    to each other, ``h e^(-h/tau_1) (1 - e^-u) / u`` with ``u = h/tau_2 - h/tau_1``.
    """
    kept_1, kept_2, rate, is_near, u = _terms(h, tau_1, tau_2)
    far = (kept_1 - kept_2) / jnp.where(is_near, 1.0, rate)
    return jnp.where(is_near, h * kept_1 * _mean_decay(u), far)


@filtered.defjvp
def _(primals, tangents):
    """Differentiate under the integral, in which rates then bring a factor ``s`` or ``h - s``.

    So no derivative passes through either branch: half of the time of a gradient.
    """
    h, tau_1, tau_2 = primals
    dh, dtau_1, dtau_2 = tangents
    kept_1, _, rate, is_near, u = _terms(*primals)
    passed = filtered(*primals)
    # The integral with the factor s.
    far = (h * kept_1 - passed) / jnp.where(is_near, 1.0, rate)
    late = jnp.where(is_near, h * h * kept_1 * _mean_lateness(u), far)
    by_time = kept_1 - passed / tau_2
    by_tau_1, by_tau_2 = late / tau_1**2, (h * passed - late) / tau_2**2
    return passed, by_time * dh + by_tau_1 * dtau_1 + by_tau_2 * dtau_2


def _terms(h: Array, tau_1: Array, tau_2: Array) -> tuple[Array, ...]:
    rate = (tau_1 - tau_2) / (tau_1 * tau_2)
    u = h * rate
    is_near = jnp.abs(u) < _NEAR
    return jnp.exp(-h / tau_1), jnp.exp(-h / tau_2), rate, is_near, jnp.where(is_near, u, 0.0)


def _mean_decay(u: Array) -> Array:
    """Return ``(1 - e^-u) / u`` for small ``u``, of either sign."""
    return _nested(u, lambda k: 1 / (k + 1))


def _mean_lateness(u: Array) -> Array:
    """Return the integral of ``x e^(u (x - 1))`` over ``x`` from 0 to 1, for small ``u``."""
    return 0.5 * _nested(u, lambda k: 1 / (k + 2))


def _nested(u: Array, ratio) -> Array:
    """Sum the series of which each term is ``-u ratio(k)`` times the one before."""
    # What is left out is below 0.5^13 / 14! = 1e-15, or 0.5^8 / 9! = 1e-8 in single precision.
    n_terms = 12 if u.dtype == jnp.float64 else 7
    value = jnp.ones_like(u)
    for k in range(n_terms, 0, -1):
        value = 1 - u * ratio(k) * value
    return value
