"""Neurons with dendritic spikes that excite each other after delays, in Brian2 and SciPy."""

import numpy as np

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._networks import MS, agreement, delays, inputs_of

N = 3


def measure() -> list[Measured]:
    """Measure spike times and voltages, and the order of the difference."""
    rng = np.random.default_rng(0)
    shape = (N, 2, 4 + N)
    neuron = dx.DendriticNeuron(
        weight=dx.learnable(rng.uniform(0.5, 4, shape)),
        tau_syn=dx.learnable(rng.uniform(3, 8, shape) * MS),
        tau_dend=dx.learnable(rng.uniform(6, 10, (N, 2)) * MS),
        g_dend=dx.learnable(rng.uniform(1.5, 2, (N, 2))),
        slope_rise=[8.0, 20.0],
        slope_decay=[1.0, 0.5],
    )
    network = dx.Network(
        4,
        {"output": dx.Population(neuron, N)},
        [
            dx.Connection("input", "output", weight=1.0),
            dx.Connection("output", "output", weight=0.5, delay=delays((N, N), 3, 6)),
        ],
    )
    inputs = inputs_of(4)
    return agreement(network, inputs, spike=1e-5, limit=1e-7, trace=1e-6, plain=1.0)
