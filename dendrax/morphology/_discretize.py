"""From sections to compartments: how many, and what each of them is."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from dendrax.errors import MorphologyError
from dendrax.morphology import _frusta
from dendrax.morphology._compartments import Compartments
from dendrax.morphology._morphology import Morphology
from dendrax.morphology._tags import SOMA, region_name, section_kind
from dendrax.units import scalar


def discretize(
    morphology: Morphology,
    *,
    max_length: Any = None,
    d_lambda: int | float | None = None,
    n_per_section: int | Mapping[str, int] | None = None,
    r_axial: Any = None,
    c_m: Any = None,
    frequency: Any = None,
) -> Compartments:
    """Divide every section into compartments of equal length.

    How many is given by exactly one of ``max_length``, ``d_lambda`` and ``n_per_section``. The
    truncated cones between the points are integrated exactly, so that membrane, volume and the
    resistance from end to end do not depend on the number of compartments.

    Parameters
    ----------
    morphology : Morphology
    max_length : Quantity [length], optional
        No compartment is longer.
    d_lambda : float, optional
        No compartment is longer than this part of the length constant at ``frequency``; the numbers
        are odd, as NEURON's rule has them (Carnevale & Hines 2006, section 5.6.2). 0.1 is usual.
    n_per_section : int or dict of int, optional
        Of all sections, or by the names of sections (``"apic[3]"``), then kinds (``"apic"``), then
        regions (``"apical"``), then ``"all"``.
    r_axial : Quantity [resistance times length], optional
        Needed for ``d_lambda``.
    c_m : Quantity [capacitance per area], optional
        Needed for ``d_lambda``.
    frequency : Quantity [frequency], optional
        Of ``d_lambda``. Default: 100 Hz.

    Returns
    -------
    Compartments

    Raises
    ------
    MorphologyError
        If not exactly one rule is given, one that cannot be followed, or if a section has none.
    UnitError
        If an argument has another dimension.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> cell = dx.ball_and_stick(20 * pq.um, 500 * pq.um, 2 * pq.um)
    >>> dx.discretize(cell, max_length=20 * pq.um)
    Compartments: 26 in 2 sections, 520 um, 4398.2 um2
      soma: 1 compartment, 20 um, 1256.6 um2
      basal: 25 compartments, 500 um, 3141.6 um2
    """
    rules = {"max_length": max_length, "d_lambda": d_lambda, "n_per_section": n_per_section}
    given = [name for name, value in rules.items() if value is not None]
    if len(given) != 1:
        raise MorphologyError(
            f"discretize takes one of max_length, d_lambda and n_per_section; got "
            f"{' and '.join(given) or 'none'}. Try max_length=20 * pq.um."
        )
    if n_per_section is not None:
        n = _stated(morphology, n_per_section)
    elif max_length is not None:
        longest = _positive(scalar(max_length, "um", "max_length"), "max_length", "um")
        # The tolerance keeps 100 um at 5 compartments of 20 um where the length is a rounded sum.
        n = np.ceil(morphology.length / longest * (1 - 1e-12))
    else:
        part = _positive(scalar(d_lambda, "1", "d_lambda"), "d_lambda", "")
        electrotonic = _electrotonic_length(morphology, r_axial, c_m, frequency)
        n = 1 + 2 * np.floor((electrotonic / part + 0.9) / 2)
    return _divide(morphology, np.maximum(n, 1).astype(int))


def _positive(value: float, name: str, unit: str) -> float:
    if not value > 0:
        raise MorphologyError(f"{name} must be positive; got {value:g} {unit}".rstrip() + ".")
    return value


def _stated(morphology: Morphology, stated: int | Mapping[str, int]) -> Int[np.ndarray, " section"]:
    by_name = stated if isinstance(stated, Mapping) else {"all": stated}
    if low := [count for count in by_name.values() if count < 1]:
        raise MorphologyError(f"n_per_section must be at least 1; got {low[0]}.")
    counts, used = [], set()
    for name, tag in zip(morphology.names, morphology.tag.tolist(), strict=True):
        names = (name, section_kind(tag), region_name(tag), "all")
        key = next((each for each in names if each in by_name), None)
        if key is None:
            raise MorphologyError(
                f"n_per_section has no entry for {name}; it names {', '.join(by_name)}. "
                f"Add one of {', '.join(map(repr, names))}."
            )
        counts.append(by_name[key])
        used.update(names)
    if strange := set(by_name) - used:
        raise MorphologyError(
            f"n_per_section names {min(strange)!r}, which is no section and no region of this "
            f"morphology. Take it out, or correct it."
        )
    return np.asarray(counts)


def _electrotonic_length(
    morphology: Morphology, r_axial: Any, c_m: Any, frequency: Any
) -> Float[np.ndarray, " section"]:
    if r_axial is None or c_m is None:
        raise MorphologyError(
            "d_lambda needs r_axial and c_m, for the length constant depends on them; for example "
            "r_axial=150 * pq.ohm * pq.cm, c_m=1 * pq.uF / pq.cm**2."
        )
    resistivity = _positive(scalar(r_axial, "GOhm um", "r_axial"), "r_axial", "GOhm um")
    capacitance = _positive(scalar(c_m, "pF/um2", "c_m"), "c_m", "pF/um2")
    rate = 0.1 if frequency is None else scalar(frequency, "1/ms", "frequency")
    rate = _positive(rate, "frequency", "kHz")
    diameter = morphology.radius[:-1] + morphology.radius[1:]
    constant = 0.5 * np.sqrt(diameter / (np.pi * rate * resistivity * capacitance))
    inside = np.diff(morphology.section_of_point) == 0
    steps = (np.diff(morphology.arc_length) / constant)[inside]
    return np.bincount(morphology.section_of_point[1:][inside], steps, len(morphology))


def _divide(morphology: Morphology, n: Int[np.ndarray, " section"]) -> Compartments:
    end = np.cumsum(n)
    start = end - n
    section = np.repeat(np.arange(len(n)), n)
    position = (np.arange(end[-1]) - start[section] + 0.5) / n[section]
    outline = _outline(morphology, n)
    resistance = _halves(outline, _frusta.resistance)
    is_end = ~outline.is_point & ~outline.is_center  # of two compartments of one section
    parent, attachment = _tree(morphology, n, start)
    from_center = (position - 0.5 * (morphology.tag[0] == SOMA)) * morphology.length[section]
    outward = morphology.path_distance[section] + position * morphology.length[section]
    within = np.floor(morphology.sample_position * n[morphology.sample_section]).astype(int)
    within = np.minimum(within, n[morphology.sample_section] - 1)
    return Compartments(
        parent=parent,
        attachment=attachment,
        area=_halves(outline, _frusta.lateral_area).sum(1),
        volume=_halves(outline, _frusta.volume).sum(1),
        length=(morphology.length / n)[section],
        resistance_start=resistance[:, 0].copy(),
        resistance_end=resistance[:, 1].copy(),
        section=section,
        section_position=position,
        xyz=outline.xyz[outline.is_center],
        xyz_start=outline.xyz[is_end | (np.diff(outline.section, prepend=-1) != 0)],
        xyz_end=outline.xyz[is_end | (np.diff(outline.section, append=-1) != 0)],
        path_distance=np.where(section == 0, np.abs(from_center), outward),
        branch_order=morphology.branch_order[section],
        tag=morphology.tag[section],
        section_names=morphology.names,
        sample=morphology.sample,
        sample_compartment=start[morphology.sample_section] + within,
    )


def _tree(
    morphology: Morphology, n: Int[np.ndarray, " section"], start: Int[np.ndarray, " section"]
) -> tuple[Int[np.ndarray, " compartment"], Float[np.ndarray, " compartment"]]:
    parent = np.arange(-1, n.sum() - 1)
    attachment = np.ones(len(parent))
    on, x = morphology.parent[1:], morphology.attachment[1:]
    place = x * n[on]
    # The middle of an even number of compartments is the end of one of them.
    in_center = (x == 0.5) & (n[on] % 2 == 1)
    within = np.where(in_center, np.floor(place), np.maximum(np.ceil(place) - 1, 0)).astype(int)
    parent[start[1:]] = start[on] + within
    attachment[start[1:]] = np.where(in_center, 0.5, np.where(x == 0, 0.0, 1.0))
    return parent, attachment


class _Outline(NamedTuple):
    """The points of all sections, and the ends and centers of compartments between them."""

    section: Int[np.ndarray, " place"]
    along: Float[np.ndarray, " place"]
    radius: Float[np.ndarray, " place"]
    xyz: Float[np.ndarray, "place 3"]
    is_point: Bool[np.ndarray, " place"]
    is_center: Bool[np.ndarray, " place"]


def _outline(morphology: Morphology, n: Int[np.ndarray, " section"]) -> _Outline:
    n_cuts = 2 * n - 1
    cut_section = np.repeat(np.arange(len(n)), n_cuts)
    within = np.arange(n_cuts.sum()) - (np.cumsum(n_cuts) - n_cuts)[cut_section]
    cut_at = (within + 1) / (2 * n[cut_section]) * morphology.length[cut_section]
    section = np.concatenate([cut_section, morphology.section_of_point])
    along = np.concatenate([cut_at, morphology.arc_length])
    is_point = np.arange(len(along)) >= len(cut_at)
    # A cut at a point comes before it, so that a jump of the radius there is left to what follows.
    order = np.lexsort((is_point, along, section))
    section, along, is_point = section[order], along[order], is_point[order]
    before = np.cumsum(is_point)[~is_point] - 1
    left, right = morphology.arc_length[before], morphology.arc_length[before + 1]
    part = ((along[~is_point] - left) / (right - left))[:, None]
    at_points = np.column_stack([morphology.xyz, morphology.radius])
    values = np.empty((len(along), 4))
    values[is_point] = at_points
    values[~is_point] = at_points[before] * (1 - part) + at_points[before + 1] * part
    is_center = np.zeros(len(along), dtype=bool)
    is_center[~is_point] = within % 2 == 0
    return _Outline(section, along, values[:, 3], values[:, :3], is_point, is_center)


def _halves(
    outline: _Outline, measure: Callable[..., Float[np.ndarray, " piece"]]
) -> Float[np.ndarray, "compartment 2"]:
    """Sum up a measure of the frusta in the first and in the second half of each compartment."""
    inside = np.diff(outline.section) == 0
    start, end = outline.radius[:-1][inside], outline.radius[1:][inside]
    pieces = measure(np.diff(outline.along)[inside], start, end)
    # A section with k compartments has 2 k halves and one cut less.
    half = np.cumsum(~outline.is_point) + outline.section
    return np.bincount(half[:-1][inside], pieces).reshape(-1, 2)
