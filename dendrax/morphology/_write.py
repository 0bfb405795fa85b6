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
    numbers: list[np.ndarray] = []  # of the points of each section, whether written here or before
    count = 0
    for k in range(len(morphology)):
        points, on, parent = _points(morphology, k), int(morphology.parent[k]), -1
        written = np.ones(len(points), dtype=bool)
        if on >= 0:
            on_points = _points(morphology, on)
            at = _place(points[0], on_points, float(morphology.attachment[k]))
            parent = int(numbers[on][at])
            written[0] = not _is_understood(morphology, k, points, on_points[at])
        numbers.append(np.where(written, count + np.cumsum(written), parent))
        for number, point in zip(numbers[k][written], points[written].tolist(), strict=True):
            x, y, z, radius = point
            lines.append(f"{number} {morphology.tag[k]} {x} {y} {z} {radius} {parent}")
            parent = number
        count += int(written.sum())
    Path(path).write_text("\n".join(lines) + "\n")


def _points(morphology: Morphology, k: int) -> np.ndarray:
    """Return the points of a section with their radii, and one amid a soma of two."""
    run = slice(*morphology.first[k : k + 2])
    points = np.column_stack([morphology.xyz[run], morphology.radius[run]])
    on_middle = np.any((morphology.parent == k) & (morphology.attachment == 0.5))
    if len(points) == 2 and on_middle:
        points = np.insert(points, 1, points.mean(0), axis=0)
    return points


def _place(first: np.ndarray, on_points: np.ndarray, attachment: float) -> int:
    """Return the point of the parent on which a section hangs."""
    if attachment == 0.0:
        # At the start of a neurite that begins with a sample of the soma, the next one is meant.
        return int(np.array_equal(first[:3], on_points[1, :3]))
    return -1 if attachment == 1.0 else len(on_points) // 2


def _is_understood(morphology: Morphology, k: int, points: np.ndarray, on: np.ndarray) -> bool:
    """Whether the first point of a section is the one that a reader takes from its parent."""
    leaves_soma = morphology.tag[morphology.parent[k]] == SOMA and morphology.tag[k] != SOMA
    if leaves_soma and morphology.attachment[k] == 0.5 and len(points) > 2:
        return False
    radius = points[1, 3] if leaves_soma else on[3]
    return bool(np.array_equal(points[0], [*on[:3], radius]))
