"""The persistent sodium current."""

import jax
from jaxtyping import Array

from dendrax.mechanisms._gated import AbstractGated, Gates
from dendrax.mechanisms._kinetics import gate, linoid, towards
from dendrax.mechanisms._mechanism import COMPARTMENT, Each, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class NaP(AbstractGated):
    """Persistent sodium ``g_max m^3 h``, whose inactivation takes seconds.

    Parameters
    ----------
    region : str or Region, default "all"
    g_max : Quantity [conductance per area], default 2 mS/cm2
    e_na : Quantity [voltage], default 50 mV
    v_shift : Quantity [voltage], default 0 mV
        By how much the curves lie to the right of those of the source.
    q10 : float, default 2.3
        Of the rates, which hold at 21 degrees Celsius.

    Notes
    -----
    Magistretti & Alonso 1999, J Gen Physiol 114:491, in the form of Hay et al. 2011, PLoS Comput
    Biol 7:e1002107, whose activation is six times slower than that of their transient current.
    """

    g_max: ParameterOrArray = parameter("mS/cm**2", default=2.0, bounds=POSITIVE, dims=COMPARTMENT)
    e_na: ParameterOrArray = parameter("mV", default=50.0, dims=COMPARTMENT)

    measured_at = 21.0
    units = {"m": "1", "h": "1"}

    def density(self, v: Each, state: Gates, site: Site) -> Each:
        del site
        return self.g_max * state.m**3 * state.h * (v - self.e_na)

    def gates(self, v: Each, speed: Array, site: Site) -> Gates:
        del site
        # 0.182 per mV and ms, and 0.124, over 6 mV, and six times slower.
        m_rate = 0.182 * linoid((v + 38) / 6) + 0.124 * linoid(-(v + 38) / 6)
        h_rate = gate(
            2.88e-6 * 4.63 * linoid(-(v + 17) / 4.63), 6.94e-6 * 2.63 * linoid((v + 64.4) / 2.63)
        ).rate
        return Gates(
            towards(jax.nn.sigmoid((v + 52.6) / 4.6), 1 / m_rate, speed),
            towards(jax.nn.sigmoid(-(v + 48.8) / 10), 1 / h_rate, speed),
        )
