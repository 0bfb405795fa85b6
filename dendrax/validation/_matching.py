"""Which spike of one train corresponds to which spike of another."""

import numpy as np


def matched(a: np.ndarray, b: np.ndarray, window: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the spikes of two increasing trains that correspond to each other, in ms.

    Trains of equal length are paired in order. Otherwise two spikes are a pair if each is the
    other's nearest, and they are not more than a window apart; so pairs never cross, and a spike
    that one train lacks stays alone.

    Parameters
    ----------
    a, b : ndarray (spike,)
    window : float
        In ms.

    Returns
    -------
    a, b : ndarray (pair,)
    """
    if a.size == b.size:
        return a, b
    if not (a.size and b.size):
        return np.empty(0), np.empty(0)
    distance = np.abs(a[:, None] - b[None, :])
    partner = distance.argmin(axis=1)
    mutual = distance.argmin(axis=0)[partner] == np.arange(a.size)
    near = distance[np.arange(a.size), partner] <= window
    paired = np.flatnonzero(mutual & near)
    return a[paired], b[partner[paired]]
