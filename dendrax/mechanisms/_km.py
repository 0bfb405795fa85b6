"""The muscarinic potassium current."""

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.mechanisms._gated import AbstractGated, Activation
from dendrax.mechanisms._kinetics import gate
from dendrax.mechanisms._mechanism import COMPARTMENT, Each, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class KM(AbstractGated):
    """Slow potassium ``g_max m`` that muscarine suppresses.

    Parameters
    ----------
    region : str or Region, default "all"
    g_max : Quantity [conductance per area], default 0.1 mS/cm2
    e_k : Quantity [voltage], default -85 mV
    v_shift : Quantity [voltage], default 0 mV
        By how much the curves lie to the right of those of the source.
    q10 : float, default 2.3
        Of the rates, which hold at 21 degrees Celsius.

    Notes
    -----
    Adams, Brown & Constanti 1982, J Physiol 330:537. The Q10 is that of Hay et al. 2011, PLoS
    Comput Biol 7:e1002107.
    """

    g_max: ParameterOrArray = parameter("mS/cm**2", default=0.1, bounds=POSITIVE, dims=COMPARTMENT)
    e_k: ParameterOrArray = parameter("mV", default=-85.0, dims=COMPARTMENT)

    measured_at = 21.0
    units = {"m": "1"}

    def density(self, v: Each, state: Activation, site: Site) -> Each:
        del site
        return self.g_max * state.m * (v - self.e_k)

    def gates(self, v: Each, speed: Array, site: Site) -> Activation:
        del site
        x = (v + 35) / 10
        return Activation(gate(3.3e-3 * jnp.exp(x), 3.3e-3 * jnp.exp(-x), speed))
