"""A cortical cell's response to steps of current, predicted by a GIF neuron."""

from validation._measured import Measured
from validation.scenarios._recording import prediction


def measure() -> list[Measured]:
    """Measure spike counts, their times and the voltage on held-out sweeps."""
    return prediction(
        "171116sh_0018.abf", sweeps=range(17), threshold=-10.0, t_stop=800.0, steps=60
    )
