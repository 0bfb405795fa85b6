"""The generalized integrate-and-fire neuron."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array

from dendrax.neurons._exponential import AbstractExponential
from dendrax.neurons._neuron import Scalar
from dendrax.parameters import NOT_NEGATIVE, POSITIVE, ParameterOrArray, by_instance, parameter

# Newton's method doubles the digits of the resting potential each time.
_NEWTON_STEPS = 12


class GIFState(NamedTuple):
    """Distance to the spike, currents, threshold, Ih gate, end of the refractory period (ms)."""

    p: Scalar
    fast: Scalar
    slow: Scalar
    theta: Scalar
    h: Scalar
    i_syn: Scalar
    t_ready: Scalar | None  # held between events: it has no derivative


class GIF(AbstractExponential):
    r"""Generalized integrate-and-fire neuron: spike-triggered currents, moving threshold, and sag.

    .. math::

        c_m \dot v &= g_L (e_L - v) + g_L \Delta_T e^{(v - v_T - \theta) / \Delta_T}
        - \eta_1 - \eta_2 + g_h h (e_h - v) + I \\
        \dot \eta_k &= -\eta_k / \tau_k, \quad \dot \theta = -\theta / \tau_{th}, \quad
        \tau_h \dot h = \frac{1}{1 + e^{(v - v_h) / k_h}} - h

    A spike is the arrival at ``v_peak`` (above the moved threshold); then ``v`` is put to
    ``v_reset`` and held there for ``t_ref``, and the currents and the threshold jump.

    Parameters
    ----------
    b_fast, b_slow : Quantity [current], default 100 pA and 20 pA, or 0.5 and 0.1
        By how much the spike-triggered currents grow at a spike.
    tau_fast, tau_slow : Quantity [time], default 15 ms and 200 ms
    theta_jump : Quantity [voltage], default 3 mV, or 0.15
        By how much the threshold grows at a spike.
    tau_theta : Quantity [time], default 100 ms
    g_h : Quantity [conductance], default 2 nS, or 0.2
        Largest conductance of the h current; 0 for a cell without sag.
    e_h, v_h, k_h : Quantity [voltage], default -40, -75 and 6 mV, or 1.5, -0.25 and 0.3
        Reversal potential, half activation and slope of the h current.
    tau_h : Quantity [time], default 100 ms
    c_m, g_leak, tau_mem, e_leak, v_t, delta_t, v_peak, v_reset, t_ref, bias, tau_syn
        As for :class:`EIF`.

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If ``v_t``, ``v_reset`` or ``e_leak`` is not below ``v_peak``, or a bound is violated, or
        ``tau_mem`` comes with ``c_m`` or ``g_leak``.

    Notes
    -----
    Mensi et al. 2012, J Neurophysiol 107:1756, for the spike-triggered currents and the moving
    threshold, here with two and one exponentials. Their escape noise is left out: the soft
    threshold is that of the EIF (Badel et al. 2008, J Neurophysiol 99:656, fit one that moves). The
    h current is a gate of Hodgkin and Huxley's kind with a constant rate.
    """

    b_fast: ParameterOrArray = parameter("pA", default=100.0, dimensionless=0.5)
    tau_fast: ParameterOrArray = parameter("ms", default=15.0, bounds=POSITIVE)
    b_slow: ParameterOrArray = parameter("pA", default=20.0, dimensionless=0.1)
    tau_slow: ParameterOrArray = parameter("ms", default=200.0, bounds=POSITIVE)
    theta_jump: ParameterOrArray = parameter("mV", default=3.0, dimensionless=0.15)
    tau_theta: ParameterOrArray = parameter("ms", default=100.0, bounds=POSITIVE)
    g_h: ParameterOrArray = parameter("nS", default=2.0, bounds=NOT_NEGATIVE, dimensionless=0.2)
    e_h: ParameterOrArray = parameter("mV", default=-40.0, dimensionless=1.5)
    v_h: ParameterOrArray = parameter("mV", default=-75.0, dimensionless=-0.25)
    k_h: ParameterOrArray = parameter("mV", default=6.0, bounds=POSITIVE, dimensionless=0.3)
    tau_h: ParameterOrArray = parameter("ms", default=100.0, bounds=POSITIVE)

    @by_instance
    def units(self) -> dict[str, str]:
        shown = super().units
        current, voltage = shown["i_syn"], shown["v"]
        return {**shown, "fast": current, "slow": current, "theta": voltage, "h": "1"}

    def init_state(self) -> GIFState:
        zero, v = jnp.asarray(0.0), self._rest()
        return GIFState(
            self._distance(v), zero, zero, zero, self._opened(v), zero, jnp.asarray(jnp.inf)
        )

    def dynamics(self, t: Scalar, state: GIFState, current: Scalar) -> GIFState:
        del t
        # The distance is that of v - theta, whose flow has the threshold's in it.
        below, falls = self._voltage(state.p), -state.theta / self.tau_theta
        v = below + state.theta
        driving = state.i_syn + current - state.fast - state.slow
        driving += self.g_h * state.h * (self.e_h - v)
        driving -= self.conductance * state.theta + self.capacitance * falls
        assert state.t_ready is not None  # only derivatives lack it
        is_free = jnp.isinf(state.t_ready)
        held = self._resting(state.p) * falls
        return GIFState(
            p=jnp.where(is_free, self._flow(state.p, below, driving), held),
            fast=-state.fast / self.tau_fast,
            slow=-state.slow / self.tau_slow,
            theta=falls,
            h=(self._opened(v) - state.h) / self.tau_h,
            i_syn=-state.i_syn / self.tau_syn,
            t_ready=None,
        )

    def reset_spiked(self, t: Scalar, state: GIFState) -> GIFState:
        theta = state.theta + self.theta_jump
        return state._replace(
            p=self._distance(self.v_reset - theta),
            fast=state.fast + self.b_fast,
            slow=state.slow + self.b_slow,
            theta=theta,
            t_ready=t + self.t_ref,
        )

    def observe(self, state: GIFState) -> dict[str, Array]:
        named = {name: getattr(state, name) for name in ("fast", "slow", "theta", "h", "i_syn")}
        return {"v": self._voltage(state.p) + state.theta, **named}

    def _opened(self, v: Scalar) -> Scalar:
        return jax.nn.sigmoid((self.v_h - v) / self.k_h)

    def _rest(self) -> Scalar:
        """Return where leak, h current and bias balance: the voltage before any input."""

        def total(v: Scalar) -> Scalar:
            return self._ohmic(v, self.g_h * self._opened(v) * (self.e_h - v))

        v = jnp.asarray(self.e_leak)
        for _ in range(_NEWTON_STEPS):
            v = v - total(v) / jax.grad(total)(v)
        return v
