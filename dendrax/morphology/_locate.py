"""From a place to the compartment that is there."""

import re
from typing import Any

import numpy as np

from dendrax.errors import MorphologyError
from dendrax.morphology._compartments import Compartments
from dendrax.units import Quantity, to_internal

_PLACE = re.compile(r"(?P<section>[^()]+?)\s*(\((?P<x>[^()]*)\))?")


def locate(compartments: Compartments, place: Any) -> int:
    """Return the compartment at a place.

    Parameters
    ----------
    compartments : Compartments
    place : str, or Quantity [length] (3,)
        A section and how far along it, as in ``"apic[76](0.214)"``; without a number its middle.
        Or a point, to which the center of the compartment is the nearest.

    Returns
    -------
    int

    Raises
    ------
    MorphologyError
        If there is no such section, or the number is not between 0 and 1.
    UnitError
        If a point is not a length.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> cell = dx.ball_and_stick(20 * pq.um, 400 * pq.um, 2 * pq.um)
    >>> compartments = dx.discretize(cell, max_length=100 * pq.um)
    >>> dx.locate(compartments, "soma[0]"), dx.locate(compartments, "dend[0](0.99)")
    (0, 4)
    """
    if not isinstance(place, str):
        return _nearest(compartments, place)
    parts = _PLACE.fullmatch(place.strip())
    section, x = (parts["section"], parts["x"] or "0.5") if parts else (place, "0.5")
    names = compartments.section_names
    if section not in names:
        raise MorphologyError(
            f"{section!r} is no section of this cell; it has {names[0]} to {names[-1]}. A place is "
            f"written like {names[-1]}(0.5)."
        )
    try:
        along = float(x)
    except ValueError:
        along = np.nan
    if not 0 <= along <= 1:
        raise MorphologyError(
            f"a place on {section} is a number from 0, its start, to 1, its end; got {x}."
        )
    inside = np.flatnonzero(compartments.section == names.index(section))
    return int(inside[min(int(along * len(inside)), len(inside) - 1)])


def _nearest(compartments: Compartments, place: Quantity) -> int:
    point = to_internal(place, "um", "place")
    if point.shape != (3,):
        raise MorphologyError(f"a place has three coordinates; got the shape {point.shape}.")
    return int(np.argmin(np.linalg.norm(compartments.xyz - point, axis=1)))
