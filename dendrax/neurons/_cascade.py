"""Neurons that need no event loop: what drives the soma is known, and the soma is linear."""

from abc import abstractmethod
from typing import NamedTuple

from equinox import AbstractVar
from jaxtyping import Array, Float, Int

from dendrax.neurons._neuron import AbstractNeuron, Scalar, State


class Arrivals(NamedTuple):
    """The input spikes of one unit: time (ms; inf is none), weight and synaptic site."""

    time: Float[Array, " arrival"]
    weight: Float[Array, " arrival"]
    site: Int[Array, " arrival"]


class AbstractCascade(AbstractNeuron):
    """A neuron whose synapses and dendrites get no feedback from a soma that is linear in ``v``.

    Between resets ``dv/dt = b(t) - a(t) v`` with ``a`` and ``b`` known functions of time, so that
    all instants can be computed at once and a reset is a decaying correction. The simulator
    executes such a model without a loop over time; the five methods of the interface describe the
    same model, and a test holds both against each other.
    """

    v_th: AbstractVar[Array]
    v_reset: AbstractVar[Array]

    @abstractmethod
    def soma(self, t: Scalar, arrivals: Arrivals, current: Scalar) -> tuple[Scalar, Scalar]:
        """Return ``a`` and ``b`` (per ms) at ``t``, given all arrivals before and after."""

    @abstractmethod
    def state_along(self, t: Scalar, v: Scalar, arrivals: Arrivals) -> State:
        """Return the whole state at ``t``, given its ``v``."""
