"""LIF neurons that excite and inhibit each other after delays, in Brian2 and SciPy."""

import numpy as np

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._networks import MS, PA, agreement, delays, inputs_of

N = 6


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the order of the difference."""
    rng = np.random.default_rng(0)
    hidden = dx.LIF(t_ref=1.013 * MS)
    network = dx.Network(
        4,
        {"hidden": dx.Population(hidden, N), "output": dx.Population(dx.LIF(), 2)},
        [
            dx.Connection("input", "hidden", weight=rng.uniform(100, 400, (4, N)) * PA),
            dx.Connection(
                "hidden",
                "hidden",
                weight=rng.uniform(-150, 150, (N, N)) * PA,
                delay=delays((N, N), 3, 6),
                mask=~np.eye(N, dtype=bool),
            ),
            dx.Connection("hidden", "output", weight=rng.uniform(100, 300, (N, 2)) * PA),
        ],
        electrode="hidden",
    )
    inputs = inputs_of(4, current=True)
    return agreement(network, inputs, spike=1e-6, limit=1e-7, trace=1e-6, plain=1.0)
