"""The calcium current of low threshold."""

import jax
from jaxtyping import Array

from dendrax.mechanisms._calcium import AbstractCalciumCurrent
from dendrax.mechanisms._gated import Gates
from dendrax.mechanisms._kinetics import towards
from dendrax.mechanisms._mechanism import Each, Site


class CaLVA(AbstractCalciumCurrent):
    """Low-voltage-activated calcium ``g_max m^2 h``.

    Parameters
    ----------
    region : str or Region, default "all"
    g_max : Quantity [conductance per area], default 0.5 mS/cm2
    e_ca : Quantity [voltage], optional
        Default: the Nernst potential of the calcium in the pool of the compartment.
    v_shift : Quantity [voltage], default 0 mV
        By how much the curves lie to the right of those of the source.
    q10 : float, default 2.3
        Of the rates, which hold at 21 degrees Celsius.

    Notes
    -----
    Steady states of Avery & Johnston 1996, J Neurosci 16:5567, time constants of Randall & Tsien
    1997, Neuropharmacology 36:879, both in the form of Hay et al. 2011, PLoS Comput Biol
    7:e1002107, who read the time constants off plots and correct for a junction potential of 10 mV.
    """

    measured_at = 21.0

    def gates(self, v: Each, speed: Array, site: Site) -> Gates:
        del site
        tau_m = 5 + 20 * jax.nn.sigmoid(-(v + 35) / 5)
        tau_h = 20 + 50 * jax.nn.sigmoid(-(v + 50) / 7)
        return Gates(
            towards(jax.nn.sigmoid((v + 40) / 6), tau_m, speed),
            towards(jax.nn.sigmoid(-(v + 90) / 6.4), tau_h, speed),
        )
