"""What a recording of current steps tells at a glance, to start a fit from."""

from dataclasses import dataclass

import numpy as np

from dendrax.errors import FitError
from dendrax.results import Sweeps

# Far from a spike: its onset and its afterhyperpolarization are over.
_BEFORE, _AFTER = 5.0, 20.0
# A voltage that rises faster than this, in mV/ms, is the onset of a spike.
_ONSET_SLOPE = 10.0
# The afterhyperpolarization has its minimum within this time of a spike, in ms.
_RESET_WINDOW = 10.0


@dataclass(frozen=True)
class Features:
    """Passive and spike properties of a cell.

    Attributes
    ----------
    rest : float
        Voltage without current, mV.
    conductance : float
        Of the membrane, nS, from the steady responses to subthreshold steps.
    tau : float
        Membrane time constant, ms.
    onset : float
        Voltage at which spikes take off, mV; NaN without spikes.
    reset : float
        Voltage to which a spike falls back, mV; NaN without spikes.
    refractory : float
        Time from a spike to that minimum, ms; NaN without spikes.
    """

    rest: float
    conductance: float
    tau: float
    onset: float
    reset: float
    refractory: float


@dataclass(frozen=True)
class _Pulse:
    """A stretch of constant current without spikes, and the voltage in it."""

    change: float
    t: np.ndarray
    v: np.ndarray


def features(sweeps: Sweeps) -> Features:
    """Measure the features of a recording.

    Raises
    ------
    FitError
        If there is no sweep with a current step to which the cell responds.
    """
    pulses = [pulse for trial in range(sweeps.target.n_trials) for pulse in _pulses(sweeps, trial)]
    pulses = [pulse for pulse in pulses if abs(pulse.change) > 0 and len(pulse.t) > 10]
    if not pulses:
        raise FitError(
            "the recording has no step of current without spikes, from which membrane properties "
            "could be read. Start from a model of your own."
        )
    steps = np.array([[pulse.change, _steady(pulse) - pulse.v[0]] for pulse in pulses])
    resistance = float(np.sum(steps[:, 0] * steps[:, 1]) / np.sum(steps[:, 0] ** 2))
    if not resistance > 0:
        raise FitError("the voltage does not follow the current: is it the right stimulus?")
    spikes = [at for trial in range(sweeps.target.n_trials) for at in _spikes(sweeps, trial)]
    onset, reset, refractory = np.median(spikes, axis=0) if spikes else (np.nan,) * 3
    return Features(
        rest=_rest(sweeps),
        conductance=1.0 / resistance,
        tau=float(np.median([_tau(pulse) for pulse in pulses])),
        onset=float(onset),
        reset=float(reset),
        refractory=float(refractory),
    )


def _pulses(sweeps: Sweeps, trial: int):
    """Yield the stretches of constant current in which there is no spike."""
    t, v = np.asarray(sweeps.target.times), np.asarray(sweeps.target.traces["v"][trial, 0])
    current = sweeps.inputs.current
    start, value = np.asarray(current.start[trial]), np.asarray(current.value[trial])
    start, value = start[np.isfinite(start)], value[np.isfinite(start)]
    edges = [*start, sweeps.target.t_stop]
    before = 0.0
    for low, high, level in zip(edges[:-1], edges[1:], value, strict=True):
        inside = (t >= low) & (t < high)
        quiet = not any(low - _AFTER < at < high + _BEFORE for at in sweeps.target.spikes(trial))
        if quiet and inside.any():
            yield _Pulse(level - before, t[inside] - low, v[inside])
        before = level


def _steady(pulse: _Pulse) -> float:
    return float(np.median(pulse.v[-max(len(pulse.v) // 5, 1) :]))


def _tau(pulse: _Pulse) -> float:
    """Return when the response has covered 1 - 1/e of its way, in ms."""
    way = (pulse.v - pulse.v[0]) * np.sign(pulse.change)
    reached = way >= (1 - np.exp(-1)) * np.max(way)
    return float(pulse.t[np.argmax(reached)])


def _rest(sweeps: Sweeps) -> float:
    first = np.min(np.asarray(sweeps.inputs.current.start)[:, :1], initial=np.inf)
    v, t = np.asarray(sweeps.target.traces["v"]), np.asarray(sweeps.target.times)
    baseline = t < first if (t < first).any() else t < t[len(t) // 50 + 1]
    return float(np.median(v[..., baseline]))


def _spikes(sweeps: Sweeps, trial: int):
    """Yield onset voltage, minimum afterwards, and the time between, of each spike."""
    t, v = np.asarray(sweeps.target.times), np.asarray(sweeps.target.traces["v"][trial, 0])
    slope = np.gradient(v, t)
    for at in sweeps.target.spikes(trial):
        rise = np.flatnonzero((t > at - 5.0) & (t <= at) & (slope > _ONSET_SLOPE))
        fall = np.flatnonzero((t > at) & (t <= at + _RESET_WINDOW))
        if len(rise) and len(fall):
            lowest = fall[np.argmin(v[fall])]
            yield v[rise[0]], v[lowest], t[lowest] - at
