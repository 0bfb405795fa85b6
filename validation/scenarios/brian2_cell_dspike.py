"""Sodium spikes of a dendrite in Brian2, which begin, and change, between grid points."""

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2_cell import MS, MV, PA, SHAPE, agreement


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the orders of both."""
    cell = dx.Cell(
        SHAPE,
        [dx.Passive(), dx.DendriticSpike("dend", v_th=-50 * MV)],
        v_init=-70 * MV,
        v_th=-55 * MV,
    )
    inputs = dx.Inputs(
        current=[dx.step_current(level * PA, 1 * MS, 18 * MS) for level in (300, 400)]
    )
    return agreement(cell, inputs, 20.0)
