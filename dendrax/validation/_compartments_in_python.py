"""The compartments of a cell in one trial, as a unit with events of its own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dendrax.validation._products import functions
from dendrax.validation._trigger import Trigger
from dendrax.validation._units_in_python import Units
from dendrax.validation._waveform import Waveform
from dendrax.validation.transcriptions import CellEquations

# As near as this (mV) a voltage is at its threshold.
_NEAR = 1e-9


class Compartments:
    """A cell as :class:`Units` are: one unit that spikes, and beside it what its dendrites do.

    Its events are corners of waveforms and of dendritic spikes, and thresholds of the latter.

    Parameters
    ----------
    equations : CellEquations
    wanted : sequence of str
        The variables that are recorded, each of a row.
    """

    n = 1

    def __init__(self, equations: CellEquations, wanted: Sequence[str]) -> None:
        cell = replace(
            equations,
            # What the electrode of the cell injects is known at any time.
            rates={x: rate for x, rate in equations.rates.items() if x != "electrode"},
            constants={**equations.constants, **functions(equations)},
        )
        self._rows = Units(replace(cell, start={}), cell.n_rows, [])
        self._begin = compile(cell.begin, "begin", "exec")
        self.wanted = wanted
        self._seen = [compile(each, "seen", "eval") for each in wanted]
        self._soma, self._electrode = cell.spike_row, np.zeros(cell.n_rows)
        self._electrode[cell.electrode_row] = 1.0
        self._sites = cell.sites
        numbered = [*enumerate(cell.mechanisms)]
        self._triggers = [Trigger(cell, k, self._of, _NEAR) for k, x in numbered if x.corners]
        self._waveforms = [
            (k, int(cell.places[k][0]), Waveform(x.driven, 1))
            for k, x in numbered
            if x.driven is not None
        ]
        self._due = np.zeros(1)
        self.place(0.0, self._rows.y, 0.0)
        self._settle(cell.start)

    @property
    def size(self) -> int:
        """The number of states."""
        return self._rows.size

    @property
    def y(self) -> np.ndarray:
        """The states, one after the other."""
        return self._rows.y

    def place(self, t: float, y: np.ndarray, electrode: float) -> None:
        """Put the states to what they are at a time (ms), and the injected current."""
        self._rows.place(t, y, electrode * self._electrode)

    def rates(self) -> np.ndarray:
        """Return the rates of the states, per ms."""
        return self._rows.rates()

    def guard(self) -> np.ndarray:
        """Return how far above their thresholds (mV) the soma and the dendrites are."""
        above = [trigger.margin()[0] for trigger in self._triggers]
        scope = self._rows.scope
        return np.array([scope["v"][self._soma] - scope["v_th"], max(above, default=-np.inf)])

    def timer(self) -> np.ndarray:
        """Return when (ms) something changes its course next."""
        return self._due

    def seen(self) -> np.ndarray:
        """Return what is wanted (variable, 1)."""
        self._rows.observe()
        return np.array([[eval(each, self._rows.scope)] for each in self._seen])

    def spike(self, k: int, t: float) -> None:
        """Let the soma spike, which changes nothing, or a dendrite."""
        del t
        if k:
            self._happen()
            return
        # What is left of rounding would be a second spike.
        v = np.array(self._rows.scope["v"])
        v[self._soma] = max(v[self._soma], self._rows.scope["v_th"])
        self._rows.scope["v"] = v

    def expire(self, k: int) -> None:
        """Let what is due happen."""
        del k
        self._happen()

    def arrive(self, k: int, site: int, weight: Any) -> None:
        """Let a spike arrive at a synapse."""
        del k
        mechanism, row = self._sites[site]
        self._of(f"arriving_{mechanism}")[0, row] += weight
        self._start()

    def _settle(self, start: dict[str, Any]) -> None:
        """Put the states to the start of a trial, each after those that it depends on."""
        scope = self._rows.scope
        for name, value in start.items():
            with np.errstate(all="ignore"):  # of concentrations that are not there yet
                self._rows.observe()
            scope[name] = self._by_row(eval(str(value), scope))

    def _happen(self) -> None:
        """Begin the dendritic spikes that are due, and follow waveforms."""
        t = np.array([self._rows.scope["now"]])
        may_fire = np.ones(1, dtype=bool)
        due = [np.full(1, np.inf), *(t + x.begin(may_fire) for x in self._triggers)]
        for k, row, waveform in self._waveforms:
            for name, value in zip(("level", "level_slope"), waveform.at(t), strict=True):
                self._of(f"{name}_{k}")[:, row] = value
            due.append(waveform.next_start(t))
        self._due = np.min(due, axis=0)
        self._start()

    def _start(self) -> None:
        """Do what the equations do at the start of a step."""
        scope = self._rows.scope
        exec(self._begin, scope)
        scope |= {x: self._by_row(scope[x]) for x in self._rows.lasting}

    def _by_row(self, value: Any) -> np.ndarray:
        return np.array(np.broadcast_to(value, self._rows.n), dtype=float)

    def _of(self, name: str) -> np.ndarray:
        """Return a variable (1, row), to be read and written."""
        return self._rows.scope[name][None]
