"""Simulate a neuron with noise, and analyse its spikes with Elephant.

Needs the extra ``elephant``: ``pip install 'dendrax[elephant]'``.
"""

from itertools import pairwise

import numpy as np
import quantities as pq
from elephant import spike_train_correlation, spike_train_dissimilarity, sta, statistics

import dendrax as dx


def noise(rng, t_stop=1000.0, period=2.0):
    """Return a current with a standard deviation of 150 pA around 220 pA."""
    samples = 220 + 150 * rng.standard_normal(int(t_stop / period))
    return dx.sampled_current(samples * pq.pA, period * pq.ms)


def main():
    rng = np.random.default_rng(1)
    inputs = dx.Inputs(current=[noise(rng) for _ in range(4)])
    simulator = dx.Simulator(1000 * pq.ms, record=dx.Record("v", every=0.5 * pq.ms))
    segments = dx.to_neo(simulator(dx.LIF(), inputs), inputs).segments
    trains = [segment.spiketrains[0] for segment in segments]

    print("trial    rate    CV")
    for trial, train in enumerate(trains):
        rate = statistics.mean_firing_rate(train).rescale("Hz").item()
        print(f"{trial:>5}  {rate:3.0f} Hz  {statistics.cv(statistics.isi(train)):.2f}")

    van_rossum = spike_train_dissimilarity.van_rossum_distance(trains, 10 * pq.ms)
    victor_purpura = spike_train_dissimilarity.victor_purpura_distance(trains, 0.1 / pq.ms)
    print("\ntrials  tiling  van Rossum  Victor-Purpura")
    for a, b in pairwise(range(len(trains))):
        tiling = spike_train_correlation.spike_time_tiling_coefficient(trains[a], trains[b])
        print(f"{a}, {b}   {tiling:6.2f}  {van_rossum[a, b]:10.2f}  {victor_purpura[a, b]:14.2f}")

    window = (-20 * pq.ms, 5 * pq.ms)
    currents = [segment.analogsignals[1] for segment in segments]
    averages = [
        sta.spike_triggered_average(current, train, window)
        for current, train in zip(currents, trains, strict=True)
    ]
    mean = np.mean([average.magnitude[:, 0] for average in averages], axis=0)
    lags = averages[0].times.rescale("ms").magnitude
    print("\nmean current before a spike")
    for lag in (-20, -10, -4, -1):
        print(f"{lag:>5} ms  {mean[np.argmin(np.abs(lags - lag))]:4.0f} pA")


if __name__ == "__main__":
    main()
