"""Dendritic spikes as events of compartments."""

from collections.abc import Callable

import numpy as np

from dendrax.validation.transcriptions import CellEquations

# Ages (ms) that are the same but for rounding.
_SAME = 1e-7


class Trigger:
    """The thresholds and refractory periods of one mechanism, in all of its places and trials.

    Parameters
    ----------
    cell : CellEquations
    k : int
        The number of the mechanism.
    of : callable
        Returns a variable (trial, row) by name, to be read and written.
    near : float
        As near as this (mV) a voltage is at its threshold.
    """

    def __init__(self, cell: CellEquations, k: int, of: Callable, near: float) -> None:
        self._rows, self._near = cell.rows[k], near
        self._of, self._k = of, k

        def by_place(value: float | np.ndarray) -> np.ndarray:
            return np.broadcast_to(value, self._rows.shape)

        given = cell.constants
        self._v_th, self._t_ref = (
            given[name][self._rows] if np.ndim(given[name]) else by_place(given[name])
            for name in (f"v_th_{k}", f"t_ref_{k}")
        )
        corners = [*map(by_place, cell.mechanisms[k].corners), self._t_ref]
        self._corners = np.stack(corners)[:, None]
        self._armed = np.zeros_like(of("v")[:, self._rows], dtype=bool)

    def begin(self, may_fire: np.ndarray) -> np.ndarray:
        """Begin the spikes that are due, and return the time (ms) to the next corner, by trial."""
        age = self._of(f"age_{self._k}")[:, self._rows]
        is_waiting = age >= self._t_ref - _SAME
        fires = may_fire[:, None] & is_waiting & (self._distance() >= -self._near)
        self._of(f"firing_{self._k}")[:, self._rows] = fires
        self._armed = is_waiting & ~fires
        ahead = self._corners - np.where(fires, 0.0, age)
        return np.min(np.where(ahead > _SAME, ahead, np.inf), axis=(0, 2))

    def margin(self) -> np.ndarray:
        """Return how far above its threshold (mV) the highest place is that waits, by trial."""
        return np.max(np.where(self._armed, self._distance(), -np.inf), axis=1)

    def _distance(self) -> np.ndarray:
        return self._of("v")[:, self._rows] - self._v_th
