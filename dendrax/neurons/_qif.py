"""The quadratic integrate-and-fire neuron, in a phase in which its spike is no singularity."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array

from dendrax.neurons._cascade import Ramp
from dendrax.neurons._membrane import AbstractMembrane, must_lie_below
from dendrax.neurons._neuron import Scalar
from dendrax.neurons._projective import AbstractProjective
from dendrax.parameters import ParameterOrArray, parameter

# What is observed is exact up to |V| = 1000, 1e-3 of tau_mem before and after a spike.
_CLOSEST = 1e-3


class QIFState(NamedTuple):
    """Phase, from 0 just after a spike to 1 at the next, and synaptic current."""

    phi: Scalar
    i_syn: Scalar


class QIF(AbstractMembrane, AbstractProjective):
    r"""Quadratic integrate-and-fire neuron with an exponential synaptic current.

    ``c_m dv/dt = g_leak (v - e_leak) (v - v_t) / (v_t - e_leak) + i_syn + bias + i``. A spike is
    the arrival of ``v`` at infinity, from where it comes back from below. What is integrated is the
    phase

    .. math:: V = \frac{v - e_{leak}}{v_t - e_{leak}} = -\pi \cot(\pi \phi),

    which is 0 after a spike, 1/2 at rest and 1 at a spike, and passes both ends at the speed
    ``1 / tau_mem``. Recordings of ``v`` end at ``|V| = 1000``.

    Given ``tau_mem``, the model has no units: ``tau_mem dV/dt = V (V - 1) + i_syn + bias + i``.

    Parameters
    ----------
    c_m : Quantity [capacitance], default 200 pF
    g_leak : Quantity [conductance], default 10 nS
        The slope of the current at rest.
    tau_mem : Quantity [time], instead of ``c_m`` and ``g_leak``
        Gives the model in its dimensionless form, in which the other defaults differ.
    e_leak : Quantity [voltage], default -70 mV, or 0
        Where it rests, and where a trial starts.
    v_t : Quantity [voltage], default -50 mV, or 1
        Where it runs away without a current.
    bias : Quantity [current], default 0
    tau_syn : Quantity [time], default 5 ms

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If ``e_leak`` is not below ``v_t``, a value is outside of its bounds, or ``tau_mem`` comes
        with ``c_m`` or ``g_leak``.

    Notes
    -----
    Latham et al. 2000, in the phase of Klos & Memmesheimer 2025; the dimensionless form is that of
    König et al. 2026, Table II. The theta neuron (Ermentrout & Kopell 1986) is the same model: with
    ``V = 1/2 + tan(theta / 2)`` its input is that of the QIF less 1/4.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> neuron = dx.QIF(tau_mem=20 * pq.ms, bias=dx.learnable(0.5))
    """

    v_t: ParameterOrArray = parameter("mV", default=-50.0, dimensionless=1.0)

    weight_range = (40.0, 80.0)
    bias_range = (0.0025, 0.005)

    def __check_init__(self) -> None:
        must_lie_below("QIF.e_leak", self.e_leak, "v_t", self.v_t)

    def init_state(self) -> QIFState:
        return QIFState(jnp.asarray(0.5), jnp.asarray(0.0))

    def dynamics(self, t: Scalar, state: QIFState, current: Scalar) -> QIFState:
        del t
        c, s = jnp.cos(jnp.pi * state.phi), jnp.sin(jnp.pi * state.phi) / jnp.pi
        drive = (state.i_syn + self.bias + current) / (self.v_t - self.e_leak)
        flow = self.conductance * c * (c + s) + s**2 * drive
        return QIFState(flow / self.capacitance, -state.i_syn / self.tau_syn)

    def spike_condition(self, t: Scalar, state: QIFState) -> Scalar:
        del t
        return state.phi - 1.0

    def reset_spiked(self, t: Scalar, state: QIFState) -> QIFState:
        del t
        return state._replace(phi=jnp.zeros_like(state.phi))

    def observe(self, state: QIFState) -> dict[str, Array]:
        phi = jnp.clip(state.phi, _CLOSEST, 1.0 - _CLOSEST)
        v = -jnp.pi / jnp.tan(jnp.pi * phi)
        return {"v": self.e_leak + (self.v_t - self.e_leak) * v, "i_syn": state.i_syn}

    @property
    def tau(self) -> Array:
        return jnp.asarray(self.capacitance / self.conductance)

    def propagator(self, h: Scalar) -> Scalar:
        return jnp.exp(-h / self.tau_syn)

    def upstream(self, state: QIFState, propagator: Scalar, current: Ramp) -> QIFState:
        del current
        return state._replace(i_syn=propagator * state.i_syn)

    def drive(self, state: QIFState, current: Scalar) -> Scalar:
        scale = self.conductance * (self.v_t - self.e_leak)
        return (state.i_syn + self.bias + current) / scale

    def to_projective(self, state: QIFState) -> tuple[Scalar, Scalar]:
        return jnp.sin(jnp.pi * state.phi), jnp.pi * jnp.cos(jnp.pi * state.phi)

    def from_projective(self, state: QIFState, w: Scalar, u: Scalar) -> QIFState:
        phi = jnp.arctan2(w, u / jnp.pi) / jnp.pi
        return state._replace(phi=jnp.where(phi < 0, phi + 1.0, phi))
