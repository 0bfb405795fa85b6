"""From samples to one tree with a membrane: what is wrong is refused, or repaired where asked."""

import warnings
from collections.abc import Collection
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Int

from dendrax.errors import MorphologyError
from dendrax.morphology._samples import Samples
from dendrax.morphology._tags import SOMA

REPAIRS = ("join", "drop", "radius", "no_soma")


def one_tree(samples: Samples, repair: Collection[str]) -> Samples:
    """Return samples as one tree, the root first and parents before children.

    Raises
    ------
    MorphologyError
        If samples are their own ancestors, or are not connected.
    """
    _refuse_cycles(samples)
    orphans = samples.parent == -2
    if np.any(orphans) and not {"join", "drop"} & set(repair):
        raise _missing_parent(samples, int(np.argmax(orphans)))
    roots = np.flatnonzero(samples.parent < 0)
    main = roots[np.argmax(samples.tag[roots] == SOMA)]
    samples = replace(samples, parent=np.maximum(samples.parent, -1))
    if len(roots) > 1:
        samples = _connect(samples, int(main), repair)
    return _parents_first(samples)


def membrane(samples: Samples, repair: Collection[str]) -> Samples:
    """Return samples that all have a radius.

    Raises
    ------
    MorphologyError
        If a radius is not positive.
    """
    bad = ~((samples.radius > 0) & np.isfinite(samples.radius))
    if not np.any(bad):
        return samples
    k = int(np.argmax(bad))
    if "radius" not in repair or np.all(bad):
        raise samples.refusal(
            k,
            f"sample {samples.number[k]} has the radius {samples.radius[k]:g} um; it must be "
            f"positive. Correct it, or pass repair='radius' to take that of the nearest sample "
            f"towards the root.",
        )
    source = _follow(np.where(bad & (samples.parent >= 0), samples.parent, np.arange(len(samples))))
    source = np.where(bad[source], np.argmin(bad), source)
    _warn(samples, bad, "had no positive radius and took that of the nearest sample to the root")
    return replace(samples, radius=samples.radius[source])


def soma_or_consent(samples: Samples, repair: Collection[str]) -> None:
    """Refuse samples without soma, unless that is consented to.

    Raises
    ------
    MorphologyError
        If there is none.
    """
    if "no_soma" not in repair and not np.any(samples.tag == SOMA):
        raise MorphologyError(
            f"{samples.file}: no sample is of type 1, soma; the types are "
            f"{', '.join(str(tag) for tag in np.unique(samples.tag))}. Correct the types, or pass "
            f"repair='no_soma' to measure distances from the root."
        )


def _follow(step: Int[np.ndarray, " sample"]) -> Int[np.ndarray, " sample"]:
    """Take steps until nothing moves, or so often that only circles still do."""
    for _ in range(len(step).bit_length()):
        further = step[step]
        if np.array_equal(further, step):
            break
        step = further
    return step


def _refuse_cycles(samples: Samples) -> None:
    rows = np.arange(len(samples))
    if np.all(samples.parent < rows):
        return
    end = _follow(np.where(samples.parent < 0, rows, samples.parent))
    if np.all(samples.parent[end] < 0):
        return
    k = int(np.argmax(samples.parent[end] >= 0))
    way = {k: None}
    while (k := int(samples.parent[k])) not in way:
        way[k] = None
    cycle = list(way)[list(way).index(k) :]
    k = min(cycle)
    cycle = cycle[cycle.index(k) :] + cycle[: cycle.index(k)]
    around = " -> ".join(str(samples.number[j]) for j in cycle[:4])
    raise samples.refusal(
        k,
        f"sample {samples.number[k]} is its own ancestor: {around} -> {'...' * (len(cycle) > 4)}"
        f"{samples.number[k]}. Correct the parents; that of the root is -1.",
    )


def _missing_parent(samples: Samples, k: int) -> MorphologyError:
    line = samples.text.split("\n")[samples.line(k) - 1]
    return samples.refusal(
        k,
        f"sample {samples.number[k]} names parent {line.split()[6]}, which is not in the file. "
        f"Correct it (the parent of the root is -1), or pass repair='join' or repair='drop' to "
        f"treat what hangs on it as a further tree.",
    )


def _connect(samples: Samples, main: int, repair: Collection[str]) -> Samples:
    rows = np.arange(len(samples))
    root = _follow(np.where(samples.parent < 0, rows, samples.parent))
    kept = root == main
    if "drop" in repair:
        _warn(samples, ~kept, "did not hang on the tree of the soma and were left out")
        return samples.take(kept)
    further = (samples.parent < 0) & ~kept
    if "join" not in repair:
        k = int(np.argmax(further))
        raise samples.refusal(
            k,
            f"sample {samples.number[k]} begins a tree of its own, one of {further.sum() + 1}; the "
            f"root is sample {samples.number[main]}. A cell is one tree: pass repair='join' to "
            f"connect the others to their nearest samples of it, or repair='drop' to leave them "
            f"out.",
        )
    from scipy.spatial import KDTree  # which takes a while to load

    distance, nearest = KDTree(samples.xyz[kept]).query(samples.xyz[further])
    parent = samples.parent.copy()
    parent[further] = np.flatnonzero(kept)[nearest]
    _warn(
        samples,
        further,
        f"began further trees and were joined to the nearest samples of the tree of the soma, up "
        f"to {np.max(distance):.3g} um away",
    )
    return replace(samples, parent=parent)


def _parents_first(samples: Samples) -> Samples:
    if _is_written_by_branches(samples):
        return samples
    children: list[list[int]] = [[] for _ in range(len(samples))]
    parents = samples.parent.tolist()
    alike = (samples.tag == samples.tag[samples.parent]).tolist()
    root = int(np.argmin(samples.parent))
    for k in sorted(reversed(range(len(samples))), key=alike.__getitem__):
        if k != root:  # what goes on with the same type comes last, and so is taken first
            children[parents[k]].append(k)
    order, waiting = [], [root]
    while waiting:
        order.append(waiting.pop())
        waiting.extend(children[order[-1]])
    return samples.take(np.asarray(order))


def _is_written_by_branches(samples: Samples) -> bool:
    """Whether parents come before children, and most runs of samples are not interrupted."""
    parent = samples.parent
    if parent[0] != -1 or np.any(parent >= np.arange(len(samples))):
        return False
    n_children = np.bincount(parent[1:], minlength=len(samples))
    interrupted = (n_children[parent[1:]] == 1) & (parent[1:] != np.arange(len(samples) - 1))
    return bool(interrupted.sum() <= np.sum(n_children == 0))


def _warn(samples: Samples, which: Bool[np.ndarray, " sample"], what: str) -> None:
    k = int(np.argmax(which))
    warnings.warn(
        f"{samples.file}: {which.sum()} of {len(samples)} samples {what} (the first is sample "
        f"{samples.number[k]}, line {samples.line(k)}).",
        stacklevel=4,
    )
