"""How long each step of a cell lasts, so that whatever happens does so at the end of one."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from dendrax.validation._search import Search
from dendrax.validation._stimulus import DIGITS, Stimulus
from dendrax.validation._trigger import Trigger
from dendrax.validation._waveform import Waveform
from dendrax.validation.transcriptions import CellEquations

# As near as this (mV) a voltage is at its threshold.
_NEAR = 1e-10


class Pace:
    """Takes the trials of a cell from event to event, each at a pace of its own.

    Arrivals, corners of waveforms and of dendritic spikes, and sample times are ends of steps. A
    step in which a voltage crosses its threshold is taken again, shorter, until it ends there.

    Parameters
    ----------
    group : NeuronGroup
    cell : CellEquations
    stimulus : Stimulus
    at : ndarray (tick,)
        Where steps end in any case, in ms: from 0 to the end of the trials.
    dt : float
        The step of Brian2, in ms.

    Attributes
    ----------
    spikes : list of list of float
        The spike times (ms) of each trial.
    n_steps : int
        Of Brian2, with those that were taken again.
    finished : callable
        Called when all trials are over.
    """

    def __init__(
        self,
        group: Any,
        cell: CellEquations,
        stimulus: Stimulus,
        at: np.ndarray,
        dt: float,
    ) -> None:
        n = stimulus.n_neurons

        def of(name: str) -> np.ndarray:
            # What Brian2 computes with, not a copy.
            return group.variables[name].get_value().reshape(n, cell.n_rows)

        self._at, self._dt = at, dt
        self._now, self._pace = of("now"), of("pace")
        self._states = [of(name) for name in cell.rates]
        self._saved = [x.copy() for x in self._states]
        self._soma = of("v")[:, cell.spike_row]
        self._v_th = cell.constants["v_th"]
        numbered = list(enumerate(cell.mechanisms))
        self._triggers = [Trigger(cell, k, of, _NEAR) for k, part in numbered if part.corners]
        driven = [(stimulus.current, "electrode", "electrode_slope", cell.electrode_row)]
        driven += [
            (part.driven, f"level_{k}", f"level_slope_{k}", cell.places[k][0])
            for k, part in numbered
            if part.driven is not None
        ]
        self._waveforms = [
            (Waveform(wave, n), of(value)[:, row], of(slope)[:, row])
            for wave, value, slope, row in driven
        ]
        self._due = _due(cell, stimulus, at, of)
        self._t, self._tick = np.zeros(n), np.zeros(n, dtype=int)
        self._is_new, self._search = np.ones(n, dtype=bool), Search(n, _NEAR)
        self._is_above = self._soma >= self._v_th
        self._length = self._margin = np.zeros(n)
        self.spikes: list[list[float]] = [[] for _ in range(n)]
        self.n_steps = 0
        self.finished: Callable[[], None] = lambda: None

    def begin(self) -> None:
        """Let happen what is due, and say how long the step is to last."""
        for trial in np.flatnonzero(self._is_new):
            for arriving, row, weight in self._due.pop((int(trial), int(self._tick[trial])), ()):
                arriving[trial, row] += weight
        left = self._next_tick() - self._t
        for trigger in self._triggers:
            left = np.minimum(left, trigger.begin(self._is_new))
        self._length = np.where(self._search.goes_on, self._search.length, left)
        self._now[:], self._pace[:] = self._t[:, None], self._length[:, None] / self._dt
        for waveform, value, slope in self._waveforms:
            value[:], slope[:] = waveform.at(self._t)
        self._margin = self._highest()
        self.n_steps += 1

    def save(self) -> None:
        """Keep the state at the start of the step."""
        for kept, x in zip(self._saved, self._states, strict=True):
            kept[:] = x

    def end(self) -> None:
        """Take back steps that went through a threshold, and note the spikes of the others."""
        if np.all(self._tick == self._at.size - 1):
            self.finished()
            return
        again = self._search.judge(self._length, self._margin, self._highest())
        for kept, x in zip(self._saved, self._states, strict=True):
            x[again] = kept[again]
        self._is_new = ~again
        self._t = np.where(again, self._t, self._t + self._length)
        reached = ~again & (self._next_tick() - self._t < 10.0**-DIGITS)
        self._t = np.where(reached, self._next_tick(), self._t)
        is_above = np.where(again, self._is_above, self._soma - self._v_th >= -_NEAR)
        for trial in np.flatnonzero(is_above & ~self._is_above):
            self.spikes[trial].append(float(self._t[trial]))
        self._is_above = is_above
        self._tick = np.minimum(self._tick + reached, self._at.size - 1)

    def _next_tick(self) -> np.ndarray:
        return self._at[np.minimum(self._tick + 1, self._at.size - 1)]

    def _highest(self) -> np.ndarray:
        """Return how far above its threshold (mV) the highest voltage is that may cross one."""
        soma = np.where(self._is_above, -np.inf, self._soma - self._v_th)
        return np.max([soma, *(trigger.margin() for trigger in self._triggers)], axis=0)


def _due(
    cell: CellEquations, stimulus: Stimulus, at: np.ndarray, of: Callable
) -> dict[tuple[int, int], list[tuple[np.ndarray, int, float]]]:
    """Return what arrives in each trial at each tick: where, and of what weight."""
    sites = [(of(f"arriving_{k}"), row) for k, row in cell.sites]
    due = defaultdict(list)
    times = np.round(stimulus.time, DIGITS)
    for arrival in np.flatnonzero((times >= 0) & (times <= at[-1])):
        tick = int(np.searchsorted(at, times[arrival]))
        where = sites[stimulus.site[arrival]]
        due[int(stimulus.target[arrival]), tick].append((*where, float(stimulus.weight[arrival])))
    return dict(due)
