"""The pseudo-Huber cost: squared where a difference is small, linear where it is large."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def pseudo_huber(d: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return ``sqrt(1 + d^2) - 1``."""
    return jnp.sqrt(1 + d**2) - 1


def pseudo_huber_residual(d: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return ``r`` with ``r^2 / 2 = sqrt(1 + d^2) - 1`` and the sign of ``d``; smooth at zero."""
    return d * jnp.sqrt(2 / (1 + jnp.sqrt(1 + d**2)))
