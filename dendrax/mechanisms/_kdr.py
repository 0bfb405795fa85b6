"""The delayed rectifier of pyramidal cells."""

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.mechanisms._gated import AbstractGated, Activation
from dendrax.mechanisms._kinetics import gate, linoid
from dendrax.mechanisms._mechanism import COMPARTMENT, Each, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class Kdr(AbstractGated):
    """Delayed-rectifier potassium ``g_max m`` of a hippocampal pyramidal cell.

    Parameters
    ----------
    region : str or Region, default "all"
    g_max : Quantity [conductance per area], default 45 mS/cm2
    e_k : Quantity [voltage], default -80 mV
    v_shift : Quantity [voltage], default 0 mV
        By how much the curves lie to the right of those of the source, which counts voltages from a
        rest of -60 mV.
    q10 : float, default 3
        Of the rates, which hold at 32 degrees Celsius.

    Notes
    -----
    Traub, Wong, Miles & Michelson 1991, J Neurophysiol 66:635, Table 2; see :class:`NaT`.
    """

    g_max: ParameterOrArray = parameter("mS/cm**2", default=45.0, bounds=POSITIVE, dims=COMPARTMENT)
    e_k: ParameterOrArray = parameter("mV", default=-80.0, dims=COMPARTMENT)
    q10: ParameterOrArray = parameter("1", default=3.0, bounds=POSITIVE)

    measured_at = 32.0
    units = {"m": "1"}

    def density(self, v: Each, state: Activation, site: Site) -> Each:
        del site
        return self.g_max * state.m * (v - self.e_k)

    def gates(self, v: Each, speed: Array, site: Site) -> Activation:
        del site
        u = v + 60
        return Activation(gate(0.08 * linoid((u - 35.1) / 5), 0.25 * jnp.exp((20 - u) / 40), speed))
