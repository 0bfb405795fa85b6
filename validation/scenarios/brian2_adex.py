"""The adaptive exponential neuron against its transcription in Brian2 and SciPy."""

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2 import POINT, agreement


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the order of the difference."""
    # What adaptation keeps of each spike is cut off where Brian2's rates are singular, at the peak.
    return agreement(dx.AdEx(), POINT, spike=1e-3, trace=1e-5, order=1.5)
