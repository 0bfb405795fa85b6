"""Channels whose gates depend on the voltage and on the temperature."""

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

from jaxtyping import Array

from dendrax.mechanisms._kinetics import q10
from dendrax.mechanisms._mechanism import COMPARTMENT, AbstractChannel, Each, Leaf, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class Activation(NamedTuple):
    """What opens a channel."""

    m: Leaf


class Gates(NamedTuple):
    """What opens a channel, and what is open until it inactivates."""

    m: Leaf
    h: Leaf


class AbstractGated(AbstractChannel):
    """A channel with gates, measured at some temperature.

    Parameters
    ----------
    region : str or Region, default "all"
    v_shift : Quantity [voltage], default 0 mV
        By how much the curves of all gates lie to the right of those of the source.
    q10 : float, default 2.3
        Of the rates, from the temperature at which they hold.

    Attributes
    ----------
    measured_at : float
        That temperature, in degrees Celsius.
    """

    v_shift: ParameterOrArray = parameter("mV", default=0.0, dims=COMPARTMENT)
    q10: ParameterOrArray = parameter("1", default=2.3, bounds=POSITIVE)

    measured_at: ClassVar[float]
    needs_temperature = True

    @abstractmethod
    def gates(self, v: Each, speed: Array, site: Site) -> Any:
        """Return the relaxation of each gate at a voltage of the source (mV)."""

    def relaxation(self, v: Each, state: Any, site: Site) -> Any:
        del state
        speed = q10(self.q10, site.celsius, self.measured_at)
        return self.gates(v - self.v_shift, speed, site)
