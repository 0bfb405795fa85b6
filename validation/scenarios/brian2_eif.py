"""The exponential neuron against its transcription in Brian2 and SciPy."""

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2 import POINT, agreement


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the order of the difference."""
    return agreement(dx.EIF(), POINT, spike=1e-4, order=2.5)
