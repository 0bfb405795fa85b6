"""A wrapper: the neuron spikes once at most."""

import jax.numpy as jnp

from dendrax.neurons._neuron import Scalar
from dendrax.neurons._wrapper import AbstractWrapper, Wrapped


class AtMostOneSpike(AbstractWrapper):
    """A neuron that spikes at most once in a trial.

    After its first spike the guard is a negative constant. The neuron is reset, and goes on: it
    receives input and can be observed, also above its threshold. An exponential upstroke that
    nothing ends stays where it has run to.

    Parameters
    ----------
    neuron : AbstractNeuron

    Notes
    -----
    AMOS in König et al. 2026, Table II, which uses it with the time to first spike.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> neuron = dx.AtMostOneSpike(dx.LIF(tau_mem=20 * pq.ms, bias=dx.learnable(1.5)))
    """

    def init_state(self) -> Wrapped:
        return Wrapped(self.neuron.init_state(), jnp.asarray(0.0))

    def spike_condition(self, t: Scalar, state: Wrapped) -> Scalar:
        has_spiked = state.mark > 0
        return jnp.where(has_spiked, -1.0, self.neuron.spike_condition(t, state.neuron))

    def reset_spiked(self, t: Scalar, state: Wrapped) -> Wrapped:
        return Wrapped(self.neuron.reset_spiked(t, state.neuron), jnp.ones_like(state.mark))
