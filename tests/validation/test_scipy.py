"""dendrax against SciPy: more is in ``test_brian2.py``."""

import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from tests.validation.test_translate import INPUTS, Resting


def test_a_model_of_the_user_is_translated():
    simulator = dx.Simulator(40 * pq.ms, 0.025 * pq.ms, record=dx.Record("h", every=0.1 * pq.ms))
    ours, theirs = simulator(Resting(), INPUTS), dx.run_scipy(Resting(), INPUTS, simulator)
    assert dict(theirs.provenance)["equations"] == "translated"
    dx.compare(ours, theirs, trace="h").raise_if_outside(spike_time=1e-6 * pq.ms)


def test_what_it_cannot_do_is_refused():
    inputs = dx.Inputs(current=dx.step_current(600 * pq.pA, 1 * pq.ms, 40 * pq.ms))
    simulator = dx.Simulator(40 * pq.ms, max_spikes=1)
    with pytest.raises(dx.SimulationError, match="limit of 1 spikes per neuron was reached at"):
        dx.run_scipy(dx.LIF(), inputs, simulator)
    with pytest.raises(dx.ModelError, match="tolerances must be positive"):
        dx.run_scipy(dx.LIF(), inputs, simulator, rtol=0.0)
    with pytest.raises(dx.UnitError, match="current of QIF must be"):
        dx.run_scipy(dx.QIF(tau_mem=5 * pq.ms), inputs, simulator)


def test_samples_are_right_limits_to_the_end():
    record = dx.Record("v", "i_syn", at=[0, 5, 10] * pq.ms)
    simulator = dx.Simulator(10 * pq.ms, record=record)
    inputs = dx.Inputs(spikes=dx.spike_trains([[5] * pq.ms], weight=100 * pq.pA))
    found = dx.run_scipy(dx.LIF(), inputs, simulator).traces["i_syn"][0, 0]
    np.testing.assert_allclose(found, [0, 100, 100 * np.exp(-1)], rtol=1e-9)
