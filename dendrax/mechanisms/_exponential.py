"""Synapses that jump with each spike and decay exponentially."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.mechanisms._kinetics import towards
from dendrax.mechanisms._mechanism import SYNAPSE, AbstractSynapses, Each, Leaf, Site
from dendrax.mechanisms._transmission import AbstractConductances, AbstractCurrents
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class ExponentialState(NamedTuple):
    """What is open of each synapse: 1 after one spike of weight 1."""

    g: Leaf


class AbstractExponential(AbstractSynapses):
    """Synapses that open by the weight of each spike, at once, and close with ``tau``."""

    tau: ParameterOrArray = parameter("ms", default=5.0, bounds=POSITIVE, dims=SYNAPSE)

    units = {"g": "1"}

    def init_state(self, v: Each, site: Site) -> ExponentialState:
        del site
        return ExponentialState(jnp.zeros_like(v))

    def relaxation(self, v: Each, state: Any, site: Site) -> ExponentialState:
        del state, site
        return ExponentialState(towards(jnp.zeros_like(v), self.tau))

    def deliver(self, state: ExponentialState, weight: Array, synapse: Array) -> ExponentialState:
        return ExponentialState(state.g.at[synapse].add(weight, mode="drop"))


class ExponentialSynapses(AbstractExponential, AbstractConductances):
    """Synapses with the current ``g_max g (v - e_rev)``; ``g`` rises by the weight of a spike.

    Parameters
    ----------
    region : str or Region, default "all"
    n : int, optional
        How many, spread evenly over the compartments of the region. Default: as many as there are
        places in ``at``, or 1.
    at : str or sequence of str, optional
        Their places (``"apic[76](0.2)"``), instead of a region.
    g_max : Quantity [conductance], (synapse,) or scalar, default 1 nS
    tau : Quantity [time], (synapse,) or scalar, default 5 ms
    e_rev : Quantity [voltage], (synapse,) or scalar, default 0 mV
    delay : Quantity [time], (synapse,) or scalar, optional
        How much later a spike acts. Default: not at all.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.ExponentialSynapses(at=["dend[0](0.2)", "dend[0](0.8)"], tau=[3, 9] * pq.ms).n
    2
    """


class ExponentialCurrents(AbstractExponential, AbstractCurrents):
    """Synapses that inject the current ``i_max g``, whatever the voltage.

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
    tau : Quantity [time], (synapse,) or scalar, default 5 ms
    delay : Quantity [time], (synapse,) or scalar, optional
        How much later a spike acts. Default: not at all.
    """
