"""Elephant analyses what ``to_neo`` gives, and finds what closed forms say."""

import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from elephant import spike_train_correlation, spike_train_dissimilarity, sta, statistics

import dendrax as dx

TRAINS = ([20.0, 40.0, 60.0, 80.0], [20.0, 43.0], [])


@pytest.fixture(scope="module")
def segment():
    spikes = np.full((1, len(TRAINS), 4), np.inf)
    for row, train in zip(spikes[0], TRAINS, strict=True):
        row[: len(train)] = train
    shape = spikes.shape[:2]
    times = np.arange(0, 100, 0.5)
    # A wave that repeats every 20 ms, as the spikes of neuron 0 do.
    wave = np.broadcast_to(np.cos(2 * np.pi * times / 20), (*shape, len(times)))
    result = dx.SimulationResult(
        spike_times=jnp.asarray(spikes),
        spike_slope=jnp.asarray(spikes),
        times=jnp.asarray(times),
        traces={"v": jnp.asarray(wave)},
        status=jnp.zeros(shape, int),
        n_steps=jnp.zeros(shape, int),
        t_reached=jnp.full(shape, 100.0),
        t_stop=100.0,
        units=(("v", "mV"),),
    )
    return dx.to_neo(result).segments[0]


def test_rate_and_regularity(segment):
    trains = segment.spiketrains
    rates = [statistics.mean_firing_rate(train).rescale("Hz").item() for train in trains]
    np.testing.assert_allclose(rates, [40.0, 20.0, 0.0])
    assert statistics.cv(statistics.isi(trains[0])) == pytest.approx(0.0, abs=1e-12)


def test_spike_time_tiling(segment):
    tiling = spike_train_correlation.spike_time_tiling_coefficient
    first, second, _ = segment.spiketrains
    assert tiling(first, first, dt=5 * pq.ms) == pytest.approx(1.0)
    # 2 of 4 and 2 of 2 spikes have a partner; tiles of 10 ms cover 40 and 20 of 100 ms.
    expected = 0.5 * ((0.5 - 0.2) / (1 - 0.5 * 0.2) + (1 - 0.4) / (1 - 1 * 0.4))
    assert tiling(first, second, dt=5 * pq.ms) == pytest.approx(expected)


def test_distances(segment):
    trains = list(segment.spiketrains)
    # A shift by 3 of 10 ms, and two spikes more; then each spike more is 1.
    victor_purpura = spike_train_dissimilarity.victor_purpura_distance(trains, 0.1 / pq.ms)
    np.testing.assert_allclose(victor_purpura[0], [0.0, 2.3, 4.0])
    # Of n spikes to none: the sum of exp(-|t_i - t_j| / tau).
    van_rossum = spike_train_dissimilarity.van_rossum_distance(trains, 10 * pq.ms)
    lags = np.subtract.outer(TRAINS[0], TRAINS[0])
    np.testing.assert_allclose(van_rossum[0, 2], np.sqrt(np.exp(-np.abs(lags) / 10).sum()))


def test_spike_triggered_average(segment):
    average = sta.spike_triggered_average(
        segment.analogsignals[0], segment.spiketrains[0], (-10 * pq.ms, 10 * pq.ms)
    )
    lags = average.times.rescale("ms").magnitude
    wave = np.cos(2 * np.pi * lags / 20)
    np.testing.assert_allclose(average.magnitude[:, 0], wave, atol=1e-9)
