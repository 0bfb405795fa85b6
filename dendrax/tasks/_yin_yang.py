"""The Yin-Yang task."""

from math import hypot

import numpy as np
from jaxtyping import Float, Int

# Of the figure, whose disk has the radius 1/2 about (1/2, 1/2).
_R_DOT, _R_EYE = 0.1, 0.25


def yin_yang(n: int, seed: int) -> tuple[Float[np.ndarray, "trial 4"], Int[np.ndarray, " trial"]]:
    """Draw samples of the Yin-Yang task.

    Parameters
    ----------
    n : int
    seed : int
        The published sets are ``(5000, 42)`` for training, ``(1000, 41)`` for validation and
        ``(1000, 40)`` for testing.

    Returns
    -------
    values : array (trial, 4)
        ``x``, ``y``, ``1 - x`` and ``1 - y``, from 0 to 1.
    labels : array of int (trial,)
        0 for yin, 1 for yang, 2 for a dot.

    Notes
    -----
    Kriener, Göltz & Petrovici 2022: points of a disk, a third of each class, without noise. The
    random numbers are consumed as by the authors' program, so that the same seed makes the same
    samples, bit for bit.

    Examples
    --------
    >>> import dendrax as dx
    >>> values, labels = dx.yin_yang(5, seed=42)
    >>> values[0].round(4).tolist(), labels.tolist()
    ([0.6803, 0.4505, 0.3197, 0.5495], [2, 1, 2, 1, 1])
    """
    rng = np.random.RandomState(seed)  # that of the published samples
    points, labels = np.empty((n, 2)), np.empty(n, dtype=int)
    for k in range(n):
        labels[k] = rng.randint(3)
        while True:
            x, y = points[k] = rng.rand(2).tolist()
            if hypot(x - 0.5, y - 0.5) <= 0.5 and _yin_yang_class(x, y) == labels[k]:
                break
    return np.concatenate([points, 1 - points], axis=1), labels


def _yin_yang_class(x: float, y: float) -> int:
    right, left = hypot(x - 0.75, y - 0.5), hypot(x - 0.25, y - 0.5)
    if right < _R_DOT or left < _R_DOT:
        return 2
    in_right_eye = right <= _R_DOT
    in_left_bulge = _R_DOT < left <= _R_EYE
    above = y > 0.5 and right > _R_EYE
    return int(in_right_eye or in_left_bulge or above)
