"""Neurons that a projective coordinate makes linear, so that not even their spikes are events."""

from abc import abstractmethod

from jaxtyping import Array

from dendrax.neurons._cascade import AbstractFedForward
from dendrax.neurons._neuron import Scalar, State


class AbstractProjective(AbstractFedForward):
    r"""A neuron whose soma obeys ``tau dV/dt = V (V - 1) + J(t)`` with a known ``J``.

    With ``V = -tau w' / w`` this is the linear equation ``tau^2 w'' + tau w' + J w = 0``. A spike,
    the passage of ``V`` through infinity, is a zero of ``w``, and what is a reset from ``inf`` to
    ``-inf`` in ``V`` is nothing at all in ``w``. Only the ratio of ``w`` and ``tau w'`` has a
    meaning.
    """

    @property
    @abstractmethod
    def tau(self) -> Array:
        """The time constant of the soma (ms)."""

    @abstractmethod
    def drive(self, state: State, current: Scalar) -> Scalar:
        """Return ``J`` for given upstream leaves."""

    @abstractmethod
    def to_projective(self, state: State) -> tuple[Scalar, Scalar]:
        """Return ``w`` and ``tau w'``."""

    @abstractmethod
    def from_projective(self, state: State, w: Scalar, u: Scalar) -> State:
        """Return the state with its soma put to ``w`` and ``u = tau w'``."""
