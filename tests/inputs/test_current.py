import brian2
import neo
import numpy as np
import pytest
import quantities as pq
from hypothesis import given
from hypothesis import strategies as st

import dendrax as dx

TIME = np.linspace(-5.0, 30.0, 351)


def active(current: dx.Current) -> int:
    return int(np.isfinite(current.start).sum())


def test_step():
    pulse = dx.step_current(0.1 * pq.nA, start=0.01 * pq.s, stop=20 * pq.ms)
    assert pulse.unit == "pA"
    np.testing.assert_allclose(pulse(TIME), np.where((TIME >= 10) & (TIME < 20), 100.0, 0.0))


def test_ramp():
    ramp = dx.ramp_current(-20 * pq.pA, 80 * pq.pA, start=0 * pq.ms, stop=20 * pq.ms)
    expected = np.where((TIME >= 0) & (TIME < 20), -20 + 5 * TIME, 0.0)
    np.testing.assert_allclose(ramp(TIME), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("amplitude", "unit"),
    [(2, "1"), (np.float64(2), "1"), (2 * pq.pA, "pA"), (2e-12 * brian2.amp, "pA")],
)
def test_unit_follows_the_amplitude(amplitude, unit):
    pulse = dx.step_current(amplitude, 0 * pq.ms, 1 * pq.ms)
    assert pulse.unit == unit
    np.testing.assert_allclose(pulse(0.5), 2.0)


EDGES = st.tuples(st.floats(0.0, 30.0), st.floats(0.01, 20.0)).map(lambda e: (e[0], sum(e)))
LEVEL = st.floats(-500.0, 500.0)


@given(pieces=st.lists(st.tuples(LEVEL, LEVEL, EDGES), min_size=2, max_size=4))
def test_a_sum_of_currents_is_the_sum_of_their_values(pieces):
    ramps = [
        dx.ramp_current(low * pq.pA, high * pq.pA, start * pq.ms, stop * pq.ms)
        for low, high, (start, stop) in pieces
    ]
    total = sum(ramps[1:], ramps[0])
    expected = sum(ramp(TIME) for ramp in ramps)
    np.testing.assert_allclose(total(TIME), expected, atol=1e-6)
    assert np.all(np.diff(total.start) > 0)


def test_currents_with_and_without_unit_do_not_add_up():
    step = dx.step_current(1.0, 0 * pq.ms, 1 * pq.ms)
    with pytest.raises(dx.ModelError, match="currents in 1 and in pA do not add up"):
        step + dx.step_current(1.0 * pq.pA, 0 * pq.ms, 1 * pq.ms)


@given(samples=st.lists(st.sampled_from([0.0, 1.5, -2.0, 100.0]), min_size=1, max_size=30))
def test_held_samples_are_kept_and_repetitions_cost_nothing(samples):
    current = dx.sampled_current(samples * pq.pA, 0.5 * pq.ms, t_start=3 * pq.ms)
    midpoints = 3.25 + 0.5 * np.arange(len(samples))
    np.testing.assert_array_equal(current(midpoints), samples)
    assert active(current) == 1 + np.count_nonzero(np.diff(samples))
    assert current(2.9) == 0.0
    assert current(1e4) == samples[-1]


@given(samples=st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30))
def test_linear_interpolation_joins_the_samples(samples):
    current = dx.sampled_current(samples * pq.pA, 0.5 * pq.ms, interpolation="linear")
    times = np.arange(4 * len(samples) - 3) * 0.125
    expected = np.interp(times, 0.5 * np.arange(len(samples)), samples)
    np.testing.assert_allclose(current(times), expected, atol=1e-9)


def test_a_sampled_ramp_is_one_segment():
    ramp = np.linspace(0.0, 123.4, 5001) * pq.pA
    assert active(dx.sampled_current(ramp, 0.1 * pq.ms, interpolation="linear")) <= 3


@pytest.mark.parametrize("interpolation", ["previous", "linear"])
def test_a_slow_waveform_is_not_taken_for_a_line(interpolation):
    time = np.arange(100_000) * 0.1
    slow = np.sin(2 * np.pi * time / time[-1])
    current = dx.sampled_current(slow * pq.pA, 0.1 * pq.ms, interpolation=interpolation)
    np.testing.assert_allclose(current(time + 1e-9), slow, atol=1e-9)


def test_a_neo_signal_is_a_waveform():
    signal = neo.AnalogSignal([0.0, 1.0, 1.0, 0.0], units="nA", sampling_period=1 * pq.ms)
    np.testing.assert_allclose(
        dx.sampled_current(signal, signal.sampling_period)([0.5, 1.5, 2.5, 3.5]), [0, 1e3, 1e3, 0]
    )


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: dx.step_current(1 * pq.mV, 0 * pq.ms, 1 * pq.ms), dx.UnitError, "amplitude must"),
        (lambda: dx.step_current(1 * pq.pA, 0, 1 * pq.ms), dx.UnitError, "start must be a time"),
        (
            lambda: dx.step_current(1 * pq.pA, 5 * pq.ms, 5 * pq.ms),
            dx.ModelError,
            "stop must come after start = 5 ms; got 5 ms",
        ),
        (
            lambda: dx.ramp_current(1 * pq.pA, 5.0, 0 * pq.ms, 5 * pq.ms),
            dx.UnitError,
            "final must be a current",
        ),
        (
            lambda: dx.sampled_current([1, np.nan] * pq.pA, 1 * pq.ms),
            dx.ModelError,
            "sample 1 is nan",
        ),
        (
            lambda: dx.sampled_current(np.ones((4, 2)) * pq.pA, 1 * pq.ms),
            dx.ModelError,
            r"one row of numbers; got the shape \(4, 2\)",
        ),
        (lambda: dx.sampled_current([] * pq.pA, 1 * pq.ms), dx.ModelError, r"shape \(0,\)"),
        (
            lambda: dx.sampled_current([1, 2] * pq.pA, 0 * pq.ms),
            dx.ModelError,
            "sampling_period must be positive; got 0 ms",
        ),
        (
            lambda: dx.sampled_current([1, 2] * pq.pA, 1 * pq.ms, interpolation="cubic"),
            dx.ModelError,
            "'previous' or 'linear'; got 'cubic'",
        ),
    ],
)
def test_a_wrong_argument_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()
