"""A cell with all channels that know no calcium, in Brian2."""

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2_cell import MS, MS_CM2, PA, SHAPE, agreement


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the orders of both."""
    mechanisms = [
        dx.Passive(),
        dx.NaT(),
        dx.Kdr(),
        dx.NaP(g_max=0.1 * MS_CM2),
        dx.Kv31(g_max=10 * MS_CM2),
        dx.KA("dend"),
        dx.KM(),
        dx.Ih(),
    ]
    cell = dx.Cell(SHAPE, mechanisms, celsius=32.0)
    inputs = dx.Inputs(dx.step_current(1000 * PA, 2 * MS, 12 * MS))
    return agreement(cell, inputs, 12.0)
