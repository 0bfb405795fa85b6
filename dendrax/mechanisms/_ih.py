"""The hyperpolarization-activated current."""

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.mechanisms._gated import AbstractGated, Activation
from dendrax.mechanisms._kinetics import gate, linoid
from dendrax.mechanisms._mechanism import COMPARTMENT, Each, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class Ih(AbstractGated):
    """Mixed cation current ``g_max m`` that opens with hyperpolarization.

    Parameters
    ----------
    region : str or Region, default "all"
    g_max : Quantity [conductance per area], default 0.2 mS/cm2
    e_h : Quantity [voltage], default -45 mV
    v_shift : Quantity [voltage], default 0 mV
        By how much the curves lie to the right of those of the source.
    q10 : float, default 2.3
        Of the rates, which hold at 34 degrees Celsius.

    Notes
    -----
    Kole, Hallermann & Stuart 2006, J Neurosci 26:1677.
    """

    g_max: ParameterOrArray = parameter("mS/cm**2", default=0.2, bounds=POSITIVE, dims=COMPARTMENT)
    e_h: ParameterOrArray = parameter("mV", default=-45.0, dims=COMPARTMENT)

    measured_at = 34.0
    units = {"m": "1"}

    def density(self, v: Each, state: Activation, site: Site) -> Each:
        del site
        return self.g_max * state.m * (v - self.e_h)

    def gates(self, v: Each, speed: Array, site: Site) -> Activation:
        del site
        opening = 6.43e-3 * 11.9 * linoid(-(v + 154.9) / 11.9)
        return Activation(gate(opening, 0.193 * jnp.exp(v / 33.1), speed))
