"""Parts of a cell, said before there is a cell."""

from dataclasses import dataclass
from typing import Any

from dendrax.errors import MorphologyError
from dendrax.morphology._tags import region_name


@dataclass(frozen=True, repr=False)
class Region:
    """A part of any cell: a name, a comparison, or a combination by ``&``, ``|`` and ``~``.

    Attributes
    ----------
    operation : str
        ``"named"``, a comparison such as ``">"``, or ``"&"``, ``"|"``, ``"~"``.
    operands : tuple
        What it applies to; of a comparison: what is measured, the limit, and its unit.
    """

    operation: str
    operands: tuple[Any, ...]

    def __and__(self, other: "Region | str | int") -> "Region":
        return Region("&", (self, region(other)))

    def __or__(self, other: "Region | str | int") -> "Region":
        return Region("|", (self, region(other)))

    def __rand__(self, other: str | int) -> "Region":
        return region(other) & self

    def __ror__(self, other: str | int) -> "Region":
        return region(other) | self

    def __invert__(self) -> "Region":
        return Region("~", (self,))

    def __bool__(self) -> bool:
        raise MorphologyError(
            f"the region {self} is neither true nor false; combine regions by &, | and ~ instead "
            f"of and, or, not, and write two comparisons instead of a chain."
        )

    def __repr__(self) -> str:
        if self.operation == "named":
            return str(self.operands[0])
        if self.operation == "~":
            return f"~{self.operands[0]!r}"
        if self.operation in "&|":
            return f" {self.operation} ".join(map(repr, self.operands)).join("()")
        measure, limit, unit = self.operands
        return f"({measure} {self.operation} {limit:g} {unit}".removesuffix(" 1") + ")"


def region(name: Region | str | int) -> Region:
    """Name a part of a cell.

    Parameters
    ----------
    name : str or int
        ``"soma"``, ``"axon"``, ``"basal"``, ``"apical"``, ``"custom5"`` by type, or the type
        itself; ``"dend"`` and ``"apic"`` as the sections are called; one section, ``"apic[3]"``;
        ``"dendrites"`` for all but soma and axon; ``"all"``.

    Returns
    -------
    Region
        To be combined with others, and with comparisons of :data:`path_distance`,
        :data:`diameter` and :data:`branch_order`.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> tuft = dx.region("apical") & (dx.path_distance > 300 * pq.um) & ~dx.region("apic[0]")
    >>> tuft
    ((apical & (path_distance > 300 um)) & ~apic[0])
    """
    if isinstance(name, Region):
        return name
    return Region("named", (name if isinstance(name, str) else region_name(name),))
