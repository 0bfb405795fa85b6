"""The fast potassium current of Kv3.1 channels."""

import jax
from jaxtyping import Array

from dendrax.mechanisms._gated import AbstractGated, Activation
from dendrax.mechanisms._kinetics import towards
from dendrax.mechanisms._mechanism import COMPARTMENT, Each, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class Kv31(AbstractGated):
    """Fast, high-threshold potassium ``g_max m``.

    Parameters
    ----------
    region : str or Region, default "all"
    g_max : Quantity [conductance per area], default 100 mS/cm2
    e_k : Quantity [voltage], default -85 mV
    v_shift : Quantity [voltage], default 0 mV
        By how much the curves lie to the right of those of the source.
    q10 : float, default 2.3
        Of the rates, which hold at 34 degrees Celsius.

    Notes
    -----
    Rettig et al. 1992, EMBO J 11:2473, in the form of Hay et al. 2011, PLoS Comput Biol 7:e1002107,
    who state it for 34 degrees.
    """

    g_max: ParameterOrArray = parameter(
        "mS/cm**2", default=100.0, bounds=POSITIVE, dims=COMPARTMENT
    )
    e_k: ParameterOrArray = parameter("mV", default=-85.0, dims=COMPARTMENT)

    measured_at = 34.0
    units = {"m": "1"}

    def density(self, v: Each, state: Activation, site: Site) -> Each:
        del site
        return self.g_max * state.m * (v - self.e_k)

    def gates(self, v: Each, speed: Array, site: Site) -> Activation:
        del site
        tau = 4 * jax.nn.sigmoid((v + 46.56) / 44.14)
        return Activation(towards(jax.nn.sigmoid((v - 18.7) / 9.7), tau, speed))
