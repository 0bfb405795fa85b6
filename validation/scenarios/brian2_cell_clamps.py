"""A cell in clamps of all kinds in Brian2."""

import quantities as pq

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2_cell import MS, MV, NS, PA, SHAPE, TIP, agreement


def measure() -> list[Measured]:
    """Measure voltages, and the orders of both."""
    cell = dx.Cell(
        SHAPE,
        [
            dx.Passive(),
            dx.HodgkinHuxley("dend"),
            dx.VoltageClamp(r_series=20 * pq.MOhm),
            dx.CurrentClamp(TIP, waveform=dx.ramp_current(0 * PA, 200 * PA, 3 * MS, 12 * MS)),
            dx.DynamicClamp(
                "dend",
                waveform=dx.step_current(1.0, 5 * MS, 15 * MS),
                g_max=2 * NS,
                e_reversal=-80 * MV,
            ),
        ],
        celsius=6.3,
    )
    return agreement(cell, dx.Inputs(dx.step_current(-3250 * PA, 0 * MS, 10 * MS)), 20.0)
