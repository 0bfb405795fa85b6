"""A difference that counts squared where it is small, and linearly where it is large."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def half_squared(d: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return ``r`` with ``r^2 / 2 = sqrt(1 + d^2) - 1`` and the sign of ``d``; smooth at zero."""
    return d * jnp.sqrt(2 / (1 + jnp.sqrt(1 + d**2)))
