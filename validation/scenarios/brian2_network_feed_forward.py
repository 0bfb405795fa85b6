"""Layers of LIF and of QIF neurons, with delays of their synapses, in Brian2 and SciPy."""

import numpy as np

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._networks import MS, PA, agreement, delays, inputs_of


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the order of the difference."""
    rng = np.random.default_rng(0)
    hidden = dx.LIF(tau_syn=dx.learnable(np.linspace(3, 6, 6) * MS), t_ref=1.013 * MS)
    network = dx.Network(
        4,
        {"hidden": dx.Population(hidden, 6), "output": dx.Population(dx.QIF(), 3)},
        [
            dx.Connection(
                "input",
                "hidden",
                weight=dx.learnable(rng.uniform(100, 400, (4, 6)) * PA),
                delay=dx.learnable(delays((4, 6), 0.5, 3)),
            ),
            dx.Connection(
                "hidden",
                "output",
                weight=rng.uniform(500, 900, (6, 3)) * PA,
                delay=delays((6,), 1, 3),
                mask=np.arange(18).reshape(6, 3) % 4 > 0,
            ),
        ],
        electrode="hidden",
    )
    inputs = inputs_of(4, current=True)
    return agreement(network, inputs, spike=1e-6, limit=1e-7, trace=1e-6, plain=1.0)
