"""The common task of cells: an excitable ball and stick that spikes eight times.

A soma of 20 x 20 um in one compartment, a dendrite of 500 x 2 um in all others, everywhere the
channels of the squid axon at 6.3 degrees with a leak of 0.3 mS/cm2 and -54.3 mV; 100 ohm cm,
1 uF/cm2; 0.5 nA into the soma from 5 to 95 ms. Voltages of the soma and of the last compartment are
kept at every step.
"""

import numpy as np

T_STOP, START, STOP = 100.0, 5.0, 95.0  # ms
CURRENT = 0.5  # nA
REST = -65.0  # mV


def crossings(t: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return when a trace rises through 0 mV, between samples by a straight line."""
    k = np.flatnonzero((v[:-1] < 0) & (v[1:] >= 0))
    return t[k] - v[k] * (t[k + 1] - t[k]) / (v[k + 1] - v[k])
