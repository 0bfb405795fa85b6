"""Rallpack 1: a passive cable of one length constant, in 1000 compartments."""

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured, at_least, at_most
from validation.scenarios import _rallpack as rallpack

N, LENGTH, DIAMETER = 1000, 1000.0, 1.0
DT = 0.05
RAMP = 10.0  # ms


def model() -> dx.Cell:
    """Return the cable."""
    shape = dx.cylinder(LENGTH * pq.um, DIAMETER * pq.um)
    return rallpack.cell(shape, N)


def exact(t: np.ndarray) -> np.ndarray:
    """Return the analytic voltages in the middle of the first and of the last compartment."""
    length = LENGTH / rallpack.LAMBDA
    half = 0.5 * length / N
    r = rallpack.resistance(DIAMETER, rallpack.LAMBDA)
    return np.stack([rallpack.series(t, x, length, r) for x in (half, length - half)])


def ramped(t: np.ndarray) -> np.ndarray:
    """Return the voltages of the compartments at both ends after a ramp, by their eigenvectors."""
    edge = np.ones(N - 1)
    neighbors = np.diag(edge, 1) + np.diag(edge, -1)
    laplacian = np.diag(neighbors.sum(1)) - neighbors
    scale = N**2 * (rallpack.LAMBDA / LENGTH) ** 2
    value, vector = np.linalg.eigh(laplacian)
    rate = (1 + scale * value) / rallpack.TAU
    area = np.pi * DIAMETER * LENGTH / N  # um2; 0.01 pF each
    slope = rallpack.CURRENT / RAMP / (0.01 * area)  # mV/ms2
    grows = np.outer(t, 1 / rate) - (1 - np.exp(-np.outer(t, rate))) / rate**2
    ends = [(vector[0] * vector[x]) @ grows.T for x in (0, -1)]
    return rallpack.E_LEAK + slope * np.stack(ends)


def measure() -> list[Measured]:
    """Measure errors against the analytic series, and the order against the compartments."""
    cell, t = model(), np.arange(5001) * DT
    series, found = exact(t), rallpack.both_ends(cell, rallpack.pulse(), DT)
    near_error, far_error = (rallpack.percent(a, b) for a, b in zip(found, series, strict=True))
    ramp = dx.Inputs(dx.ramp_current(0 * pq.pA, rallpack.CURRENT * pq.pA, 0 * pq.ms, RAMP * pq.ms))
    smooth = ramped(np.arange(round(RAMP / DT) + 1) * DT)
    errors = [
        rallpack.percent(rallpack.both_ends(cell, ramp, dt, RAMP)[0], smooth[0])
        for dt in (DT, DT / 2, DT / 4)
    ]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    return [
        at_most(
            "error at the far end, dt 0.05 ms", far_error, "% rms", 1e-4,
            "five times what 1000 compartments and Crank-Nicolson leave elsewhere (1.5e-5 %)",
        ),
        at_most(
            "error at the injection, dt 0.05 ms", near_error, "% rms", 0.0165,
            "that of backward Euler, which does not ring; undamped Crank-Nicolson has 0.0214 %",
        ),
        at_least(
            "order at the injection, dt 0.05 to 0.0125 ms", orders.min(), "", 1.9,
            "second order; against the exact solution of the compartments, for a current without "
            "a jump",
        ),
    ]  # fmt: skip
