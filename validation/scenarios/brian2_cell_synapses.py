"""A cell with synapses of all kinds in Brian2, with a weight, a time constant, a delay each."""

import numpy as np

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._brian2_cell import MS, MV, NS, PA, SHAPE, TIP, agreement


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the orders of both."""
    mechanisms = [
        dx.Passive(),
        dx.ExponentialSynapses(
            "dend",
            n=5,
            g_max=[1, 2, 1.5, 0.5, 1] * NS,
            tau=[3, 5, 4, 6, 7] * MS,
            delay=[0, 1, 0.5, 0, 0.31] * MS,
        ),
        dx.ExponentialCurrents(at=[TIP, "soma[0]"], i_max=[20, -15] * PA),
        dx.DoubleExponentialSynapses("dend", n=2, tau_rise=[1, 5] * MS, tau_decay=[5, 5] * MS),
        dx.DoubleExponentialCurrents("soma", tau_rise=6 * MS, tau_decay=2 * MS),
        dx.AMPA("dend", n=2),
        dx.GABA("soma"),
        dx.NMDA("dend", n=2),
    ]
    cell = dx.Cell(SHAPE, mechanisms, v_init=-70 * MV, v_th=-60 * MV)
    often = [[1 + 0.7 * k, 9 + 0.31 * k, 12] * MS for k in range(15)]
    inputs = dx.Inputs(
        spikes=[
            dx.spike_trains(often, weight=np.linspace(0.5, 2, 15)),
            dx.spike_trains([[3.3] * MS] * 15),
        ]
    )
    return agreement(cell, inputs, 20.0)
