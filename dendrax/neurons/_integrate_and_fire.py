"""What the integrate-and-fire neurons share: a reset, and a refractory period after it."""

from typing import Any

import jax.numpy as jnp

from dendrax.neurons._membrane import AbstractMembrane
from dendrax.neurons._membrane import must_lie_below as must_lie_below
from dendrax.neurons._neuron import Scalar
from dendrax.parameters import NOT_NEGATIVE, ParameterOrArray, parameter


class AbstractIntegrateAndFire(AbstractMembrane):
    """A membrane that is reset, and whose state has ``t_ready`` (ms).

    ``t_ready`` is the end of the running refractory period, and inf outside of one.
    """

    v_reset: ParameterOrArray = parameter("mV", default=-60.0, dimensionless=0.0)
    t_ref: ParameterOrArray = parameter("ms", default=0.0, bounds=NOT_NEGATIVE)

    def timer(self, state: Any) -> Scalar:
        return state.t_ready

    def timer_expired(self, state: Any) -> Any:
        return state._replace(t_ready=jnp.full_like(state.t_ready, jnp.inf))

    def _unless_refractory(self, state: Any, flow: Scalar) -> Scalar:
        return jnp.where(jnp.isinf(state.t_ready), flow, 0.0)
