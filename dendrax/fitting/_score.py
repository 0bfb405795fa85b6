"""How well a simulation reproduces recorded sweeps, in the units that people ask for."""

from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from dendrax.fitting.losses import Voltage
from dendrax.results import SimulationResult, Sweeps


@dataclass(frozen=True)
class Score:
    """The quality of a model on some sweeps.

    Attributes
    ----------
    voltage_rmse : float
        In mV, between spikes.
    subthreshold_rmse : float
        In mV, over the sweeps without recorded spikes; NaN if there is none.
    spike_time_error : float
        Mean absolute difference, in ms, of the k-th spikes of each stretch of constant current; NaN
        if no spike has a partner.
    latency_error : float
        Mean difference model - recording, in ms, of the first spike of each sweep.
    spike_counts : tuple of (int, int)
        Recorded and model spikes of each sweep.
    units : mapping of str to str
        Of each number.
    """

    units: ClassVar = MappingProxyType(
        {
            "voltage_rmse": "mV",
            "subthreshold_rmse": "mV",
            "spike_time_error": "ms",
            "latency_error": "ms",
        }
    )

    voltage_rmse: float
    subthreshold_rmse: float
    spike_time_error: float
    latency_error: float
    spike_counts: tuple[tuple[int, int], ...]


def score(result: SimulationResult, sweeps: Sweeps, voltage: Voltage) -> Score:
    """Score a simulation.

    Parameters
    ----------
    result : SimulationResult
        With the trace ``"v"``.
    sweeps : Sweeps
        Sampled at the same times.
    voltage : Voltage
        Which samples count.

    Returns
    -------
    Score
    """
    counts = np.asarray(voltage.counts(result, sweeps))
    difference = np.asarray(result.traces["v"] - sweeps.target.traces["v"])
    silent = np.asarray(sweeps.target.spike_counts)[:, 0] == 0
    pairs = zip(sweeps.target.spike_counts[:, 0], result.spike_counts[:, 0], strict=True)
    latencies = [
        ours[0] - theirs[0]
        for ours, theirs in _trains(result, sweeps.target)
        if len(ours) and len(theirs)
    ]
    return Score(
        voltage_rmse=_rms(difference[counts]),
        subthreshold_rmse=_rms(difference[silent]),
        spike_time_error=_mean(np.abs(_paired(result, sweeps))),
        latency_error=_mean(np.asarray(latencies)),
        spike_counts=tuple((int(recorded), int(model)) for recorded, model in pairs),
    )


def _trains(a: SimulationResult, b: SimulationResult):
    return ((a.spikes(trial), b.spikes(trial)) for trial in range(a.n_trials))


def _paired(result: SimulationResult, sweeps: Sweeps) -> np.ndarray:
    differences = []
    for trial, (ours, theirs) in enumerate(_trains(result, sweeps.target)):
        starts = np.asarray(sweeps.inputs.current.start[trial])
        edges = np.concatenate([[0.0], starts[np.isfinite(starts)], [np.inf]])
        for low, high in pairwise(edges):
            a, b = (train[(train >= low) & (train < high)] for train in (ours, theirs))
            n = min(len(a), len(b))
            differences.append(a[:n] - b[:n])
    return np.concatenate(differences) if differences else np.zeros(0)


def _rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(x**2))) if x.size else float("nan")


def _mean(x: np.ndarray) -> float:
    return float(np.mean(x)) if x.size else float("nan")
