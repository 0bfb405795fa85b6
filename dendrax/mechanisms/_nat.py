"""The fast sodium current of pyramidal cells."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

from dendrax.mechanisms._gated import AbstractGated, Gates
from dendrax.mechanisms._kinetics import gate, linoid
from dendrax.mechanisms._mechanism import COMPARTMENT, Each, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class NaT(AbstractGated):
    """Transient sodium ``g_max m^2 h`` of a hippocampal pyramidal cell.

    Parameters
    ----------
    region : str or Region, default "all"
    g_max : Quantity [conductance per area], default 100 mS/cm2
    e_na : Quantity [voltage], default 50 mV
    v_shift : Quantity [voltage], default 0 mV
        By how much the curves lie to the right of those of the source, which counts voltages from a
        rest of -60 mV.
    q10 : float, default 3
        Of the rates, which hold at 32 degrees Celsius.

    Notes
    -----
    Traub, Wong, Miles & Michelson 1991, J Neurophysiol 66:635, Table 2. The cell of human layer 2/3
    of Gidon et al. 2020, Science 367:83, has this channel and :class:`Kdr` with ``v_shift`` 10 mV
    and ``e_na`` 90 mV, at 35 degrees.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.NaT("soma", e_na=90 * pq.mV, v_shift=10 * pq.mV).g_max.quantity
    array(100.) * mS/cm**2
    """

    g_max: ParameterOrArray = parameter(
        "mS/cm**2", default=100.0, bounds=POSITIVE, dims=COMPARTMENT
    )
    e_na: ParameterOrArray = parameter("mV", default=50.0, dims=COMPARTMENT)
    q10: ParameterOrArray = parameter("1", default=3.0, bounds=POSITIVE)

    measured_at = 32.0
    units = {"m": "1", "h": "1"}

    def density(self, v: Each, state: Gates, site: Site) -> Each:
        del site
        return self.g_max * state.m**2 * state.h * (v - self.e_na)

    def gates(self, v: Each, speed: Array, site: Site) -> Gates:
        del site
        u = v + 60
        return Gates(
            gate(1.28 * linoid((u - 13.1) / 4), 1.4 * linoid((40.1 - u) / 5), speed),
            gate(0.128 * jnp.exp((17 - u) / 18), 4 * jax.nn.sigmoid((u - 40) / 5), speed),
        )
