"""From a region to the compartments that are in it."""

import operator
from difflib import get_close_matches

import numpy as np
from jaxtyping import Bool

from dendrax.errors import MorphologyError
from dendrax.morphology._compartments import Compartments
from dendrax.morphology._region import Region, region
from dendrax.morphology._tags import AXON, SOMA, region_name, section_kind

_COMPARISONS = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
}


def select(
    compartments: Compartments, where: Region | str | int
) -> Bool[np.ndarray, " compartment"]:
    """Return which compartments lie in a region, by their centers.

    Parameters
    ----------
    compartments : Compartments
    where : Region, or what :func:`region` takes

    Returns
    -------
    ndarray of bool (compartment,)

    Raises
    ------
    MorphologyError
        If there are none, or a name is not one of this cell.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> cell = dx.ball_and_stick(20 * pq.um, 400 * pq.um, 2 * pq.um)
    >>> compartments = dx.discretize(cell, max_length=100 * pq.um)
    >>> dx.select(compartments, "basal").sum()
    np.int64(4)
    >>> dx.select(compartments, "soma" | (dx.path_distance > 200 * pq.um))
    array([ True, False, False,  True,  True])
    """
    wanted = region(where)
    inside = _inside(compartments, wanted)
    if not np.any(inside):
        raise MorphologyError(
            f"no compartment lies in {wanted}. {_extent(compartments)} Compartments count by their "
            f"centers: a finer discretization may help."
        )
    return inside


def _inside(compartments: Compartments, where: Region) -> Bool[np.ndarray, " compartment"]:
    match where.operation, where.operands:
        case "named", (name,):
            return _named(compartments, name)
        case "&", (left, right):
            return _inside(compartments, left) & _inside(compartments, right)
        case "|", (left, right):
            return _inside(compartments, left) | _inside(compartments, right)
        case "~", (whole,):
            return ~_inside(compartments, whole)
    measure, limit, _ = where.operands
    return _COMPARISONS[where.operation](getattr(compartments, measure), limit)


def _named(compartments: Compartments, name: str) -> Bool[np.ndarray, " compartment"]:
    if name in compartments.section_names:
        return compartments.section == compartments.section_names.index(name)
    if name == "all":
        return np.ones(len(compartments), dtype=bool)
    if name == "dendrites":
        return ~np.isin(compartments.tag, (SOMA, AXON))
    tags = np.unique(compartments.tag).tolist()
    for tag in tags:
        if name in (region_name(tag), section_kind(tag)):
            return compartments.tag == tag
    known = {*map(region_name, tags), *map(section_kind, tags), "dendrites", "all"}
    close = get_close_matches(name, {*known, *compartments.section_names}, n=1)
    raise MorphologyError(
        f"{name!r} is no region and no section of this cell; regions are "
        f"{', '.join(sorted(known))}, and sections {compartments.section_names[0]} to "
        f"{compartments.section_names[-1]}.{f' Did you mean {close[0]!r}?' if close else ''}"
    )


def _extent(compartments: Compartments) -> str:
    ends = [
        (float(values.min()), float(values.max()))
        for values in (compartments.path_distance, compartments.diameter, compartments.branch_order)
    ]
    return (
        "This cell has path distances from {:.4g} to {:.4g} um, diameters from {:.3g} to {:.3g} um "
        "and branch orders from {:g} to {:g}.".format(*np.ravel(ends))
    )
