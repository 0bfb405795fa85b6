"""Truncated cones, exactly: their membrane, their volume, their axial resistance."""

import numpy as np
from jaxtyping import Float

Pieces = Float[np.ndarray, " piece"]


def lateral_area(length: Pieces, start: Pieces, end: Pieces) -> Pieces:
    """Return the membrane (um2) of frusta of given length and radii (um), without their ends."""
    return np.pi * (start + end) * np.hypot(length, end - start)


def volume(length: Pieces, start: Pieces, end: Pieces) -> Pieces:
    """Return the volume (um3) of frusta."""
    return np.pi / 3 * length * (start**2 + start * end + end**2)


def resistance(length: Pieces, start: Pieces, end: Pieces) -> Pieces:
    """Return the integral of dx / (pi r^2) along frusta (1/um).

    Times a resistivity it is the axial resistance; 1 / r is linear in the potential, hence the
    product of the radii.
    """
    return length / (np.pi * start * end)
