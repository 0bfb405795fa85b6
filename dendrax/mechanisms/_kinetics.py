"""Rates of gates, without singularities."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.mechanisms._mechanism import Relaxation

Each = Float[Array, "..."]
# Below this the series is exact to rounding, above it the formula is.
_SMALL = 0.05
# Of CODATA 2018: J / (K mol), C / mol, and 0 degrees Celsius in K.
_GAS, _ZERO = 8.314462618, 273.15
FARADAY = 96485.33212


@jax.custom_jvp
def inverse(x: Each) -> Each:
    """Return ``1 / x``, of which the derivative divides by nothing else."""
    return 1 / x


@inverse.defjvp
def _inverse_jvp(x: tuple[Each], x_dot: tuple[Each]) -> tuple[Each, Each]:
    y = inverse(*x)
    return y, -y * y * x_dot[0]


def linoid(x: Each, decay: Each | None = None) -> Each:
    """Return ``x / (1 - exp(-x))``, also where it is 0 / 0, with its derivative.

    ``decay`` is ``exp(-x)``, if it is known already.
    """
    decay = jnp.exp(-x) if decay is None else decay
    is_small = jnp.abs(x) < _SMALL
    y = jnp.where(is_small, x, 0.0) ** 2
    series = 1 + x / 2 + y * (1 / 12 + y * (-1 / 720 + y / 30240))
    return jnp.where(is_small, series, x * inverse(1 - jnp.where(is_small, 0.0, decay)))


def gate(opening: Each, closing: Each, speed: Array | float = 1.0) -> Relaxation:
    """Return the relaxation of a gate that opens and closes at these rates (1/ms)."""
    total = opening + closing
    return Relaxation(opening * inverse(total), speed * total)


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
