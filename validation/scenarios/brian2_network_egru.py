"""Recurrent EGRU without delays, read out by leaky integrators, in Brian2 and SciPy."""

import numpy as np

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._networks import MS, agreement, inputs_of

N = 5


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the order of the difference."""
    rng = np.random.default_rng(0)
    # Of the update gate, of the reset gate, and of the candidate.
    into = rng.uniform([1, -1, 3], [3, 1, 6], (3, N, 3))
    back = rng.uniform([-1, -1, -1], [2, 1, 3], (N, N, 3))
    readout = dx.LeakyIntegrator(tau_mem=20 * MS)
    network = dx.Network(
        3,
        {"hidden": dx.Population(dx.EGRU(tau_mem=5 * MS), N), "output": dx.Population(readout, 2)},
        [
            dx.Connection("input", "hidden", weight=into),
            dx.Connection("hidden", "hidden", weight=back, mask=~np.eye(N, dtype=bool)),
            dx.Connection("hidden", "output", weight=rng.uniform(-1, 1, (N, 2))),
        ],
    )
    inputs = inputs_of(3, weight=3.0)
    return agreement(network, inputs, spike=1e-6, limit=1e-7, trace=1e-6, plain=1.0)
