"""Clamps that follow a waveform: electrodes of any number, and dynamic clamps."""

from abc import abstractmethod
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from dendrax.mechanisms._mechanism import AbstractMechanism, Each, Site
from dendrax.morphology import Compartments
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class ClampState(NamedTuple):
    """The time since the start of the trial (ms)."""

    t: Each


class AbstractClamp(AbstractMechanism):
    """A mechanism that follows a waveform in time, the same one in all trials.

    The implicit solver of cells stops at each of its corners.

    Parameters
    ----------
    region : str or Region, default "soma"
        A place (``"apic[3](0.5)"``), or a region, of which the first compartment is clamped.
    waveform : Current
        A ``step_current``, ``ramp_current`` or ``sampled_current``, or a sum of these.
    """

    region: Any = eqx.field(static=True, default="soma")
    waveform: Any = eqx.field(kw_only=True)

    units = {"t": "ms"}

    def places(self, compartments: Compartments) -> Int[np.ndarray, " place"]:
        return super().places(compartments)[:1]

    def init_state(self, v: Each, site: Site) -> ClampState:
        del site
        return ClampState(jnp.zeros_like(v))

    def flow(self, v: Each, state: ClampState, site: Site, h: Array) -> ClampState:
        del v, site
        return ClampState(state.t + h)

    def derivative(self, v: Each, state: ClampState, site: Site) -> ClampState:
        del state, site
        return ClampState(jnp.ones_like(v))

    def current(self, v: Each, state: ClampState, site: Site) -> Each:
        del site
        wave = self.waveform
        k = jnp.searchsorted(wave.start, state.t, side="right") - 1
        at = jnp.maximum(k, 0)
        level = wave.value[at] + wave.slope[at] * (state.t - wave.start[at])
        return self.outward(v, jnp.where(k < 0, 0.0, level))

    @abstractmethod
    def outward(self, v: Each, level: Each) -> Each:
        """Return the current (pA) out of the cell where the waveform is at a level."""


class CurrentClamp(AbstractClamp):
    """An electrode besides that of the cell: injects the waveform (pA).

    Parameters
    ----------
    region : str or Region, default "soma"
        A place (``"apic[3](0.5)"``), or a region, of which the first compartment is clamped.
    waveform : Current
        In pA.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> pulse = dx.step_current(200 * pq.pA, 5 * pq.ms, 25 * pq.ms)
    >>> dx.CurrentClamp("apical", waveform=pulse).waveform.unit
    'pA'
    """

    def outward(self, v: Each, level: Each) -> Each:
        del v
        return -level


class DynamicClamp(AbstractClamp):
    """A conductance that follows a waveform: injects ``g_max waveform(t) (e_reversal - v)``.

    Parameters
    ----------
    region : str or Region, default "soma"
        A place (``"apic[3](0.5)"``), or a region, of which the first compartment is clamped.
    waveform : Current
        Without unit; ``sampled_current`` takes a measured one.
    g_max : Quantity [conductance], default 1 nS
    e_reversal : Quantity [voltage], default 0 mV

    Notes
    -----
    Sharp, O'Neil, Abbott & Marder 1993, J Neurophysiol 69:992.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> opening = dx.ramp_current(0.0, 1.0, 5 * pq.ms, 25 * pq.ms)
    >>> dx.DynamicClamp("soma", waveform=opening, g_max=10 * pq.nS).g_max.quantity
    array(10.) * nS
    """

    g_max: ParameterOrArray = parameter("nS", default=1.0, bounds=POSITIVE)
    e_reversal: ParameterOrArray = parameter("mV", default=0.0)

    def outward(self, v: Each, level: Each) -> Each:
        return self.g_max * level * (v - self.e_reversal)
