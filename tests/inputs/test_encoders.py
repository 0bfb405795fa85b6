"""Encoders against their equations."""

import numpy as np
import pytest
import quantities as pq

import dendrax as dx


def test_latency_is_eqs_6_and_7():
    values = np.array([[0.0, 0.25, 1.0], [0.5, 0.0, 0.75]])
    spikes = dx.latency(values, 0.02 * pq.s).spikes
    assert spikes.unit == "1"
    assert np.all(np.asarray(spikes.weight) == 1)
    np.testing.assert_allclose(spikes.times[..., 0], [[0, 0, 5, 20], [0, 10, 0, 15]])
    bright = dx.latency(values, 20 * pq.ms, bias=False, strongest_first=True)
    expected = [[np.inf, 15, 0], [10, np.inf, 5]]
    np.testing.assert_allclose(bright.spikes.times[..., 0], expected)
    # Trial by trial it is the same.
    trains = [
        dx.spike_trains([[t] * pq.ms for t in row]) for row in ([0, 0, 5, 20], [0, 10, 0, 15])
    ]
    np.testing.assert_array_equal(dx.Inputs(spikes=trains).spikes.times, spikes.times)


@pytest.mark.parametrize("values", [[0.1, 0.2], [[1.5]], [[np.nan]]])
def test_values_out_of_range_are_refused(values):
    with pytest.raises(dx.ModelError, match="numbers from 0 to 1"):
        dx.latency(values, 30 * pq.ms)
