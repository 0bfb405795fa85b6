"""Losses of spike trains against Elephant, brute force and what they say."""

from functools import cache

import equinox as eqx
import numpy as np
import pytest
import quantities as pq
from hypothesis import given
from hypothesis import strategies as st

import dendrax as dx
from tests.fitting.test_losses import TIMES, result, sweeps

MS = pq.ms
COUNT = dx.losses.spike_count(0.1, window=(20, 60) * MS)
LATENCY = dx.losses.latency(2 * MS, reach=3 * MS, window=(20, 60) * MS)
trains = st.lists(st.floats(0.1, 99.9), max_size=6).map(sorted)


def pairs_of_trains():
    rng = np.random.default_rng(5)
    counts = [(0, 0), (0, 3), (4, 0), (1, 1), (2, 5), (6, 6)]
    return zip(*[[np.sort(rng.uniform(0, 100, n)) for n in each] for each in counts], strict=True)


@cache
def compiled(loss):
    return eqx.filter_jit(eqx.filter_value_and_grad(loss))


def test_van_rossum_and_victor_purpura_are_those_of_elephant():
    pytest.importorskip("elephant")
    ours, theirs = pairs_of_trains()
    expected = dx.spike_distances(result(*ours), result(*theirs), tau=8 * MS)
    squared = expected.van_rossum.values[:, 0] ** 2
    weights = np.arange(1.0, 7)
    loss = dx.losses.van_rossum(8 * MS, weights=weights)
    value = compiled(loss)(result(*ours), sweeps(result(*theirs)))[0]
    np.testing.assert_allclose(value, np.average(squared, weights=weights), rtol=1e-12)
    alignment = dx.losses.spike_alignment(1 / (8 * MS))
    value = compiled(alignment)(result(*ours), sweeps(result(*theirs)))[0]
    np.testing.assert_allclose(value, expected.victor_purpura.mean(), rtol=1e-12)


def path_costs(a, b, cost):
    """Yield the cost of each way to turn one train into the other."""
    if not a and not b:
        yield 0.0
    if a:
        yield from (1 + rest for rest in path_costs(a[1:], b, cost))
    if b:
        yield from (1 + rest for rest in path_costs(a, b[1:], cost))
    if a and b:
        shift = cost * abs(a[0] - b[0])
        yield from (shift + rest for rest in path_costs(a[1:], b[1:], cost))


def softly(a, b, cost, gamma):
    return -gamma * np.log(np.sum(np.exp(-np.array(list(path_costs(a, b, cost))) / gamma)))


def test_the_soft_alignment_sums_over_all_ways():
    loss = dx.losses.spike_alignment(0.1 / MS, gamma=0.3)
    ours, theirs = [10.0, 14.0, 50.0], [11.0, 40.0, 52.0, 90.0]
    of = [softly(*pair, 0.1, 0.3) for pair in ((ours, theirs), (ours, ours), (theirs, theirs))]
    value = compiled(loss)(result(ours), sweeps(result(theirs)))[0]
    np.testing.assert_allclose(value, of[0] - (of[1] + of[2]) / 2, rtol=1e-12)


def test_the_soft_alignment_nears_the_distance():
    ours, theirs = pairs_of_trains()
    hard, soft = (
        compiled(dx.losses.spike_alignment(1 / (8 * MS), gamma))(
            result(*ours), sweeps(result(*theirs))
        )[0]
        for gamma in (0, 0.05)
    )
    # There are at most 8989 ways to align six spikes with six.
    assert 0 < abs(soft - hard) < 0.05 * np.log(8989)


def test_a_spike_without_partner_is_moved_only_by_the_soft_alignment():
    # 9 ms away, where to delete and insert is cheaper than 10 ms x 0.2 / ms.
    pair = result([30.0]), sweeps(result([41.0]))
    hard, soft = (dx.losses.spike_alignment(0.2 / MS, gamma) for gamma in (0, 0.2))
    assert compiled(hard)(*pair)[1].spike_times[0, 0, 0] == 0
    assert compiled(soft)(*pair)[1].spike_times[0, 0, 0] < 0


def test_van_rossum_pulls_a_spike_towards_its_partner_with_the_slope_of_the_closed_form():
    value, gradient = compiled(dx.losses.van_rossum(10 * MS))(
        result([30.0]), sweeps(result([34.0]))
    )
    np.testing.assert_allclose(value, 2 * (1 - np.exp(-0.4)), rtol=1e-12)
    np.testing.assert_allclose(gradient.spike_times[0, 0, 0], -0.2 * np.exp(-0.4), rtol=1e-12)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([30.0, 70.0], [34.0], np.sqrt(5) - 1),
        ([10.0, 30.0], [10.0, 34.0], np.sqrt(5) - 1),  # only those in the window
        ([], [10.0], 0.0),
        ([30.0], [], np.sqrt(1 + 15**2) - 1),  # the end of the window
        ([], [34.0], np.sqrt(1 + ((60 + 3 * 5 - 34) / 2) ** 2) - 1),  # and 5 mV of guard
    ],
)
def test_latency(ours, theirs, expected):
    value = compiled(LATENCY)(result(ours), sweeps(result(theirs)))[0]
    np.testing.assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([30.0, 50.0], [40.0], 10 / 40),
        ([30.0, 50.0], [25.0, 26.0], 0.0),
        ([30.0, 50.0, 70.0], [25.0, 26.0, 61.0], 0.0),
        ([30.0], [25.0, 26.0, 27.0], 2 * 0.1 * 5),
        ([], [25.0], 0.1 * 5),
    ],
)
def test_spike_count(ours, theirs, expected):
    # The guard goes up a little after spikes, to -5 mV.
    guard = np.where(TIMES == 55.0, -5.0, -6.0)
    value, gradient = compiled(COUNT)(result(ours, guard=guard), sweeps(result(theirs)))
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    of_spikes, of_guard = gradient.spike_times[0, 0], gradient.traces["guard"][0, 0]
    surplus = len(theirs) < len(ours)
    assert (np.flatnonzero(of_spikes).tolist() == [1]) == surplus
    assert all(of_spikes <= 0)  # later
    missing = len(theirs) > len(ours)
    assert (np.flatnonzero(of_guard).tolist() == [110]) == missing
    assert all(of_guard <= 0)  # up


def test_an_action_potential_is_not_what_a_missing_spike_pulls_up():
    # A cell: up through 0 mV at 30 ms, down again at 32 ms, the trough at 35 ms, then -7 mV.
    guard = np.interp(TIMES, [0, 20, 30, 31, 32, 35, 40, 45], [-9, -9, 0, 30, -1, -20, -7, -9])
    model, recorded = result([30.0], guard=guard), sweeps(result([30.0, 50.0]))
    value, gradient = compiled(COUNT)(model, recorded)
    np.testing.assert_allclose(value, 0.1 * 7, rtol=1e-12)
    assert np.flatnonzero(gradient.traces["guard"][0, 0]).tolist() == [80]


@given(ours=trains, theirs=trains)
def test_distances_are_symmetric_and_positive(ours, theirs):
    for loss in (dx.losses.van_rossum(5 * MS), dx.losses.spike_alignment(0.1 / MS)):
        values = [
            float(compiled(loss)(result(a), sweeps(result(b)))[0])
            for a, b in ((ours, theirs), (theirs, ours))
        ]
        np.testing.assert_allclose(*values, atol=1e-12)
        assert values[0] >= -1e-12
        assert ours != theirs or values[0] < 1e-12
