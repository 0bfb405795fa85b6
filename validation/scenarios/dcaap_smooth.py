"""Dendritic calcium action potentials of one compartment, by channels alone.

The mechanistic model of Gidon et al. 2020, Science 367:83, Fig. S12: calcium of high threshold, BK
and a pool. Currents of 1 s make no spike at first, then a train of spikes that attenuate, and then
one spike and a plateau. The times are those of NEURON 9.0.2 (CVODE, 1e-9) with the authors' files,
which give the Nernst potential at NEURON's default temperature of 6.3 degrees and the rates without
any.
"""

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured, at_most, near

PER_CM2 = 1 / pq.cm**2
PEAKS = {61.51: 25.301, 200.67: -13.562, 343.00: -15.101, 485.44: -16.504}  # ms: mV, at 425 pA
AMPLITUDES = (375, 425, 550, 600)  # pA
HIGH = -30.0  # mV; above it a maximum is a spike
DT, EVERY = 0.05, 0.05  # ms

TIMES = "a step of 0.05 ms, second order: 0.02 ms after 500 ms"
HEIGHTS = "the 3 digits of the reference, and what a shift of a peak by 0.05 ms makes"


def model() -> dx.Cell:
    """Return the compartment."""
    shape = dx.single_compartment(100 * pq.um, 99 * pq.um)
    return dx.Cell(
        dx.discretize(shape, n_per_section=1),
        [
            dx.Passive(
                c_m=0.45 * pq.uF * PER_CM2,
                g_leak=0.45 / 14 * pq.mS * PER_CM2,
                e_leak=-86 * pq.mV,
            ),
            dx.CaHVA(g_max=0.5 * pq.mS * PER_CM2, q10=1.0),
            dx.BK(g_max=30 * pq.mS * PER_CM2, e_k=-77 * pq.mV, q10=1.0, speed_m=0.2, speed_h=0.02),
            dx.CalciumPool(depth=1 * pq.um, tau=60 * pq.ms, c_inf=2.4e-4 * pq.mM),
        ],
        v_init=-86 * pq.mV,
        celsius=6.3,
    )


def peaks(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return times (ms) and heights (mV) of the maxima above ``HIGH``, between samples too."""
    k = np.flatnonzero((v[1:-1] > v[:-2]) & (v[1:-1] >= v[2:]) & (v[1:-1] > HIGH)) + 1
    rise, bend = (v[k + 1] - v[k - 1]) / 2, v[k + 1] - 2 * v[k] + v[k - 1]
    return (k - rise / bend) * EVERY, v[k] - rise**2 / (2 * bend)


def measure() -> list[Measured]:
    """Return spike times and heights, and what happens at other currents."""
    steps = [dx.step_current(i * pq.pA, 0 * pq.ms, 1000 * pq.ms) for i in AMPLITUDES]
    record = dx.Record("v", every=EVERY * pq.ms)
    simulator = dx.Simulator(1000 * pq.ms, DT * pq.ms, record=record)
    traces = np.asarray(simulator(model(), dx.Inputs(steps)).traces["v"])[:, 0]
    found = {i: peaks(v) for i, v in zip(AMPLITUDES, traces, strict=True)}
    rows = []
    for n, (time, height, (t, v)) in enumerate(
        zip(*found[425], PEAKS.items(), strict=False), start=1
    ):
        rows.append(near(f"time of spike {n} at 425 pA", time, "ms", t, 0.1, TIMES))
        rows.append(near(f"height of spike {n} at 425 pA", height, "mV", v, 0.05, HEIGHTS))
    rows.append(near("spikes at 375 pA", len(found[375][0]), "", 0, 0, "a count"))
    for i in (550, 600):
        rows.append(near(f"spikes at {i} pA", len(found[i][0]), "", 1, 0, "a count"))
        plateau = traces[AMPLITUDES.index(i)][int(300 / EVERY) :]
        rows.append(
            at_most(f"range of the plateau at {i} pA", np.ptp(plateau), "mV", 2, "no more spikes")
        )
    return rows
