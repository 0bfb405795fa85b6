"""What an open synapse does: it lets a current through, or injects one."""

from typing import Any

from dendrax.mechanisms._mechanism import SYNAPSE, AbstractSynapses, Each, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class AbstractConductances(AbstractSynapses):
    """Synapses with the current ``g_max g (v - e_rev)``, where ``g`` of the state is open."""

    g_max: ParameterOrArray = parameter("nS", default=1.0, bounds=POSITIVE, dims=SYNAPSE)
    e_rev: ParameterOrArray = parameter("mV", default=0.0, dims=SYNAPSE)

    def current(self, v: Each, state: Any, site: Site) -> Each:
        del site
        return self.g_max * state.g * (v - self.e_rev)


class AbstractCurrents(AbstractSynapses):
    """Synapses that inject the current ``i_max g``, whatever the voltage."""

    i_max: ParameterOrArray = parameter("pA", default=10.0, dims=SYNAPSE)

    def current(self, v: Each, state: Any, site: Site) -> Each:
        del v, site
        return -self.i_max * state.g
