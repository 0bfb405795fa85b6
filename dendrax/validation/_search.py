"""A search for the length of a step, in each of some trials."""

import numpy as np


class Search:
    """Finds how long a step must be to end where a margin is 0 (regula falsi, Illinois variant).

    Parameters
    ----------
    n : int
        The number of trials.
    near : float
        As near as this a margin is 0.

    Attributes
    ----------
    goes_on : ndarray of bool (trial,)
    length : ndarray (trial,)
        What to try next, where it goes on.
    """

    def __init__(self, n: int, near: float) -> None:
        self._near = near
        self.goes_on, self.length = np.zeros(n, dtype=bool), np.zeros(n)
        self._low, self._high, self._at_low, self._at_high = np.zeros((4, n))
        self._was_high = np.zeros(n, dtype=bool)

    def judge(self, length: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Return which trials must take a step again, of which the margins are given.

        A search begins where a step leads from below to above 0.
        """
        starts = ~self.goes_on & (after > self._near)
        # Of rounding, in ms: no length lies between.
        is_found = (np.abs(after) <= self._near) | (self._high - self._low < 1e-12)
        again = starts | (self.goes_on & ~is_found)
        self._low[starts], self._at_low[starts] = 0.0, before[starts]
        is_high = after > 0
        repeated = again & ~starts & (is_high == self._was_high)
        self._at_low[repeated & is_high] /= 2
        self._at_high[repeated & ~is_high] /= 2
        up, down = again & is_high, again & ~is_high
        self._high[up], self._at_high[up] = length[up], after[up]
        self._low[down], self._at_low[down] = length[down], after[down]
        rise = np.where(again, self._at_high - self._at_low, 1.0)
        self.length = (self._low * self._at_high - self._high * self._at_low) / rise
        self.goes_on, self._was_high = again, is_high
        return again
