"""The loss of one population of a network."""

from typing import Any

import equinox as eqx
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.fitting.losses._loss import AbstractLoss, Readout, Scalar
from dendrax.results import SimulationResult


class Of(AbstractLoss):
    """A loss that is given the result of one population.

    Attributes
    ----------
    population : str
    loss : AbstractLoss
    """

    population: str = eqx.field(static=True)
    loss: AbstractLoss

    @property
    def records(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.loss.records

    @property
    def terms(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.loss.terms

    @property
    def readouts(self) -> dict[str, Readout]:
        return self.loss.readouts

    def parts(self, result: Any, target: Any, /) -> dict[str, Scalar]:
        return self.loss.parts(self._of(result), target)

    def residuals(self, result: Any, target: Any, /) -> Float[Array, " residual"]:
        return self.loss.residuals(self._of(result), target)

    def _of(self, results: dict[str, SimulationResult]) -> SimulationResult:
        if self.population not in results:
            raise FitError(
                f"there is no population {self.population!r}; there are {', '.join(results)}."
            )
        return results[self.population]


def of(population: str, loss: AbstractLoss) -> Of:
    """Apply a loss to one population of a network.

    Parameters
    ----------
    population : str
    loss : AbstractLoss

    Returns
    -------
    Of

    Raises
    ------
    FitError
        When called: if the network has no such population.
    """
    return Of(population, loss)
