"""The cables of Rallpack (Bhalla, Bilitch & Bower 1992, TINS 15:453)."""

from typing import Any

import numpy as np
import quantities as pq

import dendrax as dx

MS, UM = pq.ms, pq.um
PER_CM2 = 1 / pq.cm**2
E_LEAK, TAU, LAMBDA = -65.0, 40.0, 1000.0  # mV, ms, um: of a cable of 1 um
CURRENT, T_STOP = 100.0, 250.0  # pA, ms
START, END = "dend[0](0)", "dend[0](1)"
# The exponentials of later terms have died away at the first sample.
N_TERMS = 4000


def passive() -> dx.Passive:
    """Return the membrane: 100 ohm cm, 40 000 ohm cm2, 1 uF/cm2."""
    return dx.Passive(
        c_m=1 * pq.uF * PER_CM2,
        g_leak=1 / 40 * pq.mS * PER_CM2,
        e_leak=E_LEAK * pq.mV,
        r_axial=100 * pq.ohm * pq.cm,
    )


def cell(shape: Any, n_per_section: int, *more: Any, far: str = END) -> dx.Cell:
    """Return the cell, which is stimulated at its start and recorded at both ends."""
    compartments = dx.discretize(shape, n_per_section=n_per_section)
    return dx.Cell(
        compartments,
        [passive(), *more],
        v_init=E_LEAK * pq.mV,
        electrode=START,
        spike_at=START,
        probes={"far": far},
        celsius=6.3,
    )


def pulse() -> dx.Inputs:
    """Return 0.1 nA from the beginning to the end."""
    return dx.Inputs(dx.step_current(CURRENT * pq.pA, 0 * MS, T_STOP * MS))


def both_ends(model: dx.Cell, inputs: dx.Inputs, dt: float, t_stop: float = T_STOP) -> np.ndarray:
    """Return the voltage at the start and at the end (mV), each 0.05 ms."""
    record = dx.Record("v", "far", every=0.05 * MS)
    simulator = dx.Simulator(t_stop * MS, dt * MS, record=record, max_spikes=32)
    traces = simulator(model, inputs).traces
    return np.stack([np.asarray(traces[name])[0, 0] for name in record.names])


def series(t: np.ndarray, x: float, length: float, resistance: float) -> np.ndarray:
    """Return the voltage (mV) of a sealed cable with a constant current into its start.

    ``x`` and ``length`` are in length constants, and the resistance in GOhm is that of the
    semi-infinite cable.
    """
    k = np.arange(1, N_TERMS)
    rate = 1 + (k * np.pi / length) ** 2
    decay = np.exp(-np.outer(t / TAU, rate)) @ (np.cos(k * np.pi * x / length) / rate)
    steady = np.cosh(length - x) / np.sinh(length)
    return E_LEAK + CURRENT * resistance * (steady - (np.exp(-t / TAU) + 2 * decay) / length)


def percent(found: np.ndarray, exact: np.ndarray) -> float:
    """Return the root mean square of the difference, in percent of the range of what is exact."""
    return 100 * float(np.sqrt(np.mean((found - exact) ** 2)) / np.ptp(exact))


def resistance(diameter: float, length_constant: float) -> float:
    """Return the resistance (GOhm) of a semi-infinite cable of 100 ohm cm; lengths in um."""
    return 4 * 1e-3 * length_constant / (np.pi * diameter**2)
