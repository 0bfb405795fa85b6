"""A branched passive cable in Brian2: areas, and currents along and across the tree."""

import numpy as np

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2_cell import MS, PA, UM, agreement


def measure() -> list[Measured]:
    """Measure voltages, and the orders of both."""
    shape = dx.discretize(dx.rall_tree([160, 120] * UM, [3, 2] * UM), max_length=70 * UM)
    n = len(shape)
    cell = dx.Cell(
        shape,
        [dx.Passive()],
        radius=np.linspace(0.9, 1.1, n) * shape.radius * UM,
        spike_at=shape.section_names[0],
        electrode=shape.section_names[-1],
    )
    step, ramp = dx.step_current(50 * PA, 1 * MS, 12 * MS), dx.ramp_current
    inputs = dx.Inputs(current=[step, step + ramp(0 * PA, 90 * PA, 5 * MS, 15 * MS)])
    return agreement(cell, inputs, 20.0)
