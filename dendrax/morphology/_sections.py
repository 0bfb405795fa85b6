"""From samples to sections, by the conventions of NEURON's Import3D.

A section is a run of samples of one type, one after the other in the file, that does not branch.
It begins at the sample that it hangs on, so that no membrane is missing between them. On the soma
it is otherwise: a neurite that hangs on a soma of one sample, or on a sample in the midst of the
soma, is connected to its middle and begins at its own first sample; the gap has neither membrane
nor resistance. At the first and the last sample of a soma it begins there, with its own radius.

Import3D is left where it leaves samples out: where all that hangs on the first sample of a neurite
comes later in the file, and where a neurite of one sample hangs on the root of a branched soma. A
section whose first sample lies on that of its parent begins with its own radius, without a ring.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from dendrax.morphology._morphology import Morphology
from dendrax.morphology._samples import Samples
from dendrax.morphology._tags import SOMA


def sections_of(samples: Samples) -> Morphology:
    """Return the sections of one tree of samples, the root first and parents before children.

    Raises
    ------
    MorphologyError
        If the section of the root has no length.
    """
    markers = _markers(samples)
    tree = samples.take(~markers)
    runs = _runs(tree)
    attachment, lead = _attachments(tree, runs)
    points, own, n_points = _points(tree, runs, lead)
    morphology = Morphology(
        xyz=points[:, :3].copy(),
        radius=points[:, 3].copy(),
        first=np.insert(np.cumsum(n_points), 0, 0),
        tag=tree.tag[runs.head],
        parent=np.insert(runs.section[tree.parent[runs.head[1:]]], 0, -1),
        attachment=np.insert(attachment, 0, 1.0),
        sample=np.concatenate([tree.number, samples.number[markers]]),
        sample_section=np.concatenate([runs.section, np.zeros(markers.sum(), int)]),
        sample_position=np.full(len(samples), 0.5),  # as is right for a ball
    )
    if morphology.length[0] == 0:
        raise samples.refusal(0, "the section of the root has no length. Correct the coordinates.")
    relative = (
        morphology.arc_length
        / np.where(morphology.length == 0, 1.0, morphology.length)[morphology.section_of_point]
    )
    position = np.concatenate([relative[own], np.full(markers.sum(), 0.5)])
    return _without_empty(replace(morphology, sample_position=position))


class _Runs(NamedTuple):
    head: Int[np.ndarray, " section"]  # the first sample of each section
    section: Int[np.ndarray, " sample"]
    n_own: Int[np.ndarray, " section"]


def _markers(samples: Samples) -> Bool[np.ndarray, " sample"]:
    """Mark two samples of the three by which NeuroMorpho.Org describes a sphere (see its FAQ)."""
    nothing = np.zeros(len(samples), dtype=bool)
    somatic = np.flatnonzero(samples.tag == SOMA)
    if len(somatic) != 3 or somatic[0] != 0 or np.any(samples.parent[somatic[1:]] != 0):
        return nothing
    others = somatic[1:]
    diameter = 2 * samples.radius[0]
    span = np.linalg.norm(samples.xyz[others] - samples.xyz[0], axis=1).sum()
    is_ball = np.allclose(samples.radius[others], samples.radius[0], rtol=1e-3)
    is_ball &= abs(span / diameter - 1) < 0.01 and not np.any(np.isin(samples.parent, others))
    nothing[others] = is_ball
    return nothing


def _runs(tree: Samples) -> _Runs:
    soma, on = tree.tag == SOMA, tree.parent[1:]
    n_children = np.bincount(on, minlength=len(tree))
    n_somatic = np.bincount(on[soma[1:]], minlength=len(tree))
    # Neurites do not end a section of the soma, nor what hangs on its first sample a neurite's.
    begins_neurite = ~soma & soma[tree.parent] & (tree.parent >= 0)
    through_soma = (n_somatic[on] == 1) | (on == 0)
    through_neurite = (n_children[on] == 1) | begins_neurite[on]
    goes_on = np.where(soma[1:], through_soma, through_neurite)
    goes_on &= (tree.tag[1:] == tree.tag[on]) & (on == np.arange(len(on)))
    is_head = np.insert(~goes_on, 0, True)
    section = np.cumsum(is_head) - 1
    return _Runs(np.flatnonzero(is_head), section, np.bincount(section))


def _attachments(
    tree: Samples, runs: _Runs
) -> tuple[Float[np.ndarray, " branch"], Bool[np.ndarray, " branch"]]:
    """Return where sections hang on their parents, and whether they begin with that sample."""
    head, soma = runs.head[1:], tree.tag == SOMA
    on = tree.parent[head]
    last = (np.cumsum(runs.n_own) - 1)[runs.section[on]]
    attachment = np.where(on == last, 1.0, np.where(soma[on], 0.5, 0.0))
    attachment[on == 0] = 0.5 if runs.n_own[0] == 1 else 0.0
    n_somatic = np.bincount(tree.parent[1:][soma[1:]], minlength=len(tree))
    in_midst = soma[on] & ~soma[head] & ((attachment == 0.5) | (n_somatic[on] > 1))
    at_parent = np.all(tree.xyz[head] == tree.xyz[on], axis=1)
    return attachment, ~((in_midst | at_parent) & (runs.n_own[1:] > 1))


def _points(
    tree: Samples, runs: _Runs, lead: Bool[np.ndarray, " branch"]
) -> tuple[Float[np.ndarray, "point 4"], Bool[np.ndarray, " point"], Int[np.ndarray, " section"]]:
    """Return points with radii, which of them are samples of the section, and how many each has."""
    samples = np.column_stack([tree.xyz, tree.radius])
    head = runs.head[1:][lead]
    leads = samples[tree.parent[head]]
    leaves_soma = (tree.tag[tree.parent[head]] == SOMA) & (tree.tag[head] != SOMA)
    leads[leaves_soma, 3] = tree.radius[head[leaves_soma]]
    points = np.insert(samples, head, leads, axis=0)
    own = np.insert(np.ones(len(tree), dtype=bool), head, False)
    n_points = runs.n_own + np.insert(lead, 0, False)
    if runs.n_own[0] == 1:  # a ball: the cylinder as long as wide has its membrane
        along = np.array([points[0, 3], 0.0, 0.0, 0.0])
        points = np.concatenate([points[:1] - along, points[:1], points[:1] + along, points[1:]])
        own = np.concatenate([[False, True, False], own[1:]])
        n_points[0] = 3
    return points, own, n_points


def _without_empty(morphology: Morphology) -> Morphology:
    """Leave out sections without length; what hangs on them hangs on what they hung on."""
    empty = morphology.length == 0
    if not np.any(empty):
        return morphology
    parent, attachment = morphology.parent.copy(), morphology.attachment.copy()
    for k in np.flatnonzero(empty[morphology.parent] & (morphology.parent >= 0)):
        attachment[k], parent[k] = attachment[parent[k]], parent[parent[k]]
    section, position = morphology.sample_section.copy(), morphology.sample_position.copy()
    of_empty = empty[section]
    position[of_empty] = attachment[section[of_empty]]
    section[of_empty] = parent[section[of_empty]]
    place = np.cumsum(~empty) - 1
    kept = ~empty[morphology.section_of_point]
    return Morphology(
        xyz=morphology.xyz[kept],
        radius=morphology.radius[kept],
        first=np.insert(np.cumsum(np.diff(morphology.first)[~empty]), 0, 0),
        tag=morphology.tag[~empty],
        parent=np.where(parent < 0, -1, place[parent])[~empty],
        attachment=attachment[~empty],
        sample=morphology.sample,
        sample_section=place[section],
        sample_position=position,
    )
