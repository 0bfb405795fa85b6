"""A trial from event to event: all units of all populations as one system, by SciPy's DOP853."""

from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

import numpy as np

from dendrax.errors import SimulationError
from dendrax.validation._circuit import Synapses
from dendrax.validation._compartments_in_python import Compartments
from dendrax.validation._units_in_python import Units

# Crossings that are so close (ms) happen at one instant; each keeps its own time.
_TIE = 1e-10
# Of the root of a spike condition, in ms.
_ROOT, _PRECISION = 1e-13, 4 * np.finfo(float).eps


class Arrival(NamedTuple):
    """A spike under way; those that arrive at one instant act in the order of the sites."""

    t: float
    site: int
    number: int
    target: str
    unit: int
    weight: Any


class Trial:
    """Populations that send each other spikes, in one trial.

    Parameters
    ----------
    units : dict of Units or Compartments
        By population.
    synapses : sequence of Synapses
        Between these populations.
    arrivals : sequence of Arrival
        What comes from outside.
    ramps : dict of ndarray (segment, 3)
        Starts (ms), values and slopes of the current that is injected into a population.
    tolerances : tuple of float
        Relative and absolute, of the integrator.
    max_spikes : int
        Of a unit, after which the trial ends.
    """

    def __init__(
        self,
        units: Mapping[str, Units | Compartments],
        synapses: Sequence[Synapses],
        arrivals: Sequence[Arrival],
        ramps: Mapping[str, np.ndarray],
        tolerances: tuple[float, float],
        max_spikes: int,
    ) -> None:
        self.units, self.synapses, self.ramps = units, synapses, ramps
        self.tolerances, self.max_spikes = tolerances, max_spikes
        self.mail, self.n_sent = [*arrivals], len(arrivals)
        heapify(self.mail)
        ends = np.cumsum([each.size for each in units.values()])
        self.places = dict(
            zip(units, map(slice, [0, *ends[:-1].tolist()], ends.tolist()), strict=True)
        )
        self.spikes = {name: [[] for _ in range(each.n)] for name, each in units.items()}
        self.n_steps = 0

    def run(self, t_stop: float, times: np.ndarray) -> dict[str, np.ndarray]:
        """Go to the end (ms), and return what is wanted (time, variable, unit) at some times."""
        samples = {
            name: np.full((times.size, len(each.wanted), each.n), np.nan)
            for name, each in self.units.items()
        }
        stops = np.unique(np.concatenate([*(x[:, 0] for x in self.ramps.values()), [t_stop]]))
        t = 0.0
        self._happen(t)
        while t < t_stop and self._most() <= self.max_spikes:
            due = [float(np.min(each.timer())) for each in self.units.values()]
            due += [self.mail[0].t] if self.mail else []
            end = min(*due, float(stops[stops > t][0]))
            t = self._flow(t, end, times, samples)
            self._happen(t)
        for name, each in self.units.items():
            if each.wanted:
                samples[name][times >= t_stop] = each.seen()
        return samples

    def _most(self) -> int:
        return max(len(train) for trains in self.spikes.values() for train in trains)

    def _happen(self, t: float) -> None:
        """Let happen what is due at a time: ends of refractory periods, then arrivals."""
        for each in self.units.values():
            for k in np.flatnonzero(each.timer() <= t):
                each.expire(int(k))
        while self.mail and self.mail[0].t <= t:
            letter = heappop(self.mail)
            target = self.units[letter.target]
            was_below = target.guard()[letter.unit] < 0
            target.arrive(letter.unit, letter.site, letter.weight)
            if was_below and target.guard()[letter.unit] >= 0:
                self._spike(letter.target, letter.unit, t)

    def _spike(self, name: str, k: int, t: float) -> None:
        self.units[name].spike(k, t)
        if k >= self.units[name].n:
            return  # of a dendrite, which nobody hears
        self.spikes[name][k].append(t)
        for each in self.synapses:
            if each.source == name:
                for s in np.flatnonzero(each.pre == k):
                    self._send(each, int(s), t)

    def _send(self, synapses: Synapses, s: int, t: float) -> None:
        self.n_sent += 1
        arrival = Arrival(
            t + float(synapses.delay[s]),
            int(synapses.site[s]),
            self.n_sent,
            synapses.target,
            int(synapses.post[s]),
            synapses.weight[s],
        )
        heappush(self.mail, arrival)

    def _flow(self, t: float, end: float, times: np.ndarray, samples: dict) -> float:
        """Integrate to a time (ms), or to the first spike before; return where that is."""
        from scipy.integrate import DOP853  # which takes a while to load

        currents = {name: _ramp(ramps, t) for name, ramps in self.ramps.items()}

        def flow(t: float, y: np.ndarray) -> np.ndarray:
            self._place(t, y, currents)
            return np.concatenate([each.rates() for each in self.units.values()])

        before = self._guards()
        y = np.concatenate([each.y for each in self.units.values()])
        rtol, atol = self.tolerances
        solver: Any = DOP853(flow, t, y, end, rtol=rtol, atol=atol)
        while solver.status == "running":
            message = solver.step()
            if solver.status == "failed":
                raise SimulationError(
                    f"SciPy could not go on at t = {solver.t:g} ms: {message} Take larger "
                    "tolerances."
                )
            self.n_steps += 1
            self._place(solver.t, solver.y, currents)
            after = self._guards()
            course = solver.dense_output()
            crossed = [*self._crossings(before, after, course, currents)]
            end = min((root for root, _, _ in crossed), default=float(solver.t))
            for row in np.flatnonzero((times >= solver.t_old) & (times < end)):
                self._place(float(times[row]), course(times[row]), currents)
                for name, each in self.units.items():
                    if each.wanted:
                        samples[name][row] = each.seen()
            if crossed:
                self._place(end, course(end), currents)
                for root, name, k in crossed:
                    if root <= end + _TIE:
                        self._spike(name, k, root)
                return end
            self._place(solver.t, solver.y, currents)
            before = after
        return end

    def _crossings(
        self, before: dict, after: dict, course: Any, currents: dict
    ) -> Iterator[tuple[float, str, int]]:
        """Yield when, and which, units spike in a step."""
        from scipy.optimize import brentq

        for name, each in self.units.items():

            def guard(t: float, k: int, name: str = name, each: Any = each) -> float:
                each.place(t, course(t)[self.places[name]], _current(currents[name], t))
                return float(each.guard()[k])

            for k in map(int, np.flatnonzero((before[name] < 0) & (after[name] >= 0))):
                # At its ends the dense output may differ from the states by rounding.
                if guard(course.t_old, k) >= 0:
                    yield float(course.t_old), name, k
                elif guard(course.t, k) <= 0:
                    yield float(course.t), name, k
                else:
                    ends = course.t_old, course.t
                    root: Any = brentq(guard, *ends, (k,), xtol=_ROOT, rtol=_PRECISION)
                    yield float(root), name, k

    def _guards(self) -> dict[str, np.ndarray]:
        return {name: each.guard() for name, each in self.units.items()}

    def _place(self, t: float, y: np.ndarray, currents: dict) -> None:
        for name, each in self.units.items():
            each.place(t, y[self.places[name]], _current(currents[name], t))


def _ramp(ramps: np.ndarray, t: float) -> np.ndarray:
    """Return the segment of a current that runs at a time."""
    return ramps[max(np.searchsorted(ramps[:, 0], t, side="right") - 1, 0)]


def _current(ramp: np.ndarray, t: float) -> float:
    start, value, slope = ramp
    return float(value + slope * (t - start))
