"""The membrane without channels that open, and the cytoplasm."""

from typing import Any

from dendrax.mechanisms._mechanism import COMPARTMENT, AbstractChannel, Each, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class Passive(AbstractChannel):
    """Capacitance, leak and axial resistivity; every compartment of a cell has one.

    Parameters
    ----------
    region : str or Region, default "all"
    c_m : Quantity [capacitance per area], default 1 uF/cm2
    g_leak : Quantity [conductance per area], default 0.05 mS/cm2
    e_leak : Quantity [voltage], default -70 mV
    r_axial : Quantity [resistivity], default 100 ohm cm

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.Passive(c_m=dx.learnable(0.9 * pq.uF / pq.cm**2)).c_m.unit
    'uF/cm**2'
    """

    c_m: ParameterOrArray = parameter("uF/cm**2", default=1.0, bounds=POSITIVE, dims=COMPARTMENT)
    g_leak: ParameterOrArray = parameter(
        "mS/cm**2", default=0.05, bounds=POSITIVE, dims=COMPARTMENT
    )
    e_leak: ParameterOrArray = parameter("mV", default=-70.0, dims=COMPARTMENT)
    r_axial: ParameterOrArray = parameter(
        "ohm*cm", default=100.0, bounds=POSITIVE, dims=COMPARTMENT
    )

    def density(self, v: Each, state: Any, site: Site) -> Each:
        del state, site
        return self.g_leak * (v - self.e_leak)
