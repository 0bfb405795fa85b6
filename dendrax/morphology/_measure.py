"""What compartments can be told apart by."""

from dataclasses import dataclass
from typing import Any

from dendrax.morphology._compartments import Compartments
from dendrax.morphology._region import Region
from dendrax.units import Quantity, scalar, to_quantity


@dataclass(frozen=True, eq=False, repr=False)
class Measure:
    """A number of each compartment: called it gives the values, compared it makes a region.

    Parameters
    ----------
    compartments : Compartments
        When called.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> cell = dx.discretize(dx.cylinder(100 * pq.um, 2 * pq.um), n_per_section=2)
    >>> dx.path_distance(cell)
    array([25., 75.]) * um
    >>> dx.select(cell, dx.path_distance > 50 * pq.um)
    array([False,  True])
    """

    name: str
    unit: str

    def __call__(self, compartments: Compartments) -> Quantity:
        return to_quantity(getattr(compartments, self.name), self.unit)

    def _compared(self, operation: str, value: Any) -> Region:
        return Region(operation, (self.name, scalar(value, self.unit, self.name), self.unit))

    def __gt__(self, value: Any) -> Region:
        return self._compared(">", value)

    def __ge__(self, value: Any) -> Region:
        return self._compared(">=", value)

    def __lt__(self, value: Any) -> Region:
        return self._compared("<", value)

    def __le__(self, value: Any) -> Region:
        return self._compared("<=", value)

    def __eq__(self, value: Any) -> Region:  # pyright: ignore[reportIncompatibleMethodOverride]
        # Only whole numbers are worth it; and Python asks for equalities of its own.
        return self._compared("==", value) if isinstance(value, int) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return self.name


path_distance = Measure("path_distance", "um")
diameter = Measure("diameter", "um")
branch_order = Measure("branch_order", "1")
