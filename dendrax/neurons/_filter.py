"""One exponential after another: what passes through both."""

import jax.numpy as jnp
from jaxtyping import Array


def filtered(h: Array, tau_1: Array, tau_2: Array) -> Array:
    """Return the integral of ``exp(-s / tau_1) exp(-(h - s) / tau_2)`` over ``s`` from 0 to ``h``.

    This is ``(e^(-h/tau_1) - e^(-h/tau_2)) / (1/tau_2 - 1/tau_1)``, written so that equal time
    constants are no special case: with ``u = h/faster - h/slower``,
    ``h e^(-h/slower) (1 - e^-u) / u``.
    """
    # A choice, not a maximum and an absolute value: those have no derivative at equality.
    is_slower = tau_1 >= tau_2
    slower = jnp.where(is_slower, tau_1, tau_2)
    faster = jnp.where(is_slower, tau_2, tau_1)
    return h * jnp.exp(-h / slower) * mean_decay(h / faster - h / slower)


def mean_decay(u: Array) -> Array:
    """Return ``(1 - e^-u) / u`` for ``u >= 0``, and its limit 1 at 0, with derivatives."""
    is_small = u < 1e-3
    safe = jnp.where(is_small, 1.0, u)
    # The next term of the series is u^4 / 120 < 1e-14.
    series = 1 - u / 2 * (1 - u / 3 * (1 - u / 4))
    return jnp.where(is_small, series, -jnp.expm1(-safe) / safe)
