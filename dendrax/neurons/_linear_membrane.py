"""A leaky membrane behind an exponential synapse: all of it is known in closed form."""

from typing import Any

import jax.numpy as jnp

from dendrax.neurons._cascade import AbstractCascade, Ramp, Stretch
from dendrax.neurons._filter import filtered
from dendrax.neurons._membrane import AbstractMembrane
from dendrax.neurons._neuron import Scalar


class AbstractLinearMembrane(AbstractMembrane, AbstractCascade):
    """What LIF and the leaky integrator are between spikes, with ``v`` and ``i_syn`` as state."""

    is_closed = True

    def propagator(self, h: Scalar) -> Scalar:
        return jnp.exp(-h / self.tau_syn)

    def upstream(self, state: Any, propagator: Scalar, current: Ramp) -> Any:
        del current
        return state._replace(i_syn=propagator * state.i_syn)

    def soma(self, state: Any, current: Scalar) -> tuple[Scalar, Scalar]:
        driven = self.conductance * self.e_leak + self.bias + state.i_syn + current
        return jnp.asarray(self.conductance / self.capacitance), driven / self.capacitance

    def stretch(self, state: Any, h: Scalar, current: Ramp) -> Stretch:
        tau = self.capacitance / self.conductance
        past = -jnp.expm1(-h / tau)
        steady = self.e_leak + (self.bias + current.value) / self.conductance
        synaptic = state.i_syn * (filtered(h, self.tau_syn, tau) / self.capacitance)
        ramp = current.slope / self.conductance * (h - tau * past)
        end = self.soma(self.upstream_after(state, h, current), current.after(h))
        at_end = h, h / tau, past * steady + synaptic + ramp, *end
        return Stretch(*(jnp.asarray(x)[None] for x in at_end))

    def turn(self, state: Any, h: Scalar, current: Ramp) -> tuple[Scalar, Scalar]:
        # Where the fading of the synaptic current balances the ramp.
        i_turn = self.tau_syn * current.slope
        ratio = state.i_syn / jnp.where(i_turn == 0, 1.0, i_turn)
        t = self.tau_syn * jnp.log(jnp.maximum(ratio, 1.0))
        turns = (i_turn != 0) & (t > 0) & (t < h)
        t, i_syn = jnp.where(turns, t, 0.0), jnp.where(turns, i_turn, state.i_syn)
        return t, self.soma(state._replace(i_syn=i_syn), current.after(t))[1]
