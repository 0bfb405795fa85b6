"""A refractory period around another neuron against its transcription in Brian2 and SciPy."""

import quantities as pq

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2 import POINT, agreement


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the order of the difference."""
    return agreement(dx.Refractory(dx.QIF(), t_ref=2.013 * pq.ms), POINT, spike=1e-6)
