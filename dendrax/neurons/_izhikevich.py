"""The simple model of Izhikevich, in a coordinate in which its upstroke is not stiff."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.neurons._membrane import must_lie_below
from dendrax.neurons._neuron import AbstractNeuron, Scalar
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter

# 0.04 v^2 + 5 v + 140 = 0.04 ((v + 62.5)^2 - 20.16^2), with v in mV and time in ms.
_CURVATURE, _BOTTOM = 0.04, -62.5
_HALF_WIDTH = (_BOTTOM**2 - 140 / _CURVATURE) ** 0.5
_SPEED = _CURVATURE * _HALF_WIDTH  # of w at the pole of v, per ms
# The recovery sees v, which diverges: at its present speed a step goes at most this fraction of the
# way to the pole. Where inhibition holds w it takes at most this many of its time constants.
_OF_WAY, _OF_DECAY = 0.1, 1.0


class IzhikevichState(NamedTuple):
    """Where the membrane is on its way, recovery and synaptic current (both in mV/ms)."""

    w: Scalar
    u: Scalar
    i_syn: Scalar


class Izhikevich(AbstractNeuron):
    r"""Izhikevich's neuron with a recovery variable and an exponential synaptic current.

    ``dv/dt = 0.04 v^2 + 5 v + 140 - u + i_syn + bias + i``, ``du/dt = a (b v - u)`` and
    ``tau_syn di_syn/dt = -i_syn``, with ``v`` in mV and time in ms. When ``v`` reaches ``v_peak``
    the neuron spikes, ``v`` is put to ``v_reset``, and ``u`` grows by ``d``. A trial starts at
    ``v = v_reset`` and ``u = b v_reset``, as Izhikevich's own program does.

    Weights, currents and ``u`` are plain numbers, as in the source; they mean mV/ms.

    Parameters
    ----------
    a : float, default 0.02
        Rate of the recovery, per ms.
    b : float, default 0.2
        Sensitivity of the recovery to ``v``.
    d : float, default 4
        Jump of the recovery at a spike.
    v_reset : Quantity [voltage], default -65 mV
        ``c`` in the source.
    v_peak : Quantity [voltage], default 30 mV
    bias : float, default 0
    tau_syn : Quantity [time], default 3 ms

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If ``v_reset`` is not below ``v_peak``, or a value is outside of its bounds.

    Notes
    -----
    Izhikevich 2003, Eqs. 1-3, with the defaults of König et al. 2026, Table II. What is integrated
    is ``w``, in which the upstroke passes at a bounded speed, the same equation in another
    coordinate: with ``h = 20.16 mV``, ``v = -62.5 mV + 2 h w / (1 - w^2)``, ``s = 0.04 h`` and

    ``dw/dt = (s (4 w^2 - (1 - w^2)^2) + (1 - w^2)^2 (i_syn + bias + i - u) / h) / (2 + 2 w^2)``,

    of which ``v`` has its poles at -1 and 1. Steps are graded towards the spike.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> neuron = dx.Izhikevich(bias=3.0, d=dx.learnable(8.0))
    """

    a: ParameterOrArray = parameter("1", default=0.02, bounds=POSITIVE)
    b: ParameterOrArray = parameter("1", default=0.2)
    d: ParameterOrArray = parameter("1", default=4.0)
    v_reset: ParameterOrArray = parameter("mV", default=-65.0)
    v_peak: ParameterOrArray = parameter("mV", default=30.0)
    bias: ParameterOrArray = parameter("1", default=0.0)
    tau_syn: ParameterOrArray = parameter("ms", default=3.0, bounds=POSITIVE)

    units = {"v": "mV", "u": "1", "i_syn": "1"}
    input_unit = "1"
    weight_range = (20.0, 40.0)
    bias_range = (3.0, 0.5)
    steps_per_ms = 3.0  # where strong inhibition makes the time constant of w short

    def __check_init__(self) -> None:
        must_lie_below("Izhikevich.v_reset", self.v_reset, "v_peak", self.v_peak)

    def init_state(self) -> IzhikevichState:
        return IzhikevichState(_way(self.v_reset), self.b * self.v_reset, jnp.asarray(0.0))

    def dynamics(self, t: Scalar, state: IzhikevichState, current: Scalar) -> IzhikevichState:
        del t
        speed, _ = self._flow(state, current)
        return IzhikevichState(
            w=speed,
            u=self.a * (self.b * self._voltage(state.w) - state.u),
            i_syn=-state.i_syn / self.tau_syn,
        )

    def spike_condition(self, t: Scalar, state: IzhikevichState) -> Scalar:
        del t
        return state.w - _way(self.v_peak)

    def input_spike(self, state: IzhikevichState, weight: Array, site: Array) -> IzhikevichState:
        del site  # a point neuron has one
        return state._replace(i_syn=state.i_syn + weight)

    def reset_spiked(self, t: Scalar, state: IzhikevichState) -> IzhikevichState:
        del t
        return state._replace(w=_way(self.v_reset), u=state.u + self.d)

    def observe(self, state: IzhikevichState) -> dict[str, Array]:
        return {"v": self._voltage(state.w), "u": state.u, "i_syn": state.i_syn}

    def step_limit(self, t: Scalar, state: IzhikevichState, current: Scalar) -> Scalar:
        del t
        speed, decay = self._flow(state, current)
        left = 1 - jnp.minimum(state.w, self._highest())
        rate = jnp.maximum(jnp.abs(speed) / (_OF_WAY * left), jnp.abs(decay) / _OF_DECAY)
        return jnp.where(state.w < 1, 1 / jnp.maximum(rate, _SPEED / left), jnp.inf)

    def _flow(self, state: IzhikevichState, current: Scalar) -> tuple[Scalar, Scalar]:
        """Return ``dw/dt``, and its derivative with respect to ``w``."""
        w = state.w
        square, apart, drive = w**2, 1 - w**2, state.i_syn + self.bias + current - state.u
        pull = drive / _HALF_WIDTH - _SPEED
        speed = (4 * _SPEED * square + pull * apart**2) / (2 + 2 * square)
        decay = w * (4 * _SPEED - 2 * pull * apart - 2 * speed) / (1 + square)
        # A neuron whose spikes are suppressed stops at the pole.
        return jnp.where(w < 1, speed, 0.0), decay

    def _voltage(self, w: Scalar) -> Scalar:
        w = jnp.minimum(w, self._highest())
        return _BOTTOM + 2 * _HALF_WIDTH * w / (1 - w**2)

    def _highest(self) -> Scalar:
        """Return what is half of the way from the peak to the pole."""
        return 0.5 * (_way(self.v_peak) + 1)


def _way(v: Scalar) -> Scalar:
    x = (v - _BOTTOM) / _HALF_WIDTH
    return x / (1 + jnp.sqrt(1 + x**2))
