"""Losses of voltages against NumPy and brute force."""

import equinox as eqx
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from tests.fitting.test_losses import TIMES, result, sweeps

MS, MV = pq.ms, pq.mV
rng = np.random.default_rng(8)
OURS, THEIRS = rng.normal(scale=3.0, size=(2, 3, len(TIMES)))


def value(loss, ours=OURS, theirs=THEIRS):
    silent = [[]] * len(ours)
    return eqx.filter_jit(loss)(result(*silent, v=ours), sweeps(result(*silent, v=theirs)))


def test_the_mean_square_of_a_window_with_weights():
    inside, weights = (TIMES >= 20) & (TIMES < 30), [1.0, 0.0, 3.0]
    expected = np.average(((OURS - THEIRS)[:, inside] / 2) ** 2, axis=0, weights=weights).mean()
    loss = dx.losses.voltage_mse(2 * MV, window=(20, 30) * MS, weights=weights)
    np.testing.assert_allclose(value(loss), expected, rtol=1e-12)


def test_the_robust_loss_takes_a_window_and_weights_too():
    inside, weights = (TIMES >= 20) & (TIMES < 30), [1.0, 0.0, 3.0]
    d = (OURS - THEIRS)[:, inside] / 2
    expected = np.average(np.sqrt(1 + d**2) - 1, axis=0, weights=weights).mean()
    loss = dx.losses.voltage(2 * MV, 1 * MS, 1 * MS, window=(20, 30) * MS, weights=weights)
    np.testing.assert_allclose(value(loss), expected, rtol=1e-12)


def test_what_does_not_count_is_zero():
    assert value(dx.losses.voltage_mse(2 * MV, window=(200, 300) * MS)) == 0.0


def statistics(v, softness):
    def soft(v):
        return softness * np.log(np.mean(np.exp(v / softness), -1))

    return np.stack([v.mean(-1), v.std(-1), -soft(-v), soft(v)])


def test_statistics_of_windows():
    windows = [(0, 20), (20, 55)]
    loss = dx.losses.summary(
        windows * MS, 2 * MV, statistics=("mean", "std", "min", "max"), softness=0.5 * MV
    )
    difference = [
        statistics(OURS[:, inside], 0.5) - statistics(THEIRS[:, inside], 0.5)
        for low, high in windows
        for inside in [(low <= TIMES) & (high > TIMES)]
    ]
    np.testing.assert_allclose(value(loss), np.mean((np.array(difference) / 2) ** 2), rtol=1e-12)


def path_costs(d, band):
    """Yield the cost of each warping path that ends in the last pair."""
    i, j = d.shape[0] - 1, d.shape[1] - 1
    if abs(i - j) > band:
        return
    if i == j == 0:
        yield d[0, 0]
    for di, dj in ((1, 1), (1, 0), (0, 1)):
        if i >= di and j >= dj:
            yield from (d[i, j] + rest for rest in path_costs(d[: i + 1 - di, : j + 1 - dj], band))


def softly(a, b, gamma, band):
    costs = np.array(list(path_costs((a[:, None] - b[None]) ** 2, band)))
    return costs.min() if gamma == 0 else -gamma * np.log(np.exp(-costs / gamma).sum())


@pytest.mark.parametrize(
    ("gamma", "band"), [(0.7, None), (0.7, 1), (0, 2)], ids=["soft", "soft band", "band"]
)
def test_warping_sums_over_all_paths(gamma, band):
    # Six samples of 0.5 ms, in the middle of the trial.
    inside = slice(40, 46)
    loss = dx.losses.soft_dtw(
        2 * MV, gamma, band=None if band is None else 0.5 * band * MS, window=(20, 23) * MS
    )
    width = 6 if band is None else band
    expected = []
    for a, b in zip(OURS[:, inside] / 2, THEIRS[:, inside] / 2, strict=True):
        of = [softly(*each, gamma, width) for each in ((a, b), (a, a), (b, b))]
        expected.append((of[0] - (of[1] + of[2]) / 2) / 6)
    np.testing.assert_allclose(value(loss), np.mean(expected), rtol=1e-12)


def test_warping_forgives_a_delay_within_the_band():
    def bump(at):
        return np.exp(-(((TIMES - at) / 2) ** 2))[None]

    wide, narrow = (dx.losses.soft_dtw(1 * MV, 0.0, band=w * MS) for w in (5, 1))
    pair = bump(40.0), bump(44.0)
    # The samples of both bumps are the same, one after the other.
    assert value(wide, *pair) < 1e-12 < 1e-4 < value(narrow, *pair)
