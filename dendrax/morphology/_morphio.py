"""Neurolucida and other files, through MorphIO."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from dendrax.errors import MorphologyError
from dendrax.morphology._morphology import Morphology
from dendrax.morphology._repair import membrane
from dendrax.morphology._samples import Samples
from dendrax.morphology._sections import sections_of
from dendrax.morphology._swc import read_swc
from dendrax.morphology._tags import SOMA


def read_morphology(path: str | os.PathLike[str]) -> Morphology:
    """Read a reconstructed neuron from a file of any format that MorphIO knows (asc, h5, swc).

    SWC files are read by :func:`read_swc`, without MorphIO. Of the others the soma becomes a
    sphere: around the center of its outline, with the mean distance of its points as radius.
    Neurites hang on its center. MorphIO stores coordinates in single precision.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Morphology

    Raises
    ------
    MorphologyError
        If MorphIO is not installed, cannot read the file, or finds no soma in it, or a radius that
        is not positive.
    """
    if Path(path).suffix.lower() == ".swc":
        return read_swc(path)
    try:
        import morphio  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise MorphologyError(
            f"{Path(path).name}: is not an SWC file, and other formats need MorphIO. "
            f"Run: pip install 'dendrax[morphio]'."
        ) from error
    try:
        found = morphio.Morphology(os.fspath(path))
    except morphio.MorphioError as error:
        raise MorphologyError(f"{Path(path).name}: MorphIO cannot read it: {error}") from error
    if not len(found.soma.points):
        raise MorphologyError(f"{Path(path).name}: has no soma. Draw its outline, or mark a point.")
    return sections_of(membrane(_samples(Path(path).name, found), repair=()))


def _samples(file: str, found: Any) -> Samples:
    outline = np.asarray(found.soma.points, dtype=float)
    center = outline.mean(0)
    radius = np.linalg.norm(outline - center, axis=1).mean() or found.soma.diameters[0] / 2
    blocks = [(SOMA, np.array([[*center, radius]]), -1)]
    last, count = {}, 1
    for section in found.iter():
        points = np.column_stack([section.points, np.asarray(section.diameters) / 2]).astype(float)
        if not section.is_root:
            points = points[1:]  # the first one is the last of its parent
        blocks.append(
            (int(section.type), points, 0 if section.is_root else last[section.parent.id])
        )
        count += len(points)
        last[section.id] = count - 1
    tags, points, hangs_on = zip(*blocks, strict=True)
    sizes = [len(block) for block in points]
    parent = np.arange(-1, count - 1)
    parent[np.cumsum([0, *sizes[:-1]])] = hangs_on
    stacked = np.concatenate(points)
    return Samples(
        file=file,
        text="",
        row=np.arange(count),
        number=np.arange(1, count + 1),
        tag=np.repeat(tags, sizes),
        xyz=stacked[:, :3].copy(),
        radius=stacked[:, 3].copy(),
        parent=parent,
    )
