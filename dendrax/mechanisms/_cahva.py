"""The calcium current of high threshold."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

from dendrax.mechanisms._calcium import AbstractCalciumCurrent
from dendrax.mechanisms._gated import Gates
from dendrax.mechanisms._kinetics import gate, linoid
from dendrax.mechanisms._mechanism import Each, Site


class CaHVA(AbstractCalciumCurrent):
    """High-voltage-activated calcium ``g_max m^2 h``.

    Parameters
    ----------
    region : str or Region, default "all"
    g_max : Quantity [conductance per area], default 0.5 mS/cm2
    e_ca : Quantity [voltage], optional
        Default: the Nernst potential of the calcium in the pool of the compartment.
    v_shift : Quantity [voltage], default 0 mV
        By how much the curves lie to the right of those of the source.
    q10 : float, default 2.3
        Of the rates, which hold at 23 degrees Celsius. Models that take them as they are at any
        temperature (Gidon et al. 2020; Hay et al. 2011) have 1.

    Notes
    -----
    Reuveni, Friedman, Amitai & Gutnick 1993, J Neurosci 13:4609; temperature and Q10 after Mainen &
    Sejnowski 1996, Nature 382:363.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.CaHVA(e_ca=120 * pq.mV).reads, dx.CaHVA().reads
    ((), ('ca',))
    """

    measured_at = 23.0

    def gates(self, v: Each, speed: Array, site: Site) -> Gates:
        del site
        return Gates(
            gate(0.055 * 3.8 * linoid((v + 27) / 3.8), 0.94 * jnp.exp(-(v + 75) / 17), speed),
            gate(4.57e-4 * jnp.exp(-(v + 13) / 50), 6.5e-3 * jax.nn.sigmoid((v + 15) / 28), speed),
        )
