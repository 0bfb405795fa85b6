"""An excitable ball and stick in Brian2."""

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2_cell import MS, PA, SHAPE, agreement


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the orders of both."""
    cell = dx.Cell(SHAPE, [dx.Passive(), dx.HodgkinHuxley()], celsius=6.3)
    inputs = dx.Inputs(
        current=[dx.step_current(level * PA, 2 * MS, 35 * MS) for level in (500, 800)]
    )
    return agreement(cell, inputs, 40.0)
