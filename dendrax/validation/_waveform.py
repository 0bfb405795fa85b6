"""What an electrode or a clamp injects, as a state of Brian2."""

from typing import Any

import numpy as np

from dendrax.validation._stimulus import DIGITS


class Waveform:
    """A state that follows a piecewise linear function of time.

    Parameters
    ----------
    wave : Current
        With or without a trial axis.
    value, slope : ndarray (trial,)
        The state and its rate, in Brian2's memory.
    """

    def __init__(self, wave: Any, value: np.ndarray, slope: np.ndarray) -> None:
        self._value, self._slope = value, slope
        self._pieces = [
            np.broadcast_to(np.asarray(x), (len(value), np.shape(x)[-1]))
            for x in (wave.start, wave.value, wave.slope)
        ]

    def begin(self, t: np.ndarray) -> None:
        """Set value and slope to what they are right after a time (ms) of each trial."""
        start, value, slope = self._pieces
        k = np.sum(start <= t[:, None] + 10.0**-DIGITS, axis=1) - 1
        at = np.arange(t.size), np.maximum(k, 0)
        self._value[:] = np.where(k < 0, 0.0, value[at] + slope[at] * (t - start[at]))
        self._slope[:] = np.where(k < 0, 0.0, slope[at])
