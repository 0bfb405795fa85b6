"""Where in a cell a mechanism sits."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


@dataclass(frozen=True)
class Place:
    """The compartments of the places of a mechanism; a place may share one with another.

    Attributes
    ----------
    compartment : tuple of int
    n : int
        The number of compartments of the cell.
    """

    compartment: tuple[int, ...]
    n: int

    @property
    def _range(self) -> tuple[int, int] | None:
        """First and last of compartments that follow each other, which need no index."""
        first, last = self.compartment[0], self.compartment[-1]
        return (first, last) if self.compartment == tuple(range(first, last + 1)) else None

    @property
    def _index(self) -> Int[np.ndarray, " place"]:
        return np.asarray(self.compartment)

    def pick(self, values: Float[Array, " compartment"]) -> Float[Array, " place"]:
        """Return what the places have of values of all compartments."""
        if span := self._range:
            return values[span[0] : span[1] + 1]
        return values[self._index]

    def spread(self, values: Float[Array, " place"]) -> Float[Array, " compartment"]:
        """Return the sum of the values in each compartment."""
        if span := self._range:
            return jnp.pad(values, (span[0], self.n - 1 - span[1]))
        return jnp.zeros(self.n, values.dtype).at[self._index].add(values)
