"""Populations of different models that talk to each other in a circle, in Brian2 and SciPy."""

import numpy as np

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._networks import MS, PA, agreement, delays, inputs_of


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the order of the difference."""
    rng = np.random.default_rng(0)

    def weight(n_source: int, n_target: int, low: float, high: float):
        return rng.uniform(low, high, (n_source, n_target)) * PA

    network = dx.Network(
        4,
        {
            "output": dx.Population(dx.AdaptiveLIF(), 2),
            "inhibitory": dx.Population(dx.QIF(), 2),
            "excitatory": dx.Population(dx.LIF(t_ref=2.013 * MS), 4),
        },
        [
            dx.Connection("input", "excitatory", weight=weight(4, 4, 200, 400), delay=1 * MS),
            dx.Connection(
                "excitatory", "inhibitory", weight=weight(4, 2, 800, 1200), delay=delays((4,), 2, 4)
            ),
            dx.Connection(
                "inhibitory", "excitatory", weight=weight(2, 4, -300, 0), delay=delays((2, 4), 3, 5)
            ),
            dx.Connection("excitatory", "output", weight=weight(4, 2, 300, 500), delay=1.5 * MS),
        ],
        electrode="excitatory",
    )
    inputs = inputs_of(4, current=True)
    return agreement(network, inputs, spike=1e-5, limit=1e-6, trace=1e-5, plain=1.0)
