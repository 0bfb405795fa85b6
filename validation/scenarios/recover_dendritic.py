"""All synaptic time constants of a neuron with dendritic spikes, from its somatic potential."""

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._recover import recovery

MS = pq.ms
TRUTH = [[5.0, 3.0], [8.0, 4.0]]
START = [[3.5, 4.5], [6.0, 6.0]]


def model(tau_syn: list[list[float]]) -> dx.DendriticNeuron:
    """Return the neuron with these time constants (dendrite, input), in ms."""
    return dx.DendriticNeuron(
        weight=[[3.0, 2.0], [4.0, -1.0]],
        tau_syn=dx.learnable(np.array(tau_syn) * MS, bounds=(1, 20) * MS),
        tau_dend=[6, 10] * MS,
        g_dend=[0.6, 0.5],
        slope_rise=[8.0, 20.0],
        slope_decay=[3.0, 1.0],
    )


def measure() -> list[Measured]:
    """Measure what is recovered from two trains of input."""
    spikes = dx.spike_trains([[3, 10, 20, 31, 32, 33] * MS, [5, 6, 40, 45] * MS])
    inputs = dx.Inputs([dx.step_current(x, 5 * MS, 50 * MS) for x in (0.0, 0.2)], spikes)
    simulator = dx.Simulator(60 * MS, 0.25 * MS, record=dx.Record("guard", "v", every=0.25 * MS))
    # The potential of this model has no unit, and is taken for one in mV.
    loss = dx.losses.voltage(0.1 * pq.mV, before=0.5 * MS, after=0.5 * MS)
    loss += dx.losses.spike_times(2 * MS, reach=20 * MS)
    return recovery(model(TRUTH), model(START), inputs, simulator, loss, noise=0.005, starts=16)
