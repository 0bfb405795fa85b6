"""What calcium currents share: their ion, and a reversal potential that may follow its pool."""

from jaxtyping import Array

from dendrax.mechanisms._gated import AbstractGated, Gates
from dendrax.mechanisms._kinetics import nernst
from dendrax.mechanisms._mechanism import COMPARTMENT, Each, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, by_instance, parameter


class AbstractCalciumCurrent(AbstractGated):
    """A calcium current ``g_max m^2 h (v - e_ca)``.

    Parameters
    ----------
    region : str or Region, default "all"
    g_max : Quantity [conductance per area], default 0.5 mS/cm2
    e_ca : Quantity [voltage], optional
        Default: the Nernst potential of the calcium in the pool of the compartment.
    v_shift : Quantity [voltage], default 0 mV
    q10 : float, default 2.3
    """

    g_max: ParameterOrArray = parameter("mS/cm**2", default=0.5, bounds=POSITIVE, dims=COMPARTMENT)
    e_ca: ParameterOrArray = parameter("mV", dims=COMPARTMENT, own=True)

    ion = "ca"
    units = {"m": "1", "h": "1"}

    @by_instance
    def reads(self) -> tuple[str, ...]:
        """Calcium, unless its reversal potential is fixed."""
        return () if self.e_ca is not None else ("ca",)

    def density(self, v: Each, state: Gates, site: Site) -> Each:
        return self.g_max * state.m**2 * state.h * (v - self._reversal(site))

    def _reversal(self, site: Site) -> Array:
        if self.e_ca is not None:
            return self.e_ca
        return nernst(site.inside["ca"], site.outside["ca"], 2, site.celsius)
