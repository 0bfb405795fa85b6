"""Channels and synapses together, against NEURON with the same equations."""

import numpy as np
import quantities as pq

import dendrax as dx

# NEURON 9.0.2, CVODE with an absolute tolerance of 1e-10, hh without tables: v (mV) in the middle
# of the soma and of the last third of the dendrite at 1, 2, ..., 20 ms.
SOMA = [
    *(-66.90515, -68.32783, -69.44506, -66.06602, -55.39874, 32.47638, 3.97358, -40.20104),
    *(-72.46028, -73.0604, -72.3963, -71.65169, -70.98053, -70.42802, -70.00791, -69.71682),
    *(-69.54173, -69.4651, -69.46829, -69.53349),
]
DENDRITE = [
    *(-66.331, -67.8307, -69.04176, -58.51942, -47.47313, -17.64068, 10.25241, -21.62206),
    *(-54.35541, -61.89309, -63.95299, -65.1669, -65.98791, -66.56967, -67.00842, -67.36748),
    *(-67.686, -67.98611, -68.27878, -68.56812),
]
CELL = dx.Cell(
    dx.discretize(
        dx.ball_and_stick(20 * pq.um, 200 * pq.um, 2 * pq.um), n_per_section={"soma": 1, "dend": 3}
    ),
    [
        dx.Passive(),
        dx.HodgkinHuxley("soma"),
        dx.ExponentialSynapses(
            at="dend[0](0.83)", tau=3 * pq.ms, g_max=4 * pq.nS, delay=1.25 * pq.ms
        ),
        dx.DoubleExponentialSynapses(at="dend[0]", g_max=6 * pq.nS, e_rev=-10 * pq.mV),
    ],
    celsius=6.3,
    probes={"dendrite": "dend[0](0.83)"},
)
INPUTS = dx.Inputs(spikes=dx.spike_trains([[2, 5.5] * pq.ms, [4] * pq.ms]))


def traces(dt):
    record = dx.Record("v", "dendrite", at=np.arange(1, 21) * pq.ms)
    result = dx.Simulator(20 * pq.ms, dt * pq.ms, record=record)(CELL, INPUTS)
    return np.stack([np.ravel(result.traces[name]) for name in ("v", "dendrite")])


def test_traces_converge_to_those_of_neuron():
    """The rest is NEURON's own error, of its five digits and its tolerance."""
    coarse, fine = traces(0.05), traces(0.025)
    neuron = np.array([SOMA, DENDRITE])
    extrapolated = (4 * fine - coarse) / 3
    assert np.abs(fine - neuron).max() < 0.2  # on an upstroke of 90 mV / ms
    assert np.abs(extrapolated - neuron).max() < 0.01
