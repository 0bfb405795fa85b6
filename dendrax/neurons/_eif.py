"""The exponential integrate-and-fire neuron."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.neurons._exponential import AbstractExponential
from dendrax.neurons._neuron import Scalar


class EIFState(NamedTuple):
    """Distance to the spike, synaptic current, end of the refractory period (ms)."""

    p: Scalar
    i_syn: Scalar
    t_ready: Scalar | None  # held between events: it has no derivative


class EIF(AbstractExponential):
    """Exponential integrate-and-fire neuron.

    ``c_m dv/dt = g_leak (e_leak - v) + g_leak delta_t exp((v - v_t) / delta_t) + i_syn + bias + i``
    A spike is the arrival at ``v_peak``; then ``v`` is put to ``v_reset`` and held there for
    ``t_ref``.

    Given ``tau_mem``, the model has no units: ``g_leak`` is 1, and ``tau_mem`` stands for ``c_m``.

    Parameters
    ----------
    c_m : Quantity [capacitance], default 200 pF
    g_leak : Quantity [conductance], default 10 nS
    tau_mem : Quantity [time], instead of ``c_m`` and ``g_leak``
        Gives the model in its dimensionless form, in which the other defaults differ.
    e_leak : Quantity [voltage], default -70 mV, or 0
        Also where a trial starts.
    v_t : Quantity [voltage], default -50 mV, or 1
        Where the exponential current begins to win; the soft threshold.
    delta_t : Quantity [voltage], default 2 mV, or 0.2
        Sharpness of the spike initiation.
    v_peak : Quantity [voltage], default 0 mV, or 2.98
    v_reset : Quantity [voltage], default -60 mV, or 0
    t_ref : Quantity [time], default 0 ms
    bias : Quantity [current], default 0
    tau_syn : Quantity [time], default 5 ms

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If ``v_t``, ``v_reset`` or ``e_leak`` is not below ``v_peak``, a bound is violated, or
        ``tau_mem`` comes with ``c_m`` or ``g_leak``.

    Notes
    -----
    Fourcaud-Trocmé, Hansel, van Vreeswijk & Brunel 2003; the dimensionless form has the defaults of
    Table II of König et al. 2026.
    """

    def init_state(self) -> EIFState:
        return EIFState(self._distance(self.e_leak), jnp.asarray(0.0), jnp.asarray(jnp.inf))

    def dynamics(self, t: Scalar, state: EIFState, current: Scalar) -> EIFState:
        del t
        flow = self._flow(state.p, self._voltage(state.p), state.i_syn + current)
        return EIFState(self._unless_refractory(state, flow), -state.i_syn / self.tau_syn, None)

    def reset_spiked(self, t: Scalar, state: EIFState) -> EIFState:
        return state._replace(p=self._distance(self.v_reset), t_ready=t + self.t_ref)

    def observe(self, state: EIFState) -> dict[str, Array]:
        return {"v": self._voltage(state.p), "i_syn": state.i_syn}
