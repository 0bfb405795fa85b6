"""The event-based gated recurrent unit."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.neurons._cascade import AbstractCascade, Ramp
from dendrax.neurons._neuron import Scalar
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class EGRUState(NamedTuple):
    """Cell, and the inputs of the update gate, the reset gate and the candidate."""

    v: Scalar
    a_u: Scalar
    a_r: Scalar
    a_z: Scalar


class EGRU(AbstractCascade):
    """Event-based gated recurrent unit in continuous time, with binary spikes.

    ``tau_mem dv/dt = sigmoid(a_u) (tanh(a_z) - v)`` and, for each ``x`` of ``u``, ``r`` and ``z``,
    ``tau_syn da_x/dt = bias_x - a_x``; an injected current adds to ``bias_z``. When ``v`` reaches
    ``v_th`` the unit spikes and ``v`` falls by ``v_th``. An input spike has three weights: it adds
    the first to ``a_u``, the second to ``a_r``, and the third, times ``sigmoid(a_r)`` of the target
    just before, to ``a_z``. A trial starts with all at 0. Nothing has a unit but time.

    Parameters
    ----------
    bias_u, bias_r, bias_z : float, default -2, 1 and 0
    v_th : float, default 0.5
        Positive; the candidate does not pass 1.
    tau_mem : Quantity [time], default 20 ms
    tau_syn : Quantity [time], default 5 ms

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If a value is outside of its bounds.

    Notes
    -----
    Subramoney et al. 2023 (EGRU), the continuous variant of König et al. 2026, section III.C, whose
    cell ``c`` and threshold ``theta`` are ``v`` and ``v_th`` here: spikes are binary and do not
    carry the cell, and the reset gate is that of the target, as in the authors' code. Their weights
    have a standard deviation of 1 there; ``weight_range`` gives that to the 41 sources of their
    delayed XOR.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> unit = dx.EGRU(bias_u=dx.learnable(-1.0), tau_mem=10 * pq.ms)
    """

    bias_u: ParameterOrArray = parameter("1", default=-2.0)
    bias_r: ParameterOrArray = parameter("1", default=1.0)
    bias_z: ParameterOrArray = parameter("1", default=0.0)
    v_th: ParameterOrArray = parameter("1", default=0.5, bounds=POSITIVE)
    tau_mem: ParameterOrArray = parameter("ms", default=20.0, bounds=POSITIVE)
    tau_syn: ParameterOrArray = parameter("ms", default=5.0, bounds=POSITIVE)

    # From its threshold the cell falls to 0.
    v_reset, t_ref = 0.0, None

    units = {"v": "1", "a_u": "1", "a_r": "1", "a_z": "1"}
    input_unit = "1"
    weight_shape = (3,)
    weight_range = (0.0, 71.0)

    def init_state(self) -> EGRUState:
        zero = jnp.asarray(0.0)
        return EGRUState(zero, zero, zero, zero)

    def dynamics(self, t: Scalar, state: EGRUState, current: Scalar) -> EGRUState:
        del t
        return EGRUState(
            v=jax.nn.sigmoid(state.a_u) * (jnp.tanh(state.a_z) - state.v) / self.tau_mem,
            a_u=(self.bias_u - state.a_u) / self.tau_syn,
            a_r=(self.bias_r - state.a_r) / self.tau_syn,
            a_z=(self.bias_z + current - state.a_z) / self.tau_syn,
        )

    def spike_condition(self, t: Scalar, state: EGRUState) -> Scalar:
        del t
        return state.v - self.v_th

    def input_spike(self, state: EGRUState, weight: Float[Array, " 3"], site: Array) -> EGRUState:
        del site  # a point neuron has one
        return state._replace(
            a_u=state.a_u + weight[0],
            a_r=state.a_r + weight[1],
            a_z=state.a_z + weight[2] * jax.nn.sigmoid(state.a_r),
        )

    def reset_spiked(self, t: Scalar, state: EGRUState) -> EGRUState:
        del t
        return state._replace(v=state.v - self.v_th)

    def observe(self, state: EGRUState) -> dict[str, Array]:
        return {"v": state.v, "a_u": state.a_u, "a_r": state.a_r, "a_z": state.a_z}

    def propagator(self, h: Scalar) -> tuple[Scalar, Scalar]:
        # What is left of the past, and what a ramp of slope 1 leads to.
        past = -jnp.expm1(-h / self.tau_syn)
        return 1.0 - past, h - self.tau_syn * past

    def upstream(
        self, state: EGRUState, propagator: tuple[Scalar, Scalar], current: Ramp
    ) -> EGRUState:
        kept, ramp = propagator

        def towards(bias: Scalar, a: Scalar) -> Scalar:
            return bias + kept * (a - bias)

        a_z = towards(self.bias_z + current.value, state.a_z) + current.slope * ramp
        a_u, a_r = towards(self.bias_u, state.a_u), towards(self.bias_r, state.a_r)
        return EGRUState(state.v, a_u, a_r, a_z)

    def soma(self, state: EGRUState, current: Scalar) -> tuple[Scalar, Scalar]:
        del current  # it acts on the candidate
        rate = jax.nn.sigmoid(state.a_u) / self.tau_mem
        return rate, rate * jnp.tanh(state.a_z)
