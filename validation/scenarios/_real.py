"""Reconstructed cells, which are not part of the repository."""

from pathlib import Path

import numpy as np

import dendrax as dx

FOLDER = Path(__file__).resolve().parents[2] / "../shared/data/morphologies"


def path(name: str) -> Path | None:
    """Return where the file of a cell is, or None."""
    found = FOLDER / f"{name}.swc"
    return found if found.exists() else None


def odd_numbers(shape: dx.Morphology, longest: float = 30.0) -> dict[str, int]:
    """Return ``1 + 2 int(L / longest)`` for each section, which is odd; lengths in um."""
    n = (1 + 2 * (np.asarray(shape.length) // longest)).astype(int).tolist()
    return dict(zip(shape.names, n, strict=True))
