"""The shape of a neuron: a tree of unbranched sections."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from dendrax.morphology import _frusta
from dendrax.morphology._frozen import Frozen
from dendrax.morphology._summary import counted, summary
from dendrax.morphology._tags import SOMA, section_kind


@dataclass(frozen=True, eq=False, repr=False)
class Morphology(Frozen):
    """A tree of sections; each is an unbranched run of points of one type.

    Sections stand in the order of the file, parents before children. Their names are those that
    NEURON's Import3D gives them, so that a published location such as ``apic[76](0.214)`` is found.
    Made by :func:`read_swc` and the builders; :func:`discretize` divides it into compartments.

    Attributes
    ----------
    xyz : ndarray (point, 3)
        In um, section after section.
    radius : ndarray (point,)
        In um.
    first : ndarray of int (section + 1,)
        Where the points of each section begin; section k has those from ``first[k]`` to
        ``first[k + 1]``.
    tag : ndarray of int (section,)
        The type of the SWC format: 1 soma, 2 axon, 3 basal, 4 apical, others custom.
    parent : ndarray of int (section,)
        -1 for the root.
    attachment : ndarray (section,)
        Where on its parent a section begins: 0.0 its start, 0.5 its middle, 1.0 its end.
    sample : ndarray of int (sample,)
        The numbers that the samples have in the file; empty for a morphology that was built.
    sample_section : ndarray of int (sample,)
        The section of each sample.
    sample_position : ndarray (sample,)
        Its place in the section, from 0 to 1.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.ball_and_stick(20 * pq.um, 500 * pq.um, 2 * pq.um)
    Morphology: 2 sections, 4 points, 520 um, 4398.2 um2
      soma: 1 section, 20 um, 1256.6 um2
      basal: 1 section, 500 um, 3141.6 um2
    """

    xyz: Float[np.ndarray, "point 3"]
    radius: Float[np.ndarray, " point"]
    first: Int[np.ndarray, " offset"]
    tag: Int[np.ndarray, " section"]
    parent: Int[np.ndarray, " section"]
    attachment: Float[np.ndarray, " section"]
    sample: Int[np.ndarray, " sample"]
    sample_section: Int[np.ndarray, " sample"]
    sample_position: Float[np.ndarray, " sample"]

    def __len__(self) -> int:
        return len(self.tag)

    def __repr__(self) -> str:
        head = f"Morphology: {counted(len(self), 'section')}, {len(self.xyz)} points"
        return summary(head, "section", self.tag, self.length, self.area)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The name of each section."""
        names = np.empty(len(self), dtype=object)
        for tag in np.unique(self.tag):
            of_tag = np.flatnonzero(self.tag == tag)
            kind = section_kind(int(tag))
            names[of_tag] = [f"{kind}[{k}]" for k in range(len(of_tag))]
        return tuple(names)

    @cached_property
    def section_of_point(self) -> Int[np.ndarray, " point"]:
        """The section of each point."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    @cached_property
    def arc_length(self) -> Float[np.ndarray, " point"]:
        """The distance (um) of each point from the start of its section, along it."""
        steps = np.linalg.norm(np.diff(self.xyz, axis=0, prepend=self.xyz[:1]), axis=1)
        steps[self.first[:-1]] = 0.0
        along = np.cumsum(steps)
        return along - along[self.first[:-1]][self.section_of_point]

    @cached_property
    def length(self) -> Float[np.ndarray, " section"]:
        """The length (um) of each section."""
        return self.arc_length[self.first[1:] - 1]

    @cached_property
    def area(self) -> Float[np.ndarray, " section"]:
        """The membrane (um2) of each section."""
        steps, start, end = np.diff(self.arc_length), self.radius[:-1], self.radius[1:]
        inside = np.diff(self.section_of_point) == 0
        areas = _frusta.lateral_area(steps, start, end)[inside]
        return np.bincount(self.section_of_point[1:][inside], areas, len(self))

    @cached_property
    def path_distance(self) -> Float[np.ndarray, " section"]:
        """The way (um) from the center of the soma to the start of each section, along the tree.

        Without a soma it begins at the start of the root.
        """
        length, attachment, parent = (
            leaf.tolist() for leaf in (self.length, self.attachment, self.parent)
        )
        center = 0.5 if self.tag[0] == SOMA else 0.0
        start = [center * length[0]]
        for k in range(1, len(self)):
            p = parent[k]
            along = attachment[k] if p else abs(attachment[k] - center)
            start.append((start[p] if p else 0.0) + along * length[p])
        return np.asarray(start)

    @cached_property
    def branch_order(self) -> Int[np.ndarray, " section"]:
        """How many times the way to a section leaves the soma or passes a branch point."""
        n_children = np.bincount(self.parent[1:], minlength=len(self))
        steps = (n_children[self.parent] > 1) | (self.tag[self.parent] == SOMA)
        steps = (steps & (self.tag != SOMA)).tolist()
        order, parent = [0], self.parent.tolist()
        for k in range(1, len(self)):
            order.append(order[parent[k]] + steps[k])
        return np.asarray(order)


class Section(NamedTuple):
    """What a builder says of a section."""

    tag: int
    points: Float[np.ndarray, "point 4"]  # x, y, z, radius in um
    parent: int = -1
    attachment: float = 1.0


def assemble(sections: Iterable[Section]) -> Morphology:
    """Make a morphology of sections, parents before children."""
    tags, points, parents, attachments = zip(*sections, strict=True)
    stacked = np.concatenate(points)
    nothing = np.zeros(0, dtype=int)
    return Morphology(
        xyz=stacked[:, :3].copy(),
        radius=stacked[:, 3].copy(),
        first=np.concatenate([[0], np.cumsum([len(p) for p in points])]),
        tag=np.asarray(tags),
        parent=np.asarray(parents),
        attachment=np.asarray(attachments, dtype=float),
        sample=nothing,
        sample_section=nothing,
        sample_position=np.zeros(0),
    )
