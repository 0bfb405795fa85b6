"""What all losses are."""

from abc import abstractmethod
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.results import SimulationResult
from dendrax.simulation import Integral, Maximum

Scalar = Float[Array, ""]
Readout = Integral | Maximum


class AbstractLoss(eqx.Module):
    """A function of a simulation and of what it should have been.

    That is sweeps to reproduce, or the labels of a classification, or spike times, as each loss
    says.

    Attributes
    ----------
    records : tuple of str
        The traces that it needs.
    terms : tuple of str
        The names of its parts.
    """

    records: ClassVar[tuple[str, ...]] = ()
    terms: ClassVar[tuple[str, ...]] = ()

    @property
    def readouts(self) -> dict[str, Readout]:
        """The readouts that it needs, for ``Simulator(readouts=loss.readouts)``."""
        return {}

    @abstractmethod
    def parts(self, result: SimulationResult, target: Any, /) -> dict[str, Scalar]:
        """Return the parts of the loss by name."""

    def residuals(
        self,
        result: SimulationResult,  # noqa: ARG002
        target: Any,  # noqa: ARG002
        /,
    ) -> Float[Array, " residual"]:
        """Return numbers whose squares add up to twice the loss, for methods of least squares.

        Raises
        ------
        FitError
            If the loss is no sum of squares.
        """
        raise FitError(
            f"{type(self).__name__} is not a sum of squares, which a least-squares solver needs. "
            "Fit it with an optimizer of optax."
        )

    def __call__(self, result: SimulationResult, target: Any = None, /) -> Scalar:
        """Return the loss."""
        return sum(self.parts(result, target).values(), jnp.zeros(()))

    def __add__(self, other: "AbstractLoss") -> "AbstractLoss":
        return _Total(((1.0, self), (1.0, other)))

    def __mul__(self, weight: float | int) -> "AbstractLoss":
        return _Total(((float(weight), self),))

    __rmul__ = __mul__

    def __str__(self) -> str:
        return " ".join(repr(self).split())


class _Total(AbstractLoss):
    """A weighted sum of losses."""

    weighted: tuple[tuple[float, AbstractLoss], ...] = eqx.field(static=True)

    def __str__(self) -> str:
        return " + ".join(str(x) if w == 1 else f"{w:g} * ({x})" for w, x in self.weighted)

    @property
    def records(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return tuple(sorted({name for _, loss in self.weighted for name in loss.records}))

    @property
    def readouts(self) -> dict[str, Readout]:
        return {name: kept for _, loss in self.weighted for name, kept in loss.readouts.items()}

    @property
    def terms(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return tuple(dict.fromkeys(name for _, loss in self.weighted for name in loss.terms))

    def parts(self, result: SimulationResult, target: Any, /) -> dict[str, Scalar]:
        total: dict[str, Scalar] = {}
        for weight, loss in self.weighted:
            for name, value in loss.parts(result, target).items():
                total[name] = total.get(name, 0.0) + weight * value
        return total

    def residuals(self, result: SimulationResult, target: Any, /) -> Float[Array, " residual"]:
        each = [weight**0.5 * loss.residuals(result, target) for weight, loss in self.weighted]
        return jnp.concatenate(each)
