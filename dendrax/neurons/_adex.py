"""The adaptive exponential integrate-and-fire neuron."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.neurons._exponential import AbstractExponential
from dendrax.neurons._neuron import Scalar
from dendrax.parameters import POSITIVE, ParameterOrArray, by_instance, parameter


class AdExState(NamedTuple):
    """Distance to the spike, adaptation and synaptic current, end of the refractory period (ms)."""

    p: Scalar
    w: Scalar
    i_syn: Scalar
    t_ready: Scalar | None  # held between events: it has no derivative


class AdEx(AbstractExponential):
    """Adaptive exponential integrate-and-fire neuron.

    ``c_m dv/dt = g_leak (e_leak - v) + g_leak delta_t exp((v - v_t) / delta_t) - w + i_syn + bias``
    ``+ i``, ``tau_w dw/dt = a (v - e_leak) - w``. A spike is the arrival at ``v_peak``; then ``v``
    is put to ``v_reset`` and held there for ``t_ref``, and ``w`` grows by ``b``.

    Parameters
    ----------
    a : Quantity [conductance], default 2 nS, or 0.2
        Subthreshold adaptation; positive values give sag.
    b : Quantity [current], default 60 pA, or 0.3
        Spike-triggered adaptation.
    tau_w : Quantity [time], default 120 ms
    c_m, g_leak, tau_mem, e_leak, v_t, delta_t, v_peak, v_reset, t_ref, bias, tau_syn
        As for :class:`EIF`.

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If ``v_t``, ``v_reset`` or ``e_leak`` is not below ``v_peak``, a bound is violated, or
        ``tau_mem`` comes with ``c_m`` or ``g_leak``.

    Notes
    -----
    Brette & Gerstner 2005, Eqs. 1-3; the refractory period, which holds ``v`` but not ``w``, is
    added. In the dimensionless form 1 is the distance from rest to ``v_t`` and the
    conductance of the leak; the paper has no such model, and its defaults are those of the EIF.
    """

    a: ParameterOrArray = parameter("nS", default=2.0, dimensionless=0.2)
    b: ParameterOrArray = parameter("pA", default=60.0, dimensionless=0.3)
    tau_w: ParameterOrArray = parameter("ms", default=120.0, bounds=POSITIVE)

    @by_instance
    def units(self) -> dict[str, str]:
        shown = super().units
        return {**shown, "w": shown["i_syn"]}

    def init_state(self) -> AdExState:
        zero = jnp.asarray(0.0)
        return AdExState(self._distance(self.e_leak), zero, zero, jnp.asarray(jnp.inf))

    def dynamics(self, t: Scalar, state: AdExState, current: Scalar) -> AdExState:
        del t
        v = self._voltage(state.p)
        flow = self._flow(state.p, v, state.i_syn + current - state.w)
        return AdExState(
            p=self._unless_refractory(state, flow),
            w=(self.a * (v - self.e_leak) - state.w) / self.tau_w,
            i_syn=-state.i_syn / self.tau_syn,
            t_ready=None,
        )

    def reset_spiked(self, t: Scalar, state: AdExState) -> AdExState:
        return state._replace(
            p=self._distance(self.v_reset), w=state.w + self.b, t_ready=t + self.t_ref
        )

    def observe(self, state: AdExState) -> dict[str, Array]:
        return {"v": self._voltage(state.p), "w": state.w, "i_syn": state.i_syn}
