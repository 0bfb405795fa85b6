"""What an electrode or a clamp injects."""

from typing import Any

import numpy as np

from dendrax.validation._stimulus import DIGITS


class Waveform:
    """A piecewise linear function of time, in each of some trials.

    Parameters
    ----------
    wave : Current
        With or without a trial axis.
    n : int
        The number of trials.
    """

    def __init__(self, wave: Any, n: int) -> None:
        self._pieces = [
            np.broadcast_to(np.asarray(x), (n, np.shape(x)[-1]))
            for x in (wave.start, wave.value, wave.slope)
        ]

    def at(self, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return value and slope right after a time (ms) of each trial."""
        start, value, slope = self._pieces
        k = np.sum(start <= t[:, None] + 10.0**-DIGITS, axis=1) - 1
        at = np.arange(t.size), np.maximum(k, 0)
        now = value[at] + slope[at] * (t - start[at])
        return np.where(k < 0, 0.0, now), np.where(k < 0, 0.0, slope[at])

    def next_start(self, t: np.ndarray) -> np.ndarray:
        """Return when (ms) its course changes next, in each trial."""
        start = self._pieces[0]
        return np.min(np.where(start > t[:, None] + 10.0**-DIGITS, start, np.inf), axis=1)
