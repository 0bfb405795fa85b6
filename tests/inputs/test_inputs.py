import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.inputs import Current

INF = np.inf


def step(amplitude: float, start: float = 0.0) -> Current:
    return dx.step_current(amplitude * pq.pA, start * pq.ms, 50 * pq.ms)


def test_spike_trains_are_padded_with_times_that_never_come():
    trains = dx.spike_trains([[7, 1] * pq.ms, [] * pq.ms, [0.002] * pq.s], weight=50 * pq.pA)
    np.testing.assert_array_equal(trains.times, [[7, 1], [INF, INF], [2, INF]])
    np.testing.assert_array_equal(trains.weight, [50, 50, 50])
    assert trains.unit == "pA"


def test_each_source_may_have_its_own_weight():
    trains = dx.spike_trains([[1] * pq.ms, [2] * pq.ms], weight=[0.5, -2])
    np.testing.assert_array_equal(trains.weight, [0.5, -2])
    assert trains.unit == "1"


def test_weights_in_a_list_keep_their_unit():
    trains = dx.spike_trains([[1] * pq.ms], weight=[0.5 * pq.nA])
    np.testing.assert_allclose(trains.weight, [500])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: dx.spike_trains([[1, 2]]), dx.UnitError, r"times\[0\] must be a time"),
        (lambda: dx.spike_trains([[1, -2] * pq.ms]), dx.ModelError, r"times\[0\] must not be neg"),
        (lambda: dx.spike_trains([[np.nan] * pq.ms]), dx.ModelError, r"negative or NaN"),
        (lambda: dx.spike_trains([[1] * pq.ms], weight=1 * pq.mV), dx.UnitError, r"weight must be"),
        (
            lambda: dx.spike_trains([[1] * pq.ms], weight=[1, 2, 3]),
            dx.ModelError,
            r"one entry for each of the 1 sources; got the shape \(3,\)",
        ),
    ],
)
def test_wrong_spike_trains_are_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_no_input_is_one_trial_of_silence():
    inputs = dx.Inputs()
    assert inputs.n_trials == 1
    assert inputs.spikes.times.shape == (1, 0, 0)
    assert not inputs.current.value.any()


def test_trials_of_unequal_length_are_padded():
    both = dx.Inputs(current=[step(10) + step(5, start=20), step(30)]).current
    np.testing.assert_array_equal(both.start, [[0, 20, 50], [0, 50, INF]])
    np.testing.assert_array_equal(both.value, [[10, 15, 0], [30, 0, 0]])
    np.testing.assert_array_equal(both.slope, np.zeros((2, 3)))


def test_padding_of_spike_trains_over_trials():
    first = dx.spike_trains([[1, 2] * pq.ms, [3] * pq.ms], weight=[1, 2])
    second = dx.spike_trains([[] * pq.ms, [4] * pq.ms], weight=[3, 4])
    spikes = dx.Inputs(spikes=[first, second]).spikes
    np.testing.assert_array_equal(spikes.times, [[[1, 2], [3, INF]], [[INF, INF], [4, INF]]])
    np.testing.assert_array_equal(spikes.weight, [[1, 2], [3, 4]])


def test_a_single_input_is_the_same_in_every_trial():
    trains = [dx.spike_trains([[t] * pq.ms], weight=1 * pq.pA) for t in (1, 2, 3)]
    inputs = dx.Inputs(current=step(10), spikes=trains)
    assert inputs.n_trials == 3
    np.testing.assert_array_equal(inputs.current.value, [[10, 0]] * 3)


def test_a_large_batch_is_put_together_quickly():
    trains = [dx.spike_trains([[1] * pq.ms])] * 20_000
    assert dx.Inputs(spikes=trains).spikes.times.shape == (20_000, 1, 1)


@pytest.mark.parametrize(
    ("current", "spikes", "message"),
    [
        ([step(1)] * 2, [dx.spike_trains([])] * 3, "current must have 1 or 3 trials; got 2"),
        ([], None, "current must have 1 or 1 trials; got 0"),
        (
            [step(1), dx.step_current(1.0, 0 * pq.ms, 1 * pq.ms)],
            None,
            "current must be in one unit; got 1 and pA",
        ),
        (
            None,
            [dx.spike_trains([]), dx.spike_trains([[1] * pq.ms])],
            r"the same number of spike sources; got \[0, 1\]",
        ),
    ],
)
def test_trials_that_do_not_fit_together_are_refused(current, spikes, message):
    with pytest.raises(dx.ModelError, match=message):
        dx.Inputs(current, spikes)
