"""Rallpack 3: the cable of Rallpack 1 with the channels of the squid axon."""

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured, at_most, near
from validation.scenarios import _rallpack as rallpack
from validation.scenarios.rallpack1 import DIAMETER, LENGTH, N

DT, FINE = 0.025, 0.00125
SAMPLING = 0.05
ABOVE = 0.0  # mV, what a peak has


def model() -> dx.Cell:
    """Return the axon."""
    shape = dx.cylinder(LENGTH * pq.um, DIAMETER * pq.um)
    return rallpack.cell(shape, N, dx.HodgkinHuxley())


def peaks(v: np.ndarray) -> np.ndarray:
    """Return the times (ms) of the maxima, each that of a parabola through three samples."""
    left, middle, right = v[:-2], v[1:-1], v[2:]
    k = np.flatnonzero((middle > left) & (middle >= right) & (middle > ABOVE))
    shift = 0.5 * (left - right)[k] / (left - 2 * middle + right)[k]
    return (k + 1 + shift) * SAMPLING


def measure() -> list[Measured]:
    """Count spikes at both ends and compare the last ones with those of very small steps."""
    cell = model()
    found, converged = (
        [peaks(v) for v in rallpack.both_ends(cell, rallpack.pulse(), dt)] for dt in (DT, FINE)
    )
    quantities = []
    for k, (place, n) in enumerate((("the injection", 18), ("the far end", 17))):
        quantities.append(
            near(f"spikes at {place}, dt 0.025 ms", len(found[k]), "", n, 0, "a count")
        )
        shift = abs(found[k][-1] - converged[k][-1])
        quantities.append(
            at_most(
                f"last peak at {place}, dt 0.025 ms", shift, "ms", 0.05,
                f"against dt {FINE} ms, {converged[k][-1]:.4f} ms; what the published reference is "
                "off by",
            )
        )  # fmt: skip
    return quantities
