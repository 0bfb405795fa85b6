"""The potassium current of small conductance, which needs calcium only."""

from typing import NamedTuple

from dendrax.mechanisms._kinetics import towards
from dendrax.mechanisms._mechanism import COMPARTMENT, AbstractChannel, Each, Leaf, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class SKState(NamedTuple):
    """Activation by calcium."""

    z: Leaf


class SK(AbstractChannel):
    r"""Calcium-activated potassium ``g_max z``, opened by calcium alone.

    .. math::
        z_\infty = \frac{1}{1 + (c_{half} / c)^n}

    Parameters
    ----------
    region : str or Region, default "all"
    g_max : Quantity [conductance per area], default 1 mS/cm2
    e_k : Quantity [voltage], default -85 mV
    c_half : Quantity [concentration], default 0.00043 mM
    n : float, default 4.8
    tau_z : Quantity [time], default 1 ms
        Does not depend on the temperature.

    Notes
    -----
    Köhler et al. 1996, Science 273:1709; the time constant is that of Hay et al. 2011, PLoS Comput
    Biol 7:e1002107.
    """

    g_max: ParameterOrArray = parameter("mS/cm**2", default=1.0, bounds=POSITIVE, dims=COMPARTMENT)
    e_k: ParameterOrArray = parameter("mV", default=-85.0, dims=COMPARTMENT)
    c_half: ParameterOrArray = parameter("mM", default=0.00043, bounds=POSITIVE, dims=COMPARTMENT)
    n: ParameterOrArray = parameter("1", default=4.8, bounds=POSITIVE)
    tau_z: ParameterOrArray = parameter("ms", default=1.0, bounds=POSITIVE, dims=COMPARTMENT)

    reads = ("ca",)
    units = {"z": "1"}

    def density(self, v: Each, state: SKState, site: Site) -> Each:
        del site
        return self.g_max * state.z * (v - self.e_k)

    def relaxation(self, v: Each, state: object, site: Site) -> SKState:
        del v, state
        return SKState(towards(1 / (1 + (self.c_half / site.inside["ca"]) ** self.n), self.tau_z))
