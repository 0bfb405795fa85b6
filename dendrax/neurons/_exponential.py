"""The exponential upstroke of EIF and AdEx, in a coordinate in which it is not stiff."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from dendrax.neurons._integrate_and_fire import AbstractIntegrateAndFire
from dendrax.neurons._membrane import must_lie_below
from dendrax.neurons._neuron import Scalar
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter

# In units of delta_t above v_t: what the leak sees of higher voltages moves a spike by less than
# tau exp(-2 * 20), below rounding.
_CEILING = 20.0
# A step takes at most this fraction of the time that is left to the spike, which the exponential
# current alone would need, and goes at most this fraction of the way, at its present speed.
_OF_TIME, _OF_WAY = 0.5, 0.8


class AbstractExponential(AbstractIntegrateAndFire):
    r"""An integrate-and-fire membrane with the spike current of Fourcaud-Trocmé et al. 2003.

    In ``v`` the upstroke has a time scale of microseconds. We integrate the distance to the spike

    .. math:: p = \Delta_T \log(1 + e^{-(v - v_T) / \Delta_T}),

    which is ``v_T - v`` below threshold and falls to 0 at a bounded speed when ``v`` runs away:
    with ``s = 1 - exp(-p / Delta_T)``,
    ``c_m dp/dt = -s (g_leak (e_leak - v) + i) - (1 - s) g_leak Delta_T``. This is the voltage
    equation, exactly, in another coordinate.

    What is left of the divergence is a term ``s log s`` in the leak, whose derivative is singular
    at the spike; ``step_limit`` therefore grades the last steps towards it.
    """

    v_t: ParameterOrArray = parameter("mV", default=-50.0, dimensionless=1.0)
    delta_t: ParameterOrArray = parameter("mV", default=2.0, bounds=POSITIVE, dimensionless=0.2)
    v_peak: ParameterOrArray = parameter("mV", default=0.0, dimensionless=2.98)

    weight_range = (20.0, 40.0)
    bias_range = (0.0025, 0.005)

    def __check_init__(self) -> None:
        name = type(self).__name__
        must_lie_below(f"{name}.v_t", self.v_t, "v_peak", self.v_peak)
        must_lie_below(f"{name}.v_reset", self.v_reset, "v_peak", self.v_peak)
        must_lie_below(f"{name}.e_leak", self.e_leak, "v_peak", self.v_peak)

    def spike_condition(self, t: Scalar, state: Any) -> Scalar:
        del t
        return self._distance(self.v_peak) - state.p

    def step_limit(self, t: Scalar, state: Any, current: Scalar) -> Scalar:
        left = jnp.maximum(state.p, self.delta_t * jnp.exp(-_CEILING))
        last = self.conductance * self.delta_t / self.capacitance
        fastest = jnp.maximum(last / _OF_TIME, -self.dynamics(t, state, current).p / _OF_WAY)
        return jnp.where(state.p < 0, jnp.inf, left / fastest)

    def _distance(self, v: Scalar) -> Scalar:
        return self.delta_t * jax.nn.softplus((self.v_t - v) / self.delta_t)

    def _resting(self, p: Scalar) -> Scalar:
        """Return the share of the leak in the flow: 1 far below the threshold, 0 at the spike."""
        # Beyond p = 0, where a neuron goes whose spikes are suppressed, it stays at 0. As
        # 1 - exp(-x) is cheaper than expm1(-x), and what it is worse at does not count here.
        return 1.0 - jnp.exp(-jnp.maximum(p, 0.0) / self.delta_t)

    def _voltage(self, p: Scalar) -> Scalar:
        # At p = 0 and beyond the logarithm has no value: towards there v becomes constant. A kink
        # would cost the steps that pass it their order, and the adjoint, on its way back, a
        # millivolt.
        s, least = self._resting(p), math.exp(-_CEILING)
        return self.v_t - p - self.delta_t * jnp.log(s**4 + least**4) / 4

    def _flow(self, p: Scalar, v: Scalar, current: Scalar) -> Scalar:
        """Return dp/dt for a total current without leak and bias."""
        s = self._resting(p)
        upstroke = (1.0 - s) * self.conductance * self.delta_t
        return -(s * self._ohmic(v, current) + upstroke) / self.capacitance
