"""The sodium and potassium currents of the squid giant axon."""

import math
from typing import NamedTuple

import jax.numpy as jnp

from dendrax.mechanisms._kinetics import gate, inverse, linoid, q10
from dendrax.mechanisms._mechanism import COMPARTMENT, AbstractChannel, Each, Leaf, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class HodgkinHuxleyState(NamedTuple):
    """Activation and inactivation of sodium, activation of potassium."""

    m: Leaf
    h: Leaf
    n: Leaf


class HodgkinHuxley(AbstractChannel):
    """Sodium ``g_na m^3 h`` and potassium ``g_k n^4`` of the squid axon; the leak is `Passive`'s.

    Parameters
    ----------
    region : str or Region, default "all"
    g_na : Quantity [conductance per area], default 120 mS/cm2
    g_k : Quantity [conductance per area], default 36 mS/cm2
    e_na, e_k : Quantity [voltage], default 50 and -77 mV
    q10 : float, default 3
        Of the rates, which hold at 6.3 degrees Celsius.

    Notes
    -----
    Hodgkin & Huxley 1952, J Physiol 117:500, Eqs. 12, 13, 20, 21, 23, 24, with the voltage as it is
    counted today and a rest of -65 mV.
    """

    g_na: ParameterOrArray = parameter("mS/cm**2", default=120.0, bounds=POSITIVE, dims=COMPARTMENT)
    g_k: ParameterOrArray = parameter("mS/cm**2", default=36.0, bounds=POSITIVE, dims=COMPARTMENT)
    e_na: ParameterOrArray = parameter("mV", default=50.0, dims=COMPARTMENT)
    e_k: ParameterOrArray = parameter("mV", default=-77.0, dims=COMPARTMENT)
    q10: ParameterOrArray = parameter("1", default=3.0, bounds=POSITIVE)

    needs_temperature = True
    units = {"m": "1", "h": "1", "n": "1"}

    def density(self, v: Each, state: HodgkinHuxleyState, site: Site) -> Each:
        del site
        sodium = self.g_na * state.m**3 * state.h * (v - self.e_na)
        return sodium + self.g_k * state.n**4 * (v - self.e_k)

    def relaxation(self, v: Each, state: object, site: Site) -> HodgkinHuxleyState:
        del state
        speed = q10(self.q10, site.celsius, 6.3)
        # Exponentials are what a cell takes its time for: all but one are powers of this one.
        slow = jnp.exp(-(v + 65) / 80)
        fast = slow**8
        return HodgkinHuxleyState(
            gate(linoid((v + 40) / 10, math.exp(2.5) * fast), 4 * jnp.exp(-(v + 65) / 18), speed),
            gate(0.07 * slow**4, inverse(1 + math.exp(3) * fast), speed),
            gate(0.1 * linoid((v + 55) / 10, math.e * fast), 0.125 * slow, speed),
        )
