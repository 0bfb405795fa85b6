"""A GIF neuron that is read off a recording."""

import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from tests.fitting.test_features import passive

MS = pq.ms


@pytest.mark.slow
def test_a_gif_neuron_is_nearly_found_again():
    cell = dx.GIF(
        c_m=150 * pq.pF, b_fast=80 * pq.pA, b_slow=15 * pq.pA, g_h=4 * pq.nS, t_ref=3 * MS
    )
    inputs = dx.Inputs([dx.step_current(a * pq.pA, 50 * MS, 250 * MS) for a in (-100, 250, 350)])
    record = dx.Record("v", every=0.1 * MS)
    target = dx.Simulator(350 * MS, record=record, max_spikes=64)(cell, inputs)
    assert target.spike_counts[1:].min() >= 3
    found = dx.initial_model("gif", dx.Sweeps(target, inputs))
    free = dx.Simulator(350 * MS, record=record, max_spikes=128)(found, inputs)
    apart = np.asarray(free.traces["v"] - target.traces["v"])[0, 0]
    # The sag of a silent sweep: Euler's method with 0.5 ms is off by a few percent of 8 mV.
    assert np.sqrt(np.mean(apart**2)) < 0.3
    assert dx.to_free(found).keys() >= {"b_fast", "b_slow", "theta_jump", "g_h", "v_t"}


def test_a_cell_without_spikes_is_refused():
    with pytest.raises(dx.FitError, match="has no spike"):
        dx.initial_model("gif", passive())
