"""Integrals over a trial as further variables of a neuron, so that the solver integrates them."""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from dendrax.neurons import AbstractNeuron
from dendrax.simulation._drive import Units
from dendrax.simulation._record import Integral

State = Any


class _State(NamedTuple):
    inner: State
    totals: tuple[Array, ...]


class _Integrating(AbstractNeuron):
    """A neuron, and integrals of what it shows."""

    neuron: AbstractNeuron
    integrals: tuple[Integral, ...] = eqx.field(static=True)

    def init_state(self) -> _State:
        inner = self.neuron.init_state()
        totals = (
            jnp.zeros_like(self._variable(jnp.asarray(0.0), inner, x)) for x in self.integrals
        )
        return _State(inner, tuple(totals))

    def dynamics(self, t: Array, state: _State, current: Array) -> _State:
        rates = []
        for integral in self.integrals:
            weight = 1.0 if integral.tau is None else jnp.exp(-t / integral.tau)
            rates.append(weight * self._variable(t, state.inner, integral))
        return _State(self.neuron.dynamics(t, state.inner, current), tuple(rates))

    def _variable(self, t: Array, state: State, integral: Integral) -> Array:
        return variable(self.neuron, t, state, integral.name)

    def spike_condition(self, t: Array, state: _State) -> Array:
        return self.neuron.spike_condition(t, state.inner)

    def input_spike(self, state: _State, weight: Array, site: Array) -> _State:
        return state._replace(inner=self.neuron.input_spike(state.inner, weight, site))

    def reset_spiked(self, t: Array, state: _State) -> _State:
        return state._replace(inner=self.neuron.reset_spiked(t, state.inner))

    def observe(self, state: _State) -> dict[str, Array]:
        return self.neuron.observe(state.inner)

    def step_limit(self, t: Array, state: _State, current: Array) -> Array:
        return self.neuron.step_limit(t, state.inner, current)

    def timer(self, state: _State) -> Array:
        return self.neuron.timer(state.inner)

    def timer_expired(self, state: _State) -> _State:
        return state._replace(inner=self.neuron.timer_expired(state.inner))


def variable(neuron: AbstractNeuron, t: Array, state: State, name: str) -> Array:
    """Return what a neuron shows under a name, or its guard."""
    return neuron.spike_condition(t, state) if name == "guard" else neuron.observe(state)[name]


def integrating(units: Units, integrals: tuple[Integral, ...]) -> Units:
    """Let units integrate; the states of a run are taken apart by :func:`separated`."""
    if not integrals:
        return units
    neuron, axes = (_Integrating(x, integrals) for x in (units.neuron, units.neuron_axes))
    return units._replace(neuron=neuron, neuron_axes=axes)


def separated(state: Any) -> tuple[State, tuple[Array, ...]]:
    """Return the state of the neuron itself, and the integrals."""
    return (state.inner, state.totals) if isinstance(state, _State) else (state, ())
