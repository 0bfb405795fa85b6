"""A hippocampal cell's response to steps of current, predicted by a GIF neuron.

The amplifier's offset is not corrected: the cell "rests" at -15 to -4 mV, differently in each
sweep. Sweeps 0 to 4 do not respond at all to -2 to -1.2 nA, so that these did not reach the cell;
every third sweep has an artefact at 345 ms, which passes any threshold for spikes.
"""

from validation._measured import Measured
from validation.scenarios._recording import prediction


def measure() -> list[Measured]:
    """Measure spike counts, their times and the voltage on held-out sweeps."""
    return prediction("99111002.nwb", sweeps=range(5, 16), threshold=30.0, t_stop=600.0, steps=60)
