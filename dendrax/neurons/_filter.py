"""One exponential after another: what passes through both."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

# Nearer to each other than this, in units of the decay between them, exponentials are not
# subtracted: the terms of the series that are left out are below 0.5^13 / 14! = 1e-15.
_NEAR, _TERMS = 0.5, 12


def filtered(h: Array, tau_1: Array, tau_2: Array) -> Array:
    """Return the integral of ``exp(-s / tau_1) exp(-(h - s) / tau_2)`` over ``s`` from 0 to ``h``.

    This is ``(e^(-h/tau_1) - e^(-h/tau_2)) / (1/tau_2 - 1/tau_1)``; where time constants come close
    to each other, ``h e^(-h/tau_1) (1 - e^-u) / u`` with ``u = h/tau_2 - h/tau_1``.
    """
    kept_1, kept_2 = jnp.exp(-h / tau_1), jnp.exp(-h / tau_2)
    rate = (tau_1 - tau_2) / (tau_1 * tau_2)
    u = h * rate
    is_near = jnp.abs(u) < _NEAR
    far = (kept_1 - kept_2) / jnp.where(is_near, 1.0, rate)
    return jnp.where(is_near, h * kept_1 * _mean_decay(jnp.where(is_near, u, 0.0)), far)


@jax.custom_jvp
def _mean_decay(u: Array) -> Array:
    """Return ``(1 - e^-u) / u`` for small ``u``, of either sign."""
    value = jnp.ones_like(u)
    for k in range(_TERMS, 0, -1):
        value = 1 - u / (k + 1) * value
    return value


@_mean_decay.defjvp
def _(primals, tangents):  # the rule, so that no term of the series is kept for it
    (u,), (du,) = primals, tangents
    slope = jnp.ones_like(u)
    for k in range(_TERMS, 0, -1):
        slope = 1 - u * (k + 1) / (k * (k + 2)) * slope
    return _mean_decay(u), -0.5 * slope * du
