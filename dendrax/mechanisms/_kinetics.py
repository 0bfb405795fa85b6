"""Rates of gates, without singularities."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.mechanisms._mechanism import Relaxation

Each = Float[Array, "..."]
# Below this the series is exact to rounding, above it the formula is.
_SMALL = 0.05


def linoid(x: Each) -> Each:
    """Return ``x / (1 - exp(-x))``, also where it is 0 / 0, with its derivative."""
    is_small = jnp.abs(x) < _SMALL
    y = jnp.where(is_small, x, 0.0) ** 2
    series = 1 + x / 2 + y * (1 / 12 + y * (-1 / 720 + y / 30240))
    large = jnp.where(is_small, 1.0, x)
    return jnp.where(is_small, series, large / (1 - jnp.exp(-large)))


def gate(opening: Each, closing: Each, speed: Array | float = 1.0) -> Relaxation:
    """Return the relaxation of a gate that opens and closes at these rates (1/ms)."""
    total = opening + closing
    return Relaxation(opening / total, speed * total)


def q10(factor: Array, celsius: Array | float, reference: float) -> Array:
    """Return how much faster kinetics are than at the reference temperature."""
    return factor ** ((celsius - reference) / 10)
