"""Cells with all channels in Brian2: those that calcium opens or carries, and the others."""

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2_cell import MS, MS_CM2, PA, SHAPE, agreement

VOLTAGE = [
    dx.Passive(),
    dx.NaT(),
    dx.Kdr(),
    dx.NaP(g_max=0.1 * MS_CM2),
    dx.Kv31(g_max=10 * MS_CM2),
    dx.KA("dend"),
    dx.KM(),
    dx.Ih(),
]
CALCIUM = [
    dx.Passive(),
    dx.NaT("soma"),
    dx.Kdr("soma"),
    dx.CaHVA(),
    dx.CaLVA("dend", g_max=0.2 * MS_CM2),
    dx.CalciumPool(gamma=0.05, inward_only=False),
    dx.BK(speed_m=5.0, speed_h=50.0),
    dx.SK("dend"),
]


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the orders of both."""
    inputs = dx.Inputs(
        current=[dx.step_current(level * PA, 2 * MS, 28 * MS) for level in (700, 1000)]
    )
    found = []
    for name, mechanisms in (("without calcium", VOLTAGE), ("with calcium", CALCIUM)):
        cell = dx.Cell(SHAPE, mechanisms, celsius=32.0)
        # The time constants of KA have corners.
        order = 1.5 if mechanisms is VOLTAGE else 3.0
        measured = agreement(cell, inputs, 30.0, brian2_order=order)
        found += [each._replace(quantity=f"{each.quantity}, {name}") for each in measured]
    return found
