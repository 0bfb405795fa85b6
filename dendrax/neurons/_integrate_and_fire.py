"""What the integrate-and-fire neurons share: a leaky membrane, a synapse, a refractory period."""

import math
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.errors import ModelError
from dendrax.neurons._neuron import AbstractNeuron, Scalar
from dendrax.parameters import Parameter, ParameterOrArray, parameter

POSITIVE = (0.0, math.inf)
# Zero is a legal refractory period or adaptation, and the bounds of a parameter are open.
NOT_NEGATIVE = (-math.ulp(0.0), math.inf)


class AbstractIntegrateAndFire(AbstractNeuron):
    """A membrane in physical units whose state has ``i_syn`` (pA) and ``t_ready`` (ms).

    ``t_ready`` is the end of the running refractory period, and inf outside of one.
    """

    c_m: ParameterOrArray = parameter("pF", default=200.0, bounds=POSITIVE)
    g_leak: ParameterOrArray = parameter("nS", default=10.0, bounds=POSITIVE)
    e_leak: ParameterOrArray = parameter("mV", default=-70.0)
    v_reset: ParameterOrArray = parameter("mV", default=-60.0)
    t_ref: ParameterOrArray = parameter("ms", default=0.0, bounds=NOT_NEGATIVE)
    tau_syn: ParameterOrArray = parameter("ms", default=5.0, bounds=POSITIVE)

    def input_spike(self, state: Any, weight: Scalar, site: Array) -> Any:
        del site  # a point neuron has one
        return state._replace(i_syn=state.i_syn + weight)

    def timer(self, state: Any) -> Scalar:
        return state.t_ready

    def timer_expired(self, state: Any) -> Any:
        return state._replace(t_ready=jnp.full_like(state.t_ready, jnp.inf))

    def _unless_refractory(self, state: Any, flow: Scalar) -> Scalar:
        return jnp.where(jnp.isinf(state.t_ready), flow, 0.0)


def must_lie_below(name: str, value: Parameter, limit_name: str, limit: Parameter) -> None:
    """Refuse a model in which one parameter is not below another."""
    if not bool((value.value < limit.value).all()):
        raise ModelError(
            f"{name} must lie below {limit_name} = {limit.quantity}; got {value.quantity}."
        )
