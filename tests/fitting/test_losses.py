"""Losses, on results made by hand: known values, exact gradients, and signs where counts differ."""

from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from hypothesis import given
from hypothesis import strategies as st

import dendrax as dx

T_STOP, PERIOD, CAPACITY = 100.0, 0.5, 6
TIMES = np.arange(0, T_STOP, PERIOD)
SCALE, REACH = 4.0, 3.0
STARTS = (20.0, 60.0)
voltage = dx.losses.voltage(2 * pq.mV, before=2 * pq.ms, after=10 * pq.ms)
spike_times = dx.losses.spike_times(SCALE * pq.ms, reach=REACH * pq.ms)
trains = st.lists(st.floats(0.1, 99.9), max_size=CAPACITY).map(sorted)


def result(*spikes, v=0.0, guard=-5.0, capacity=CAPACITY):
    """Return a result with one trial for each train."""
    n = len(spikes)
    padded = [[*train, *[np.inf] * (capacity - len(train))] for train in spikes]
    traces = {
        name: jnp.asarray(np.broadcast_to(trace, (n, len(TIMES)))[:, None], dtype=float)
        for name, trace in (("v", v), ("guard", guard))
    }
    return dx.SimulationResult(
        spike_times=jnp.asarray(padded, dtype=float)[:, None],
        spike_slope=jnp.ones((n, 1, capacity)),
        times=jnp.asarray(TIMES),
        traces=traces,
        status=jnp.zeros((n, 1), int),
        n_steps=jnp.zeros((n, 1), int),
        t_reached=jnp.full((n, 1), T_STOP),
        t_stop=T_STOP,
        units=(("v", "mV"), ("guard", "mV")),
    )


def sweeps(target, starts=STARTS):
    rows = jnp.tile(jnp.asarray(starts, dtype=float), (target.n_trials, 1))
    current = dx.step_current(1 * pq.pA, 0 * pq.ms, 1 * pq.ms)
    inputs = dx.Inputs([current] * target.n_trials)
    of_current = eqx.tree_at(
        lambda c: (c.start, c.value, c.slope), inputs.current, (rows, 0 * rows, 0 * rows)
    )
    return dx.Sweeps(target, eqx.tree_at(lambda i: i.current, inputs, of_current))


@jax.jit
def spike_loss(model, recorded):
    return spike_times(model, recorded)


@jax.jit
def slope_of_spike_loss(model, recorded):
    gradient = eqx.filter_grad(spike_times)(model, recorded)
    return gradient.spike_times[:, 0], gradient.traces["guard"][:, 0]


def directly(model, data, guard, starts):
    """Return the loss of one trial as its docstring says it, spike by spike."""
    total = 0.0
    for low, high in pairwise([0.0, *sorted(starts), T_STOP]):
        ours, theirs = ([t for t in train if low <= t < high] for train in (model, data))
        last = ours[-1] if ours else low
        quiet = [g for t, g in zip(TIMES, guard, strict=True) if last <= t < high]
        unborn = high + REACH * max(-max(quiet, default=0.0), 0.0)
        for k in range(max(len(ours), len(theirs))):
            a = ours[k] if k < len(ours) else unborn
            b = theirs[k] if k < len(theirs) else high
            total += np.sqrt(1 + ((a - b) / SCALE) ** 2) - 1
    return total / max(len(data), 1)


def test_voltage_is_the_mean_cost_of_samples_away_from_spikes_of_either_side():
    rng = np.random.default_rng(0)
    ours, theirs = [rng.uniform(0, 100, 3)], [rng.uniform(0, 100, 2)]
    v = rng.normal(size=(2, len(TIMES)))
    counts = np.ones(len(TIMES), bool)
    for spike in np.concatenate(ours + theirs):
        counts &= ~((spike - 2 <= TIMES) & (spike + 10 > TIMES))
    assert 0 < counts.sum() < len(TIMES)
    model = result(*np.sort(ours), v=v[0])
    recorded = sweeps(result(*np.sort(theirs), v=v[1]))
    d = (v[0] - v[1]) / 2.0
    expected = np.mean(np.sqrt(1 + d[counts] ** 2) - 1)
    np.testing.assert_allclose(voltage(model, recorded), expected, rtol=1e-12)
    np.testing.assert_array_equal(voltage.counts(model, recorded)[0, 0], counts)
    gradient = eqx.filter_grad(voltage)(model, recorded).traces["v"][0, 0]
    slope = np.where(counts, d / np.sqrt(1 + d**2) / 2.0 / counts.sum(), 0.0)
    np.testing.assert_allclose(gradient, slope, rtol=1e-12)


def test_voltage_is_zero_where_spikes_leave_no_sample():
    crowded = result(np.arange(1, 100, 18), v=1.0)
    everything = dx.losses.voltage(2 * pq.mV, before=20 * pq.ms, after=20 * pq.ms)
    assert everything(crowded, sweeps(result([], v=0.0))) == 0.0


@given(train=trains)
def test_equal_trains_cost_nothing(train):
    # Whatever the guard does: it counts only where a spike is missing.
    assert spike_loss(result(train), sweeps(result(train))) == 0.0


@given(
    model=trains,
    data=trains,
    starts=st.tuples(st.floats(0, 100), st.floats(0, 100)),
    guard=st.lists(st.floats(-30, 1), min_size=8, max_size=8),
)
def test_the_spike_time_loss_is_what_it_says(model, data, starts, guard):
    guard = np.repeat(guard, len(TIMES) // 8)
    value = spike_loss(result(model, guard=guard), sweeps(result(data), starts))
    # Rounding of 1 + d^2 alone.
    np.testing.assert_allclose(value, directly(model, data, guard, starts), rtol=1e-10, atol=1e-12)


def test_the_gradient_of_the_spike_time_loss_is_its_finite_difference():
    rng = np.random.default_rng(3)
    model, data = ([np.sort(rng.uniform(0, 100, n)) for n in (0, 2, 4, 6)] for _ in range(2))
    guard = rng.uniform(-8, -1, size=(4, len(TIMES)))
    recorded = sweeps(result(*data[::-1]))
    of_spikes, of_guard = slope_of_spike_loss(result(*model, guard=guard), recorded)
    step = 1e-5

    def difference(change):
        values = []
        for sign in (1, -1):
            spikes, traces = [train.copy() for train in model], guard.copy()
            change(spikes, traces, sign * step)
            values.append(spike_loss(result(*spikes, guard=traces), recorded))
        return (values[0] - values[1]) / (2 * step)

    for trial, train in enumerate(model):
        for k in range(len(train)):

            def move(spikes, _, by, trial=trial, k=k):
                spikes[trial][k] += by

            np.testing.assert_allclose(of_spikes[trial, k], difference(move), atol=1e-9)
    moving = np.argwhere(np.asarray(of_guard))
    assert len(moving) > 3
    for trial, sample in moving:

        def lift(_, traces, by, trial=trial, sample=sample):
            traces[trial, sample] += by

        np.testing.assert_allclose(of_guard[trial, sample], difference(lift), atol=1e-9)


def test_an_extra_model_spike_is_pushed_to_the_end_of_its_stretch():
    recorded = sweeps(result([30.0]))
    of_spikes, of_guard = slope_of_spike_loss(result([30.0, 45.0]), recorded)
    assert of_spikes[0, 1] < 0  # going down the slope makes it later
    assert np.count_nonzero(of_spikes) == 1
    assert not of_guard.any()
    values = [spike_loss(result([30.0, t]), recorded) for t in (45.0, 55.0, 59.9)]
    assert values[0] > values[1] > values[2] > 0


def test_a_missing_spike_pulls_the_guard_up_where_it_is_highest():
    guard = np.full(len(TIMES), -9.0)
    guard[[50, 100, 150]] = -1.0, -2.0, -0.5  # 25 ms, 50 ms, 75 ms
    recorded = sweeps(result([30.0, 45.0]))
    of_spikes, of_guard = slope_of_spike_loss(result([30.0], guard=guard), recorded)
    assert not of_spikes.any()
    # Not at 25 ms, before the last spike, nor at 75 ms, in the next stretch.
    assert np.flatnonzero(of_guard).tolist() == [100]
    assert of_guard[0, 100] < 0


def test_a_missing_spike_of_one_pulse_does_not_shift_the_pairs_of_the_next():
    recorded = sweeps(result([30.0, 40.0, 70.0, 80.0]))
    of_spikes, _ = slope_of_spike_loss(result([30.0, 70.0, 80.0]), recorded)
    assert not of_spikes.any()
    as_one = sweeps(result([30.0, 40.0, 70.0, 80.0]), starts=(0.0, 0.0))
    of_spikes, _ = slope_of_spike_loss(result([30.0, 70.0, 80.0]), as_one)
    assert np.count_nonzero(of_spikes) == 2


@pytest.mark.parametrize("data", [[30.0], [30.0, 45.0]], ids=["extra", "missing"])
def test_the_loss_is_continuous_where_a_spike_dies_at_the_end_of_its_stretch(data):
    def value(height):
        """Return the loss of a guard that rises by 1 per ms to a height at the end, 60 ms."""
        guard = np.where(TIMES < 60, height - (60 - TIMES), -9.0)
        spikes = [30.0, 60.0 - height] if height > 0 else [30.0]
        return float(spike_loss(result(spikes, guard=guard), sweeps(result(data))))

    alive, dead = value(1e-9), value(-1e-9)
    # The highest sample lies a period before the end, and the guard there lower by as many mV.
    assert abs(alive - dead) <= REACH * PERIOD / SCALE / len(data)
    assert value(-3.0) >= dead
    assert (value(3.0) < alive) == (data == [30.0, 45.0])


@pytest.mark.parametrize(("model", "data"), [([], []), ([30.0], []), ([], [30.0])])
def test_empty_trains_have_finite_losses_and_gradients(model, data):
    recorded = sweeps(result(data))
    assert np.isfinite(spike_loss(result(model), recorded))
    assert all(np.isfinite(each).all() for each in slope_of_spike_loss(result(model), recorded))


def test_the_room_for_spikes_does_not_matter():
    recorded = [sweeps(result([25.0, 30.0, 90.0], capacity=n)) for n in (3, 4)]
    model = [result([26.0, 70.0], capacity=n) for n in (2, 9)]
    values = [spike_loss(a, b) for a, b in zip(model, recorded, strict=True)]
    assert values[0] == values[1]


def test_losses_add_up_and_are_weighted():
    model, recorded = result([30.0], v=1.0), sweeps(result([33.0], v=0.0))
    both = 2 * (voltage + 0.5 * spike_times) + spike_times * 3
    expected = 2 * voltage(model, recorded) + 4 * spike_times(model, recorded)
    np.testing.assert_allclose(both(model, recorded), expected, rtol=1e-12)
    assert both.records == ("guard", "v")
    assert (
        set(both.terms) == set(both.parts(model, recorded)) == {"voltage_loss", "spike_time_loss"}
    )


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: dx.losses.voltage(2 * pq.ms, before=2 * pq.ms, after=10 * pq.ms),
        lambda: dx.losses.spike_times(4.0, reach=3 * pq.ms),
    ],
)
def test_settings_need_their_units(wrong):
    with pytest.raises(dx.UnitError, match="scale must be a"):
        wrong()
