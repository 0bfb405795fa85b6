"""Synapses that rise and decay exponentially after each spike."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.mechanisms._kinetics import linoid
from dendrax.mechanisms._mechanism import SYNAPSE, AbstractSynapses, Each, Leaf, Relaxation, Site
from dendrax.mechanisms._transmission import AbstractConductances, AbstractCurrents
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class DoubleExponentialState(NamedTuple):
    """What is open of each synapse, and what opens it (per ms)."""

    g: Leaf
    rise: Leaf


class AbstractDoubleExponential(AbstractSynapses):
    r"""Synapses that open with ``tau_rise`` and close with ``tau_decay``.

    .. math::
        \dot g = r - g / \tau_{decay}, \quad \dot r = -r / \tau_{rise}

    A spike adds to r what makes its g peak at its weight. The time constants may be equal, as for
    an alpha function, and either may be the longer one.
    """

    tau_rise: ParameterOrArray = parameter("ms", default=0.5, bounds=POSITIVE, dims=SYNAPSE)
    tau_decay: ParameterOrArray = parameter("ms", default=5.0, bounds=POSITIVE, dims=SYNAPSE)

    units = {"g": "1", "rise": "1/ms"}

    def init_state(self, v: Each, site: Site) -> DoubleExponentialState:
        del site
        return DoubleExponentialState(jnp.zeros_like(v), jnp.zeros_like(v))

    def relaxation(self, v: Each, state: Any, site: Site) -> DoubleExponentialState:
        del site
        ones = jnp.ones_like(v)
        return DoubleExponentialState(
            Relaxation(state.rise * self.tau_decay, ones / self.tau_decay),
            Relaxation(jnp.zeros_like(v), ones / self.tau_rise),
        )

    def flow(
        self, v: Each, state: DoubleExponentialState, site: Site, h: Array
    ) -> DoubleExponentialState:
        del v, site
        return DoubleExponentialState(
            state.g * jnp.exp(-h / self.tau_decay) + state.rise * self._response(h),
            state.rise * jnp.exp(-h / self.tau_rise),
        )

    def deliver(
        self, state: DoubleExponentialState, weight: Array, synapse: Array
    ) -> DoubleExponentialState:
        amount = weight / self._peak()
        if amount.ndim:
            amount = amount.at[synapse].get(mode="clip")
        return state._replace(rise=state.rise.at[synapse].add(amount, mode="drop"))

    def _response(self, t: Array) -> Array:
        """Return g at a time after r was 1, in ms: a difference of exponentials over its rate."""
        # (exp(-a t) - exp(-b t)) / (b - a), also where a = b.
        a, b = 1 / self.tau_decay, 1 / self.tau_rise
        return t * jnp.exp(-a * t) / linoid((b - a) * t)

    def _peak(self) -> Array:
        """Return the greatest response, where b exp(-b t) = a exp(-a t)."""
        return self._response(self.tau_decay * linoid(-jnp.log(self.tau_decay / self.tau_rise)))


class DoubleExponentialSynapses(AbstractDoubleExponential, AbstractConductances):
    """Synapses with the current ``g_max g (v - e_rev)``; after a spike, g peaks at its weight.

    Parameters
    ----------
    region : str or Region, default "all"
    n : int, optional
        How many, spread evenly over the compartments of the region. Default: as many as there are
        places in ``at``, or 1.
    at : str or sequence of str, optional
        Their places (``"apic[76](0.2)"``), instead of a region.
    g_max : Quantity [conductance], (synapse,) or scalar, default 1 nS
    tau_rise, tau_decay : Quantity [time], (synapse,) or scalar, default 0.5 and 5 ms
    e_rev : Quantity [voltage], (synapse,) or scalar, default 0 mV
    delay : Quantity [time], (synapse,) or scalar, optional
        How much later a spike acts. Default: not at all.
    """


class DoubleExponentialCurrents(AbstractDoubleExponential, AbstractCurrents):
    """Synapses that inject the current ``i_max g``; after a spike, g peaks at its weight.

    Parameters
    ----------
    region : str or Region, default "all"
    n : int, optional
        How many, spread evenly over the compartments of the region. Default: as many as there are
        places in ``at``, or 1.
    at : str or sequence of str, optional
        Their places (``"apic[76](0.2)"``), instead of a region.
    i_max : Quantity [current], (synapse,) or scalar, default 10 pA
        Positive into the cell; negative for inhibition.
    tau_rise, tau_decay : Quantity [time], (synapse,) or scalar, default 0.5 and 5 ms
    delay : Quantity [time], (synapse,) or scalar, optional
        How much later a spike acts. Default: not at all.
    """
