"""The leaky integrator, which never spikes."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.neurons._linear_membrane import AbstractLinearMembrane
from dendrax.neurons._neuron import Scalar


class LeakyIntegratorState(NamedTuple):
    """Voltage and synaptic current."""

    v: Scalar
    i_syn: Scalar


class LeakyIntegrator(AbstractLinearMembrane):
    """A leaky membrane without threshold: it integrates, and never spikes.

    ``c_m dv/dt = g_leak (e_leak - v) + i_syn + bias + i`` and ``tau_syn di_syn/dt = -i_syn``. Given
    ``tau_mem``, the model has no units: ``g_leak`` is 1, and ``tau_mem`` stands for ``c_m``.

    Parameters
    ----------
    c_m : Quantity [capacitance], default 200 pF
    g_leak : Quantity [conductance], default 10 nS
    tau_mem : Quantity [time], instead of ``c_m`` and ``g_leak``
        Gives the model in its dimensionless form, in which the other defaults differ.
    e_leak : Quantity [voltage], default -70 mV, or 0
        Also where a trial starts.
    bias : Quantity [current], default 0
    tau_syn : Quantity [time], default 5 ms

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If a value is outside of its bounds, or ``tau_mem`` comes with ``c_m`` or ``g_leak``.

    Notes
    -----
    The readout of König et al. 2026, sections IV.A and IV.D: a LIF with an infinite threshold and
    no bias. Weights are drawn as for the LIF; their Table II does not list the readout.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> readout = dx.LeakyIntegrator(tau_mem=20 * pq.ms)
    """

    never_spikes = True
    v_th = v_reset = t_ref = None

    weight_range = (14.0, 28.0)

    def init_state(self) -> LeakyIntegratorState:
        return LeakyIntegratorState(jnp.asarray(self.e_leak), jnp.asarray(0.0))

    def dynamics(
        self, t: Scalar, state: LeakyIntegratorState, current: Scalar
    ) -> LeakyIntegratorState:
        del t
        flow = self._ohmic(state.v, state.i_syn + current) / self.capacitance
        return LeakyIntegratorState(flow, -state.i_syn / self.tau_syn)

    def spike_condition(self, t: Scalar, state: LeakyIntegratorState) -> Scalar:
        del t
        return -jnp.ones_like(state.v)

    def reset_spiked(self, t: Scalar, state: LeakyIntegratorState) -> LeakyIntegratorState:
        del t
        return state

    def observe(self, state: LeakyIntegratorState) -> dict[str, Array]:
        return {"v": state.v, "i_syn": state.i_syn}
