"""Spikes of a sampled voltage: its upward crossings of a threshold."""

import numpy as np


def crossings(v: np.ndarray, period: float, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Find where a sampled voltage crosses a threshold upward, by linear interpolation.

    Parameters
    ----------
    v : ndarray (time,)
        In mV, the first sample at 0 ms.
    period : float
        Sampling period, in ms.
    threshold : float
        In mV.

    Returns
    -------
    times, slopes : ndarray (spike,)
        In ms, and in mV / ms.

    Examples
    --------
    >>> crossings(np.array([-60.0, -30.0, 10.0, -60.0]), period=0.1, threshold=-10.0)
    (array([0.15]), array([400.]))
    """
    before = np.flatnonzero((v[:-1] < threshold) & (v[1:] >= threshold))
    rise = v[before + 1] - v[before]
    return period * (before + (threshold - v[before]) / rise), rise / period


def padded(rows: list[np.ndarray], width: int = 1) -> np.ndarray:
    """Stack rows of unequal length, with inf where a row has ended.

    Returns
    -------
    ndarray (row, column)
        As wide as the longest row, and at least ``width``.
    """
    table = np.full((len(rows), max([width, *map(len, rows)])), np.inf)
    for entry, row in zip(table, rows, strict=True):
        entry[: len(row)] = row
    return table
