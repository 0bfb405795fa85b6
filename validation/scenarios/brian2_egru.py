"""The event-based recurrent unit against its transcription in Brian2 and SciPy."""

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2 import agreement


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the order of the difference."""
    ms = pq.ms
    inputs = dx.Inputs(
        current=[dx.step_current(level, 5 * ms, 55 * ms) for level in (2.0, 3.0)],
        spikes=dx.spike_trains(
            [[10, 12.5, 30] * ms, [31, 50] * ms],
            weight=np.array([[4.0, 1.0, 3.0], [1.0, -1.0, -1.0]]),
        ),
    )
    return agreement(dx.EGRU(), inputs, spike=1e-6)
