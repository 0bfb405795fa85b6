"""The leaky integrate-and-fire neuron."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.neurons._integrate_and_fire import AbstractIntegrateAndFire
from dendrax.neurons._linear_membrane import AbstractLinearMembrane
from dendrax.neurons._membrane import must_lie_below
from dendrax.neurons._neuron import Scalar
from dendrax.parameters import ParameterOrArray, parameter


class LIFState(NamedTuple):
    """Voltage, synaptic current, end of the refractory period (ms)."""

    v: Scalar
    i_syn: Scalar
    t_ready: Scalar | None  # held between events: it has no derivative


class LIF(AbstractIntegrateAndFire, AbstractLinearMembrane):
    """Leaky integrate-and-fire neuron with an exponential synaptic current.

    ``c_m dv/dt = g_leak (e_leak - v) + i_syn + bias + i`` and ``tau_syn di_syn/dt = -i_syn``. When
    ``v`` reaches ``v_th`` the neuron spikes, ``v`` is put to ``v_reset`` and held there for
    ``t_ref``.

    Given ``tau_mem``, the model has no units: ``tau_mem dv/dt = e_leak - v + i_syn + bias + i``.

    Parameters
    ----------
    c_m : Quantity [capacitance], default 200 pF
    g_leak : Quantity [conductance], default 10 nS
    tau_mem : Quantity [time], instead of ``c_m`` and ``g_leak``
        Gives the model in its dimensionless form, in which the other defaults differ.
    e_leak : Quantity [voltage], default -70 mV, or 0
        Also where a trial starts.
    v_th : Quantity [voltage], default -50 mV, or 1
    v_reset : Quantity [voltage], default -60 mV, or 0
    t_ref : Quantity [time], default 0 ms
    bias : Quantity [current], default 0
    tau_syn : Quantity [time], default 5 ms

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If ``v_reset`` or ``e_leak`` is not below ``v_th``, a value is outside of its bounds, or
        ``tau_mem`` comes with ``c_m`` or ``g_leak``.

    Notes
    -----
    The dimensionless form is the LIF of König et al. 2026, with the defaults of their Table II.
    Their Eq. 1 prints the bias current in the equation of the synaptic current; here, as in their
    code, it acts on the voltage.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> neuron = dx.LIF(c_m=150 * pq.pF, v_th=dx.learnable(-48 * pq.mV, bounds=(-55, -40) * pq.mV))
    >>> dx.LIF(tau_mem=20 * pq.ms).v_th.quantity
    array(1.) * dimensionless
    """

    v_th: ParameterOrArray = parameter("mV", default=-50.0, dimensionless=1.0)

    weight_range = (14.0, 28.0)
    bias_range = (0.0025, 0.005)

    def __check_init__(self) -> None:
        must_lie_below("LIF.v_reset", self.v_reset, "v_th", self.v_th)
        must_lie_below("LIF.e_leak", self.e_leak, "v_th", self.v_th)

    def init_state(self) -> LIFState:
        return LIFState(jnp.asarray(self.e_leak), jnp.asarray(0.0), jnp.asarray(jnp.inf))

    def dynamics(self, t: Scalar, state: LIFState, current: Scalar) -> LIFState:
        del t
        flow = self._ohmic(state.v, state.i_syn + current) / self.capacitance
        return LIFState(self._unless_refractory(state, flow), -state.i_syn / self.tau_syn, None)

    def spike_condition(self, t: Scalar, state: LIFState) -> Scalar:
        del t
        return state.v - self.v_th

    def reset_spiked(self, t: Scalar, state: LIFState) -> LIFState:
        return state._replace(v=jnp.asarray(self.v_reset), t_ready=t + self.t_ref)

    def observe(self, state: LIFState) -> dict[str, Array]:
        return {"v": state.v, "i_syn": state.i_syn}
