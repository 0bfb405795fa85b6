"""The leaky integrate-and-fire neuron with an adaptive threshold."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.neurons._integrate_and_fire import AbstractIntegrateAndFire
from dendrax.neurons._membrane import must_lie_below
from dendrax.neurons._neuron import Scalar
from dendrax.parameters import NOT_NEGATIVE, POSITIVE, ParameterOrArray, by_instance, parameter


class AdaptiveLIFState(NamedTuple):
    """Voltage, synaptic current, rise of the threshold, end of the refractory period (ms)."""

    v: Scalar
    i_syn: Scalar
    b_th: Scalar
    t_ready: Scalar | None  # held between events: it has no derivative


class AdaptiveLIF(AbstractIntegrateAndFire):
    """Leaky integrate-and-fire neuron whose threshold grows with each of its own spikes.

    The equations of :class:`LIF`, with the threshold ``v_th + b_th``: ``b_th`` starts at 0, decays
    by ``tau_th db_th/dt = -b_th``, and grows by ``b_jump`` at each spike.

    Parameters
    ----------
    b_jump : Quantity [voltage], default 5 mV, or 0.25
    tau_th : Quantity [time], default 200 ms
    v_th : Quantity [voltage], default -50 mV, or 1
    c_m, g_leak, tau_mem, e_leak, v_reset, t_ref, bias, tau_syn
        As for :class:`LIF`.

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If ``v_reset`` or ``e_leak`` is not below ``v_th``, a value is outside of its bounds, or
        ``tau_mem`` comes with ``c_m`` or ``g_leak``.

    Notes
    -----
    Bellec et al. 2018, the adaptive neurons of their LSNN, in continuous time; theirs subtract the
    threshold at a spike, here ``v`` is put to ``v_reset``, and the jump of the threshold is no
    multiple of ``1 / tau_th``. Initial ranges of weights and bias are those of the LIF.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> neuron = dx.AdaptiveLIF(tau_mem=20 * pq.ms, b_jump=dx.learnable(0.3))
    """

    v_th: ParameterOrArray = parameter("mV", default=-50.0, dimensionless=1.0)
    b_jump: ParameterOrArray = parameter("mV", default=5.0, bounds=NOT_NEGATIVE, dimensionless=0.25)
    tau_th: ParameterOrArray = parameter("ms", default=200.0, bounds=POSITIVE)

    weight_range = (14.0, 28.0)
    bias_range = (0.0025, 0.005)

    def __check_init__(self) -> None:
        must_lie_below("AdaptiveLIF.v_reset", self.v_reset, "v_th", self.v_th)
        must_lie_below("AdaptiveLIF.e_leak", self.e_leak, "v_th", self.v_th)

    @by_instance
    def units(self) -> dict[str, str]:
        shown = super().units
        return {**shown, "b_th": shown["v"]}

    def init_state(self) -> AdaptiveLIFState:
        zero = jnp.asarray(0.0)
        return AdaptiveLIFState(jnp.asarray(self.e_leak), zero, zero, jnp.asarray(jnp.inf))

    def dynamics(self, t: Scalar, state: AdaptiveLIFState, current: Scalar) -> AdaptiveLIFState:
        del t
        flow = self._ohmic(state.v, state.i_syn + current) / self.capacitance
        return AdaptiveLIFState(
            v=self._unless_refractory(state, flow),
            i_syn=-state.i_syn / self.tau_syn,
            b_th=-state.b_th / self.tau_th,
            t_ready=None,
        )

    def spike_condition(self, t: Scalar, state: AdaptiveLIFState) -> Scalar:
        del t
        return state.v - self.v_th - state.b_th

    def reset_spiked(self, t: Scalar, state: AdaptiveLIFState) -> AdaptiveLIFState:
        return state._replace(
            v=jnp.asarray(self.v_reset), b_th=state.b_th + self.b_jump, t_ready=t + self.t_ref
        )

    def observe(self, state: AdaptiveLIFState) -> dict[str, Array]:
        return {"v": state.v, "i_syn": state.i_syn, "b_th": state.b_th}
