"""From measurements to the records of the report: pure functions."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

# What a process reported: times in s, memory in MB, its batch.
Measurement = dict[str, Any]
Record = dict[str, Any]


class Agreement(NamedTuple):
    """How what was computed differs from a reference."""

    mean: float  # over all that both have
    largest: float
    missing: float  # the fraction that only one of them has


def speedup(ours: Measurement, peer: Measurement) -> float:
    """Return how many samples dendrax does while the peer does one."""
    return (peer["seconds"] / peer["batch"]) / (ours["seconds"] / ours["batch"])


def cost(field: str) -> Callable[[Measurement, Measurement], float]:
    """Return the function that compares what dendrax needs with what the peer needs."""

    def ratio(ours: Measurement, peer: Measurement) -> float:
        return ours[field] / peer[field]

    return ratio


def own(field: str) -> Callable[[Measurement, Measurement], float]:
    """Return the function that says what dendrax needs, whatever the peer does."""

    def value(ours: Measurement, peer: Measurement) -> float:
        del peer
        return ours[field]

    return value


def difference(ours: Measurement, peer: Measurement) -> float:
    """Return how many seconds more dendrax takes."""
    return ours["seconds"] - peer["seconds"]


def agreement(values: np.ndarray, reference: np.ndarray) -> Agreement:
    """Compare spike times, inf where there is no spike, or states, of the trials of both."""
    n_trials = min(len(values), len(reference))
    values, reference = values[:n_trials], reference[:n_trials]
    there, expected = np.isfinite(values), np.isfinite(reference)
    both = there & expected
    gaps = np.abs(values[both] - reference[both])
    if not gaps.size:
        return Agreement(float("nan"), float("nan"), 1.0)
    return Agreement(float(gaps.mean()), float(gaps.max()), float(np.mean(there != expected)))


def gradient_error(values: np.ndarray, reference: np.ndarray) -> float:
    """Return the norm of the difference of two gradients, relative to that of the second."""
    return float(np.linalg.norm(values - reference) / np.linalg.norm(reference))


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the slope of the cost against the size in double logarithmic axes."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def middle(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def is_reached(ratio: float, target: float, at_least: bool) -> bool:
    """Say whether a ratio is on the right side of its target."""
    return ratio >= target if at_least else ratio <= target


def merged(old: list[Record], new: list[Record], order: Sequence[str]) -> list[Record]:
    """Return the old records with those that were measured anew in their place."""
    of = {record["id"]: record for record in [*old, *new]}
    return [of[name] for name in order if name in of]
