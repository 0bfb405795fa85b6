"""Idealized cells, made from their dimensions."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float

from dendrax.errors import MorphologyError
from dendrax.morphology._morphology import Morphology, Section, assemble
from dendrax.morphology._tags import BASAL, SOMA
from dendrax.units import scalar, to_internal

_ALONG = np.array([1.0, 0.0, 0.0])


def single_compartment(length: Any, diameter: Any) -> Morphology:
    """Return a soma alone: a cylinder, whose membrane is its side.

    Parameters
    ----------
    length, diameter : Quantity [length]
        A sphere has the membrane of the cylinder as long as its diameter.

    Raises
    ------
    MorphologyError
        If a dimension is not positive.
    UnitError
        If an argument is not a length.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.single_compartment(100 * pq.um, 99 * pq.um)
    Morphology: 1 section, 2 points, 100 um, 31102 um2
      soma: 1 section, 100 um, 31102 um2
    """
    return assemble([_soma(_length(length, "length"), _length(diameter, "diameter"))])


def cylinder(length: Any, diameter: Any) -> Morphology:
    """Return one dendrite without soma: a cable, or a cone.

    Parameters
    ----------
    length : Quantity [length]
    diameter : Quantity [length]
        One value, or two for a cable that tapers: at the start, and at the end.

    Raises
    ------
    MorphologyError
        If a dimension is not positive.
    UnitError
        If an argument is not a length.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.cylinder(1 * pq.mm, [1, 1.7] * pq.um)
    Morphology: 1 section, 2 points, 1000 um, 4241.2 um2
      basal: 1 section, 1000 um, 4241.2 um2
    """
    ends = _lengths(diameter, "diameter") / 2
    if ends.shape not in ((), (2,)):
        raise MorphologyError(f"diameter must be one value or two; got the shape {ends.shape}.")
    points = _line(np.zeros(3), _ALONG, _length(length, "length"), ends)
    return assemble([Section(BASAL, points)])


def ball_and_stick(soma_diameter: Any, dendrite_length: Any, dendrite_diameter: Any) -> Morphology:
    """Return a soma with one dendrite, at the end of the soma.

    The soma is a cylinder as long as wide, with the membrane of a sphere. Half of its axial
    resistance lies between its center and the dendrite; :func:`star` has dendrites at the center.

    Parameters
    ----------
    soma_diameter, dendrite_length, dendrite_diameter : Quantity [length]

    Raises
    ------
    MorphologyError
        If a dimension is not positive.
    UnitError
        If an argument is not a length.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.ball_and_stick(20 * pq.um, 500 * pq.um, 2 * pq.um)
    Morphology: 2 sections, 4 points, 520 um, 4398.2 um2
      soma: 1 section, 20 um, 1256.6 um2
      basal: 1 section, 500 um, 3141.6 um2
    """
    soma = _ball(soma_diameter)
    length = _length(dendrite_length, "dendrite_length")
    radius = _length(dendrite_diameter, "dendrite_diameter") / 2
    stick = _line(soma.points[-1, :3], _ALONG, length, radius)
    return assemble([soma, Section(BASAL, stick, 0, 1.0)])


def star(
    n_dendrites: int, soma_diameter: Any, dendrite_length: Any, dendrite_diameter: Any
) -> Morphology:
    """Return a soma with equal dendrites all around, connected to its center.

    Parameters
    ----------
    n_dendrites : int
    soma_diameter, dendrite_length, dendrite_diameter : Quantity [length]

    Raises
    ------
    MorphologyError
        If there is no dendrite, or a dimension is not positive.
    UnitError
        If an argument is not a length.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> cell = dx.star(5, 20 * pq.um, 300 * pq.um, 1 * pq.um)
    >>> cell.names
    ('soma[0]', 'dend[0]', 'dend[1]', 'dend[2]', 'dend[3]', 'dend[4]')
    """
    if n_dendrites < 1:
        raise MorphologyError(f"n_dendrites must be at least 1; got {n_dendrites}.")
    soma = _ball(soma_diameter)
    length = _length(dendrite_length, "dendrite_length")
    radius = _length(dendrite_diameter, "dendrite_diameter") / 2
    directions = [_direction(angle) for angle in 2 * np.pi * np.arange(n_dendrites) / n_dendrites]
    surface = soma.points[0, 3]
    sticks = [_line(surface * way, way, length, radius) for way in directions]
    return assemble([soma, *(Section(BASAL, stick, 0, 0.5) for stick in sticks)])


def rall_tree(lengths: Any, diameters: Any) -> Morphology:
    """Return a dendrite that branches in two at the end of each section, without soma.

    Where the diameters to the power of 3/2 halve at each level, and the lengths are equal in length
    constants, the tree is equivalent to a cylinder (Rall 1962).

    Parameters
    ----------
    lengths, diameters : Quantity [length] (level,)
        Of the sections of each level, from the root.

    Raises
    ------
    MorphologyError
        If the numbers of levels differ, or a dimension is not positive.
    UnitError
        If an argument is not a length.

    Examples
    --------
    The tree of Rallpack 2 (Bhalla, Bilitch & Bower 1992):

    >>> import dendrax as dx, quantities as pq
    >>> level = np.arange(10)
    >>> dx.rall_tree(32 / 2 ** (level / 3) * pq.um, 16 / 2 ** (2 * level / 3) * pq.um)
    Morphology: 1023 sections, 2046 points, 5480.1 um, 16085 um2
      basal: 1023 sections, 5480.1 um, 16085 um2
    """
    length, radius = _lengths(lengths, "lengths"), _lengths(diameters, "diameters") / 2
    if length.shape != radius.shape or length.ndim != 1:
        raise MorphologyError(
            f"rall_tree takes one length and one diameter per level; got {length.size} lengths and "
            f"{radius.size} diameters."
        )
    return assemble(_levels(length, radius))


def _direction(angle: float) -> Float[np.ndarray, "3"]:
    return np.array([np.cos(angle), np.sin(angle), 0.0])


def _lengths(value: Any, name: str) -> Float[np.ndarray, "..."]:
    return _positive(to_internal(value, "um", name), name)


def _length(value: Any, name: str) -> float:
    return float(_positive(np.asarray(scalar(value, "um", name)), name))


def _positive(lengths: Float[np.ndarray, "..."], name: str) -> Float[np.ndarray, "..."]:
    if not np.all((lengths > 0) & np.isfinite(lengths)):
        raise MorphologyError(f"{name} must be positive; got {lengths} um.")
    return lengths


def _line(
    start: Float[np.ndarray, "3"],
    direction: Float[np.ndarray, "3"],
    length: float,
    radii: float | Float[np.ndarray, "*ends"],
) -> Float[np.ndarray, "2 4"]:
    ends = np.stack([start, start + length * direction])
    return np.column_stack([ends, np.broadcast_to(radii, 2)])


def _soma(length: float, diameter: float) -> Section:
    return Section(SOMA, _line(np.array([-length / 2, 0.0, 0.0]), _ALONG, length, diameter / 2))


def _ball(diameter: Any) -> Section:
    size = _length(diameter, "soma_diameter")
    return _soma(size, size)


def _levels(
    length: Float[np.ndarray, " level"], radius: Float[np.ndarray, " level"]
) -> Iterator[Section]:
    """Yield the sections level by level; their directions share a half turn."""
    first, ends = 0, [np.zeros(3)]
    for level in range(len(length)):
        n = 2**level
        ways = [_direction(angle) for angle in np.pi * ((np.arange(n) + 0.5) / n - 0.5)]
        lines = [
            _line(ends[k // 2 if level else 0], way, length[level], radius[level])
            for k, way in enumerate(ways)
        ]
        for k, line in enumerate(lines):
            parent = first - n // 2 + k // 2 if level else -1
            yield Section(BASAL, line, parent, 1.0)
        first, ends = first + n, [line[-1, :3] for line in lines]
