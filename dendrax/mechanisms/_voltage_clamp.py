"""A voltage clamp: an amplifier behind a series resistance."""

from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Int

from dendrax.mechanisms._mechanism import AbstractMechanism, Each, Site
from dendrax.morphology import Compartments
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class VoltageClamp(AbstractMechanism):
    r"""A clamp with the current :math:`(v_{command}(t) - v) / r_{series}` into the cell.

    A voltage source behind a resistance is a current source beside it: this is the resistance, and
    the electrode of the cell injects :math:`v_{command} / r_{series}`, which
    :func:`dendrax.voltage_command` makes. Put the electrode where the clamp is.

    Parameters
    ----------
    region : str or Region, default "soma"
        A place (``"apic[3](0.5)"``), or a region, of which the first compartment is clamped.
    r_series : Quantity [resistance], default 1 MOhm

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.VoltageClamp(r_series=5 * pq.MOhm).r_series.quantity
    array(5.) * megaohm
    """

    region: Any = eqx.field(static=True, default="soma")
    r_series: ParameterOrArray = parameter("MOhm", default=1.0, bounds=POSITIVE)

    def places(self, compartments: Compartments) -> Int[np.ndarray, " place"]:
        return super().places(compartments)[:1]

    def current(self, v: Each, state: Any, site: Site) -> Each:
        del state, site
        return 1000 * v / self.r_series  # mV / MOhm is nA
