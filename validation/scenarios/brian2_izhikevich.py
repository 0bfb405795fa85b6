"""The simple model against its transcription in Brian2 and SciPy."""

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2 import PURE, agreement


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the order of the difference."""
    return agreement(dx.Izhikevich(), PURE, spike=2e-4, trace=1e-5)
