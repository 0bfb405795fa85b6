"""What all losses are."""

from abc import abstractmethod
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.results import SimulationResult, Sweeps

Scalar = Float[Array, ""]


class AbstractLoss(eqx.Module):
    """A function of a simulation and of the sweeps that it should reproduce.

    Attributes
    ----------
    records : tuple of str
        The traces that it needs.
    terms : tuple of str
        The names of its parts.
    """

    records: ClassVar[tuple[str, ...]] = ()
    terms: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def parts(self, result: SimulationResult, sweeps: Sweeps) -> dict[str, Scalar]:
        """Return the parts of the loss by name."""

    def __call__(self, result: SimulationResult, sweeps: Sweeps) -> Scalar:
        """Return the loss."""
        return sum(self.parts(result, sweeps).values(), jnp.zeros(()))

    def __add__(self, other: "AbstractLoss") -> "AbstractLoss":
        return _Total(((1.0, self), (1.0, other)))

    def __mul__(self, weight: float | int) -> "AbstractLoss":
        return _Total(((float(weight), self),))

    __rmul__ = __mul__


class _Total(AbstractLoss):
    """A weighted sum of losses."""

    weighted: tuple[tuple[float, AbstractLoss], ...] = eqx.field(static=True)

    @property
    def records(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return tuple(sorted({name for _, loss in self.weighted for name in loss.records}))

    @property
    def terms(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return tuple(dict.fromkeys(name for _, loss in self.weighted for name in loss.terms))

    def parts(self, result: SimulationResult, sweeps: Sweeps) -> dict[str, Scalar]:
        total: dict[str, Scalar] = {}
        for weight, loss in self.weighted:
            for name, value in loss.parts(result, sweeps).items():
                total[name] = total.get(name, 0.0) + weight * value
        return total
