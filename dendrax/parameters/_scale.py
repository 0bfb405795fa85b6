"""The scale on which values between two bounds are seen."""

import math
from typing import Any

import numpy as np

# Bounds further apart than this factor are seen by their logarithms.
_DECADE = 10.0


def share_of(value: Any, low: float, high: float) -> Any:
    """Return where values lie between finite bounds, from 0 to 1.

    Between bounds more than a decade apart that is where their logarithms lie.

    Examples
    --------
    >>> float(share_of(2.0, 0.0, 8.0)), round(float(share_of(1.0, 0.01, 1e4)), 3)
    (0.25, 0.333)
    """
    if _is_logarithmic(low, high):
        return np.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def at_share(share: Any, low: float, high: float) -> Any:
    """Return the values that lie there: the inverse of :func:`share_of`."""
    if _is_logarithmic(low, high):
        return low * (high / low) ** share
    return low + (high - low) * share


def _is_logarithmic(low: float, high: float) -> bool:
    return bool(low > 0 and high / low > _DECADE)
