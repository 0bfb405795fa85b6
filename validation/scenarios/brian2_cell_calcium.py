"""A cell with a calcium pool, and all channels that fill it or that it opens, in Brian2."""

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2_cell import MS, MS_CM2, PA, SHAPE, agreement


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the orders of both."""
    mechanisms = [
        dx.Passive(),
        dx.NaT("soma"),
        dx.Kdr("soma"),
        dx.CaHVA(),
        dx.CaLVA("dend", g_max=0.2 * MS_CM2),
        dx.CalciumPool(gamma=0.05, inward_only=False),
        dx.BK(speed_m=5.0, speed_h=50.0),
        dx.SK("dend"),
    ]
    cell = dx.Cell(SHAPE, mechanisms, celsius=32.0)
    inputs = dx.Inputs(dx.step_current(1000 * PA, 2 * MS, 12 * MS))
    return agreement(cell, inputs, 12.0)
