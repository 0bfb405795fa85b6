"""Rates of gates, without singularities."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.mechanisms._mechanism import Relaxation

Each = Float[Array, "..."]
# Below this the series is exact to rounding, above it the formula is.
_SMALL = 0.05
# Of CODATA 2018: J / (K mol), C / mol, and 0 degrees Celsius in K.
_GAS, _ZERO = 8.314462618, 273.15
FARADAY = 96485.33212


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


def towards(target: Each, tau: Each | float, speed: Array | float = 1.0) -> Relaxation:
    """Return the relaxation of a gate with this steady state and this time constant (ms)."""
    return Relaxation(target, speed / tau * jnp.ones_like(target))


def q10(factor: Array, celsius: Array | float, reference: float) -> Array:
    """Return how much faster kinetics are than at the reference temperature."""
    return factor ** ((celsius - reference) / 10)


def thermal_voltage(celsius: Array | float) -> Array:
    """Return R T / F in mV."""
    return 1000 * _GAS / FARADAY * (jnp.asarray(celsius) + _ZERO)


def nernst(inside: Each, outside: Each, valence: int, celsius: Array | float) -> Each:
    """Return the voltage (mV) at which an ion of these concentrations is in equilibrium."""
    return thermal_voltage(celsius) / valence * jnp.log(outside / inside)
