"""A morphology as an SWC file."""

import os
from pathlib import Path

import numpy as np

from dendrax.morphology._morphology import Morphology
from dendrax.morphology._tags import SOMA


def write_swc(morphology: Morphology, path: str | os.PathLike[str], comment: str = "") -> None:
    r"""Write a morphology as an SWC file, which :func:`read_swc` reads as the same sections.

    Samples are numbered anew, section after section; where neurites hang on the middle of a soma
    that has no point there, one is added.

    Parameters
    ----------
    morphology : Morphology
    path : str or path
    comment : str, optional
        Lines for the head of the file.

    Examples
    --------
    >>> import dendrax as dx, pathlib, tempfile, quantities as pq
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "cell.swc"
    >>> dx.write_swc(dx.ball_and_stick(20 * pq.um, 400 * pq.um, 2 * pq.um), path)
    >>> print(path.read_text())
    # number type x y z radius parent, in um
    1 1 -10.0 0.0 0.0 10.0 -1
    2 1 10.0 0.0 0.0 10.0 1
    3 3 410.0 0.0 0.0 1.0 2
    <BLANKLINE>
    """
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    lines.append("# number type x y z radius parent, in um")
    points = _points(morphology)
    numbers: list[np.ndarray] = []  # of the points of each section, whether written here or before
    count = 0
    for k, on in enumerate(morphology.parent.tolist()):
        written, parent = np.ones(len(points[k]), dtype=bool), -1
        if on >= 0:
            at = _place(points[k][0], points[on], float(morphology.attachment[k]))
            parent = int(numbers[on][at])
            written[0] = not _is_understood(morphology, k, points[k], points[on][at])
        numbers.append(np.where(written, count + np.cumsum(written), parent))
        for number, row in zip(numbers[k][written], points[k][written].tolist(), strict=True):
            lines.append(f"{number} {morphology.tag[k]} {' '.join(map(str, row))} {parent}")
            parent = number
        count += int(written.sum())
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _points(morphology: Morphology) -> list[np.ndarray]:
    """Return the points of each section with their radii, and one amid a soma of two."""
    stacked = np.column_stack([morphology.xyz, morphology.radius])
    points = np.split(stacked, morphology.first[1:-1])
    for k in set(morphology.parent[morphology.attachment == 0.5].tolist()):
        if len(points[k]) == 2:
            points[k] = np.insert(points[k], 1, points[k].mean(0), axis=0)
    return points


def _place(first: np.ndarray, on_points: np.ndarray, attachment: float) -> int:
    """Return the point of the parent on which a section hangs."""
    if attachment == 0.0:
        # At the start of a neurite that begins with a sample of the soma, the next one is meant.
        on_first, on_second = (np.array_equal(first[:3], point[:3]) for point in on_points[:2])
        return int(on_second and not on_first)
    return -1 if attachment == 1.0 else len(on_points) // 2


def _is_understood(morphology: Morphology, k: int, points: np.ndarray, on: np.ndarray) -> bool:
    """Whether the first point of a section is the one that a reader takes from its parent."""
    leaves_soma = morphology.tag[morphology.parent[k]] == SOMA and morphology.tag[k] != SOMA
    if leaves_soma and morphology.attachment[k] == 0.5 and len(points) > 2:
        return False
    radius = points[1, 3] if leaves_soma else on[3]
    return bool(np.array_equal(points[0], [*on[:3], radius]))
