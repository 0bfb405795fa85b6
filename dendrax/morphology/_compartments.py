"""A morphology, divided into pieces that have one potential each."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from dendrax.morphology._frozen import Frozen
from dendrax.morphology._summary import counted, summary
from dendrax.morphology._tags import region_name


@dataclass(frozen=True, eq=False, repr=False)
class Compartments(Frozen):
    """The compartments of a cell as a tree: parents before children, the root first.

    Sections follow each other, and within a section its compartments do, each at the end of the
    one before. Made by :func:`discretize`.

    Attributes
    ----------
    parent : ndarray of int (compartment,)
        -1 for the root.
    attachment : ndarray (compartment,)
        Where on its parent a compartment begins: 0.0 at its start, 0.5 in its center, with no
        resistance on the side of the parent, 1.0 at its end.
    area : ndarray (compartment,)
        Membrane, in um2.
    volume : ndarray (compartment,)
        In um3.
    length : ndarray (compartment,)
        In um.
    resistance_start, resistance_end : ndarray (compartment,)
        The integral of dx / (pi r^2) from the start to the center, and from the center to the end,
        in 1/um; times ``r_axial`` it is the axial resistance of that half.
    section : ndarray of int (compartment,)
    section_position : ndarray (compartment,)
        Of the center, from 0 to 1 along the section.
    xyz, xyz_start, xyz_end : ndarray (compartment, 3)
        Of the center and of both ends, in um.
    path_distance : ndarray (compartment,)
        Of the center from the center of the soma along the tree, in um; from the start of the root
        where there is no soma.
    branch_order : ndarray of int (compartment,)
        0 in the soma, 1 in what leaves it, one more after each branch point.
    tag : ndarray of int (compartment,)
        1 soma, 2 axon, 3 basal, 4 apical, others custom.
    section_names : tuple of str
        Of all sections, as in ``Morphology.names``.
    sample, sample_compartment : ndarray of int (sample,)
        The numbers of the samples of the file, and the compartment of each.
    """

    parent: Int[np.ndarray, " compartment"]
    attachment: Float[np.ndarray, " compartment"]
    area: Float[np.ndarray, " compartment"]
    volume: Float[np.ndarray, " compartment"]
    length: Float[np.ndarray, " compartment"]
    resistance_start: Float[np.ndarray, " compartment"]
    resistance_end: Float[np.ndarray, " compartment"]
    section: Int[np.ndarray, " compartment"]
    section_position: Float[np.ndarray, " compartment"]
    xyz: Float[np.ndarray, "compartment 3"]
    xyz_start: Float[np.ndarray, "compartment 3"]
    xyz_end: Float[np.ndarray, "compartment 3"]
    path_distance: Float[np.ndarray, " compartment"]
    branch_order: Int[np.ndarray, " compartment"]
    tag: Int[np.ndarray, " compartment"]
    section_names: tuple[str, ...]
    sample: Int[np.ndarray, " sample"]
    sample_compartment: Int[np.ndarray, " sample"]

    def __len__(self) -> int:
        return len(self.parent)

    def __repr__(self) -> str:
        n_sections = counted(len(self.section_names), "section")
        head = f"Compartments: {len(self)} in {n_sections}"
        return summary(head, "compartment", self.tag, self.length, self.area)

    @property
    def diameter(self) -> Float[np.ndarray, " compartment"]:
        """The diameter (um) of the cylinder of the same length and membrane."""
        return self.area / (np.pi * self.length)

    @property
    def radius(self) -> Float[np.ndarray, " compartment"]:
        """The radius (um) of the cylinder of the same length and membrane."""
        return self.diameter / 2

    @cached_property
    def place(self) -> np.ndarray:
        """The center of each compartment, as :func:`locate` takes it: ``"apic[3](0.25)"``."""
        each = zip(self.section, self.section_position, strict=True)
        return np.array([f"{self.section_names[section]}({x:.6g})" for section, x in each])

    @cached_property
    def region(self) -> np.ndarray:
        """The name of the region of each compartment: ``"soma"``, ``"axon"``, ``"basal"``, ..."""
        return np.array([region_name(tag) for tag in self.tag.tolist()])

    @cached_property
    def node_compartment(self) -> dict[int, int]:
        """The compartment of each sample of the file, by the number of the sample."""
        return dict(zip(self.sample.tolist(), self.sample_compartment.tolist(), strict=True))
