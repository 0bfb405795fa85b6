"""Neurons that hold a neuron and change one thing of it."""

from typing import Any, NamedTuple

from jaxtyping import Array

from dendrax.neurons._neuron import AbstractNeuron, Scalar, State
from dendrax.parameters import by_instance


class Wrapped(NamedTuple):
    """The state of the neuron inside, and what the wrapper remembers between events."""

    neuron: State
    mark: Any  # a number without derivative


class AbstractWrapper(AbstractNeuron):
    """A neuron that does what the neuron inside does, where a subclass says nothing else.

    Parameters
    ----------
    neuron : AbstractNeuron
    """

    neuron: AbstractNeuron

    @by_instance
    def units(self) -> dict[str, str]:
        return self.neuron.units

    @by_instance
    def input_unit(self) -> str:
        return self.neuron.input_unit

    @by_instance
    def weight_unit(self) -> str:
        return self.neuron.weight_unit

    @by_instance
    def weight_shape(self) -> tuple[int, ...]:
        return self.neuron.weight_shape

    @by_instance
    def weight_range(self) -> tuple[float, float]:
        return self.neuron.weight_range

    @by_instance
    def bias_range(self) -> tuple[float, float]:
        return self.neuron.bias_range

    @by_instance
    def steps_per_ms(self) -> float:
        return self.neuron.steps_per_ms

    @property
    def n_sites(self) -> int | None:
        return self.neuron.n_sites

    @property
    def delay(self) -> Array | None:
        return self.neuron.delay

    def dynamics(self, t: Scalar, state: Wrapped, current: Scalar) -> Wrapped:
        return Wrapped(self.neuron.dynamics(t, state.neuron, current), None)

    def input_spike(self, state: Wrapped, weight: Array, site: Array) -> Wrapped:
        return state._replace(neuron=self.neuron.input_spike(state.neuron, weight, site))

    def observe(self, state: Wrapped) -> dict[str, Array]:
        return self.neuron.observe(state.neuron)

    def step_limit(self, t: Scalar, state: Wrapped, current: Scalar) -> Scalar:
        return self.neuron.step_limit(t, state.neuron, current)

    def timer(self, state: Wrapped) -> Scalar:
        return self.neuron.timer(state.neuron)

    def timer_expired(self, state: Wrapped) -> Any:
        return state._replace(neuron=self.neuron.timer_expired(state.neuron))
