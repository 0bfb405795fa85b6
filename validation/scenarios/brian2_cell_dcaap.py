"""Calcium spikes of a dendrite in Brian2, smaller where the drive is stronger."""

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2_cell import MS, MV, PA, SHAPE, TIP, agreement


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the orders of both."""
    cell = dx.Cell(
        SHAPE,
        [dx.Passive(), dx.CalciumSpike(TIP, v_th=-50 * MV, t_ref=40 * MS)],
        v_init=-70 * MV,
        v_th=-55 * MV,
        electrode=TIP,
    )
    pulse = dx.step_current(120 * PA, 1 * MS, 58 * MS)
    # Above the threshold at once, where a step of the current has lifted it further.
    strong = pulse + dx.step_current(400 * PA, 30 * MS, 58 * MS)
    return agreement(cell, dx.Inputs(current=[pulse, strong]), 60.0)
