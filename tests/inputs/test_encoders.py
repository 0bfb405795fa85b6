"""Encoders against their equations, and the Yin-Yang samples against the published ones."""

from pathlib import Path

import numpy as np
import pytest
import quantities as pq

import dendrax as dx

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "yin_yang"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published samples are not in the project")
@pytest.mark.parametrize(
    ("name", "n", "seed"), [("train", 5000, 42), ("validation", 1000, 41), ("test", 1000, 40)]
)
def test_yin_yang_is_the_published_set_bit_for_bit(name, n, seed):
    values, labels = dx.yin_yang(n, seed)
    np.testing.assert_array_equal(values, np.load(PUBLISHED / f"{name}_samples.npy"))
    np.testing.assert_array_equal(labels, np.load(PUBLISHED / f"{name}_labels.npy"))


def test_yin_yang_begins_as_published():
    # The first samples of training and of testing.
    values, labels = dx.yin_yang(5, seed=42)
    np.testing.assert_array_equal(values[0, :2], [0.6803075385877797, 0.450499251969543])
    assert labels.tolist() == [2, 1, 2, 1, 1]
    values, _ = dx.yin_yang(1, seed=40)
    np.testing.assert_array_equal(values[0, :2], [0.23409664559563403, 0.4017249751828972])


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


def test_delayed_xor_is_eqs_13_to_15():
    t_max, sigma, n = 90.0, 2.0, 4000
    inputs, labels = dx.delayed_xor(n, t_max * pq.ms, sigma * pq.ms, seed=3)
    times = np.asarray(inputs.spikes.times).reshape(n, 3, 3, 2)  # trial, group, source, spike
    assert np.isfinite(times).sum() == 9 * n  # three spikes for each of two bits and the cue
    cue = times[:, 2, :, 0]
    bits, starts = [], []
    for k in range(2):
        of = times[:, :2, :, k]
        there = np.isfinite(of).all(2)
        assert np.all(there.sum(1) == 1)  # the whole group of one value, and nothing of the other
        bits.append(there.argmax(1))
        starts.append(of[np.arange(n), bits[k]])
    np.testing.assert_array_equal(labels, bits[0] != bits[1])
    # Uniform in an interval: bounds, and the mean to five standard errors.
    error = 5 * t_max / 3 / np.sqrt(12 * n)
    assert np.all((starts[0] >= 0) & (starts[0] <= sigma))
    first_of = [each.min(1) for each in (starts[1], cue)]
    for later, before in zip(first_of, (0.0, first_of[0]), strict=True):
        lag = later - before
        assert lag.min() > -sigma
        assert lag.max() < t_max / 3 + sigma
        assert abs(lag.mean() - t_max / 6 - (sigma / 4 if np.isscalar(before) else 0)) < error
    assert abs(np.mean(bits[0]) - 0.5) < 5 * 0.5 / np.sqrt(n)
    assert abs(np.mean(labels) - 0.5) < 5 * 0.5 / np.sqrt(n)


def test_the_same_seed_makes_the_same_trials():
    one, two, other = (dx.delayed_xor(5, 90 * pq.ms, 2 * pq.ms, seed=s)[0] for s in (0, 0, 1))
    np.testing.assert_array_equal(one.spikes.times, two.spikes.times)
    assert not np.array_equal(one.spikes.times, other.spikes.times)


@pytest.mark.parametrize("values", [[0.1, 0.2], [[1.5]], [[np.nan]]])
def test_values_out_of_range_are_refused(values):
    with pytest.raises(dx.ModelError, match="numbers from 0 to 1"):
        dx.latency(values, 30 * pq.ms)
