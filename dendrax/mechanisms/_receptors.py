"""The common receptors of cortical synapses."""

import jax.numpy as jnp

from dendrax.mechanisms._double_exponential import (
    DoubleExponentialState,
    DoubleExponentialSynapses,
)
from dendrax.mechanisms._mechanism import SYNAPSE, Each, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class AMPA(DoubleExponentialSynapses):
    """Synapses with AMPA receptors.

    Parameters
    ----------
    region : str or Region, default "all"
    n : int, optional
        How many, spread evenly over the compartments of the region. Default: as many as there are
        places in ``at``, or 1.
    at : str or sequence of str, optional
        Their places (``"apic[76](0.2)"``), instead of a region.
    g_max : Quantity [conductance], (synapse,) or scalar, default 0.7 nS
    tau_rise, tau_decay : Quantity [time], (synapse,) or scalar, default 0.3 and 1.8 ms
    e_rev : Quantity [voltage], (synapse,) or scalar, default 0 mV
    delay : Quantity [time], (synapse,) or scalar, optional
        How much later a spike acts. Default: not at all.

    Notes
    -----
    Human layer 2/3: Eyal et al. 2018, Front Cell Neurosci 12:181.
    """

    g_max: ParameterOrArray = parameter("nS", default=0.7, bounds=POSITIVE, dims=SYNAPSE)
    tau_rise: ParameterOrArray = parameter("ms", default=0.3, bounds=POSITIVE, dims=SYNAPSE)
    tau_decay: ParameterOrArray = parameter("ms", default=1.8, bounds=POSITIVE, dims=SYNAPSE)


class NMDA(DoubleExponentialSynapses):
    r"""Synapses with NMDA receptors, which magnesium blocks.

    .. math::
        I = \frac{g_{max} \, g}{1 + e^{-\gamma v} \, [Mg] / K} (v - e_{rev})

    Parameters
    ----------
    region : str or Region, default "all"
    n : int, optional
        How many, spread evenly over the compartments of the region. Default: as many as there are
        places in ``at``, or 1.
    at : str or sequence of str, optional
        Their places (``"apic[76](0.2)"``), instead of a region.
    g_max : Quantity [conductance], (synapse,) or scalar, default 1.3 nS
    tau_rise, tau_decay : Quantity [time], (synapse,) or scalar, default 8 and 35 ms
    e_rev : Quantity [voltage], (synapse,) or scalar, default 0 mV
    gamma : Quantity [1/voltage], (synapse,) or scalar, default 0.077 / mV
    mg, mg_half : Quantity [concentration], (synapse,) or scalar, default 1 and 3.57 mM
        Outside of the cell; and what blocks half at 0 mV, K.
    delay : Quantity [time], (synapse,) or scalar, optional
        How much later a spike acts. Default: not at all.

    Notes
    -----
    Block: Jahr & Stevens 1990, J Neurosci 10:3178, who have 0.062 / mV in the rat. The values are
    those of human layer 2/3: Eyal et al. 2018, Front Cell Neurosci 12:181.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.NMDA("basal", n=20, tau_decay=dx.learnable(35 * pq.ms)).tau_decay.is_learnable
    True
    """

    g_max: ParameterOrArray = parameter("nS", default=1.3, bounds=POSITIVE, dims=SYNAPSE)
    tau_rise: ParameterOrArray = parameter("ms", default=8.0, bounds=POSITIVE, dims=SYNAPSE)
    tau_decay: ParameterOrArray = parameter("ms", default=35.0, bounds=POSITIVE, dims=SYNAPSE)
    gamma: ParameterOrArray = parameter("1/mV", default=0.077, bounds=POSITIVE, dims=SYNAPSE)
    mg: ParameterOrArray = parameter("mM", default=1.0, bounds=POSITIVE, dims=SYNAPSE)
    mg_half: ParameterOrArray = parameter("mM", default=3.57, bounds=POSITIVE, dims=SYNAPSE)

    def current(self, v: Each, state: DoubleExponentialState, site: Site) -> Each:
        unblocked = 1 / (1 + self.mg / self.mg_half * jnp.exp(-self.gamma * v))
        return unblocked * super().current(v, state, site)


class GABA(DoubleExponentialSynapses):
    """Synapses with GABA-A receptors.

    Parameters
    ----------
    region : str or Region, default "all"
    n : int, optional
        How many, spread evenly over the compartments of the region. Default: as many as there are
        places in ``at``, or 1.
    at : str or sequence of str, optional
        Their places (``"apic[76](0.2)"``), instead of a region.
    g_max : Quantity [conductance], (synapse,) or scalar, default 0.5 nS
    tau_rise, tau_decay : Quantity [time], (synapse,) or scalar, default 0.5 and 5 ms
        As of basket cells; 2 and 23 ms as of Martinotti cells.
    e_rev : Quantity [voltage], (synapse,) or scalar, default -75 mV
    delay : Quantity [time], (synapse,) or scalar, optional
        How much later a spike acts. Default: not at all.

    Notes
    -----
    As in Gidon et al. 2020, Science 367:83.
    """

    g_max: ParameterOrArray = parameter("nS", default=0.5, bounds=POSITIVE, dims=SYNAPSE)
    e_rev: ParameterOrArray = parameter("mV", default=-75.0, dims=SYNAPSE)
