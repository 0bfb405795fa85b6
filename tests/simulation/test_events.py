"""What happens at instants: spikes, arrivals, kicks, and the ends of trials."""

# ruff: noqa: ARG002 (small models have no use for all that the interface hands them)

from typing import NamedTuple

import diffrax
import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from jax import Array
from scipy.integrate import solve_ivp

import dendrax as dx

MS = pq.ms
T_STOP = 10.0


def trains(*trials, n=4, unit=pq.pA):
    """Return trials of one train each, as (times, weight), all of one shape."""
    filled = [[*times] + [np.inf] * (n - len(times)) for times, _ in trials]
    return [
        dx.spike_trains([np.asarray(times) * MS], weight=weight * unit)
        for times, (_, weight) in zip(filled, trials, strict=True)
    ]


# c_m = 250 pF, tau_mem = 100 ms, tau_syn = 1 ms: NEST's neuron for tests of lossless detection.
NEST = dx.LIF(
    c_m=250 * pq.pF, g_leak=2.5 * pq.nS, e_leak=-70 * pq.mV, v_th=-49 * pq.mV,
    v_reset=-70 * pq.mV, tau_syn=1 * MS,
)  # fmt: skip


def test_a_crossing_that_comes_and_goes_within_a_step_is_found():
    """The voltage is -49.001 mV at 2 ms, and 52.5 pA hold it there until an input at 4 ms."""
    lift = 2.5 * (-49.001 + 70) / -np.expm1(-2 / 100)
    current = dx.step_current(lift * pq.pA, 0 * MS, 2 * MS)
    current += dx.step_current(52.5 * pq.pA, 2 * MS, 4 * MS)
    inputs = dx.Inputs(current, trains(([4.0], 55.0), ([4.0], 70.0), ([4.0], 90.0)))
    # The synapse is as fast as the step: the default solver would be wrong by 1.5e-5 ms.
    result = dx.Simulator(T_STOP * MS, 1 * MS, solver=diffrax.Dopri8(), max_spikes=4)(NEST, inputs)
    # The values of NEST's own test of lossless detection, with all of their decimals.
    np.testing.assert_allclose(
        result.spike_times[:, 0, 0], [np.inf, 4.01442, 4.00659], rtol=0, atol=5e-6
    )


def evoked(t, c=250.0, tau=100.0, tau_s=1.0):
    """Return the potential (mV) a time ``t`` after an arrival of 1 pA."""
    return (np.exp(-t / tau) - np.exp(-t / tau_s)) / (c * (1 / tau_s - 1 / tau))


def test_grazing_spikes_are_neither_missed_nor_invented():
    when = np.log(100.0) / (1 - 1 / 100)
    critical = 21.0 / evoked(when)
    off = np.array([sign * 10.0**-k for k in range(1, 12) for sign in (1, -1)])
    inputs = dx.Inputs(spikes=trains(*(([0.3], critical * (1 + x)) for x in off)))
    simulator = dx.Simulator(T_STOP * MS, 0.25 * MS, solver=diffrax.Dopri8(), max_spikes=2)
    result = simulator(NEST, inputs)
    np.testing.assert_array_equal(result.spike_counts[:, 0], off > 0)
    # Just above the critical weight the crossing is just before the peak.
    last = np.flatnonzero(off == 1e-11)
    assert np.all(np.abs(result.spike_times[last, 0, 0] - 0.3 - when) < 1e-3)


class KickedState(NamedTuple):
    v: Array


class Kicked(dx.AbstractNeuron):
    """A leaky membrane that each arrival kicks by its weight, at once."""

    tau: dx.Parameter = dx.parameter("ms", default=10.0)

    units = {"v": "1"}
    input_unit = "1"

    def init_state(self):
        return KickedState(jnp.asarray(0.0))

    def dynamics(self, t, state, current):
        return KickedState((current - state.v) / self.tau)

    def spike_condition(self, t, state):
        return state.v - 1.0

    def input_spike(self, state, weight, site):
        return KickedState(state.v + weight)

    def reset_spiked(self, t, state):
        return KickedState(jnp.asarray(0.0))

    def observe(self, state):
        return {"v": state.v}


# Each scenario is one trial: arrival times, the kick of each, and the spikes that must come of it.
SCENARIOS = {
    "one kick across threshold": ([3.3], 1.2, [3.3]),
    "exactly to threshold": ([3.3], 1.0, [3.3]),
    "two small kicks": ([3.3, 3.4], 0.7, [3.4]),
    "at the start": ([0.0], 1.2, [0.0]),
    "at the end": ([T_STOP], 1.2, [T_STOP]),
    "beyond the end": ([T_STOP + 1e-9], 1.2, []),
    "at once": ([5.0, 5.0], 0.6, [5.0]),
    "at once, and too weak": ([5.0, 5.0], 0.4, []),
    "not in order": ([7.0, 2.0, 7.1, 2.1], 0.7, [2.1, 7.1]),
    "each a spike": ([1.0, 1.0, 2.0, 2.0], 1.2, [1.0, 1.0, 2.0, 2.0]),
    "none": ([], 1.2, []),
}
KICKS = dx.Inputs(spikes=trains(*((t, w) for t, w, _ in SCENARIOS.values()), unit=1))
KICK_SIMULATOR = dx.Simulator(
    T_STOP * MS, 1 * MS, record=dx.Record("v", every=1 * MS), max_spikes=8
)


@pytest.fixture(scope="module")
def kicks():
    return KICK_SIMULATOR(Kicked(), KICKS)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_kick_across_threshold_is_a_spike_at_that_instant(kicks, scenario):
    # No rounding either: the instant is that of the arrival.
    trial = list(SCENARIOS).index(scenario)
    np.testing.assert_array_equal(kicks.spikes(trial), SCENARIOS[scenario][2])


def test_simultaneous_kicks_add_up(kicks):
    trial = list(SCENARIOS).index("at once, and too weak")
    expected = np.where(kicks.times < 5, 0.0, 0.8 * np.exp(-(kicks.times - 5) / 10))
    np.testing.assert_allclose(kicks.traces["v"][trial, 0], expected, atol=1e-9)


def test_the_order_of_trials_does_not_matter(kicks):
    order = np.random.default_rng(0).permutation(len(SCENARIOS))
    mixed = KICK_SIMULATOR(Kicked(), dx.take(KICKS, order))
    np.testing.assert_array_equal(mixed.spike_times, kicks.spike_times[order])
    np.testing.assert_array_equal(mixed.traces["v"], kicks.traces["v"][order])


def test_other_trials_do_not_matter(kicks):
    some = [2, 8]
    few = KICK_SIMULATOR(Kicked(), dx.take(KICKS, some))
    np.testing.assert_array_equal(few.spike_times, kicks.spike_times[jnp.asarray(some)])
    # Another batch is another program: the last digit may be rounded otherwise.
    np.testing.assert_allclose(few.traces["v"], kicks.traces["v"][jnp.asarray(some)], rtol=1e-14)


def test_a_kicked_spike_moves_with_its_arrival():
    def spike_sum(inputs):
        times = KICK_SIMULATOR(Kicked(), inputs).spike_times
        return jnp.sum(jnp.where(jnp.isfinite(times), times, 0.0))

    slopes = eqx.filter_jit(eqx.filter_grad(spike_sum))(KICKS).spikes
    first = {name: slopes.times[i, 0] for i, name in enumerate(SCENARIOS)}
    np.testing.assert_array_equal(first["one kick across threshold"], [1, 0, 0, 0])
    np.testing.assert_array_equal(first["two small kicks"], [0, 1, 0, 0])
    np.testing.assert_array_equal(slopes.weight, 0)


OFTEN = dx.Simulator(T_STOP * MS, 1 * MS, max_spikes=64)


def test_two_spikes_within_a_step():
    drive, tau = 50.0, 10.0
    inputs = dx.Inputs(current=dx.step_current(drive, 0 * MS, 20 * MS))
    times = OFTEN(Kicked(), inputs).spikes(0)
    period = tau * np.log(drive / (drive - 1))
    assert period < 0.25
    # Fifth order at a tenth of the time constant of the membrane.
    np.testing.assert_allclose(times, period * np.arange(1, len(times) + 1), rtol=1e-7)
    assert len(times) == int(T_STOP / period)


def test_a_spike_exactly_at_the_end_counts():
    # With this drive the membrane reaches threshold at t_stop, to rounding; then just before.
    reach = lambda t: 1 / -np.expm1(-t / 10.0)  # noqa: E731
    drives = [reach(T_STOP) * (1 + x) for x in (1e-9, -1e-9)]
    inputs = dx.Inputs(current=[dx.step_current(x, 0 * MS, 20 * MS) for x in drives])
    result = OFTEN(Kicked(), inputs)
    np.testing.assert_array_equal(result.spike_counts[:, 0], [1, 0])
    np.testing.assert_allclose(result.spikes(0), T_STOP, atol=1e-7)


class FitzHughState(NamedTuple):
    v: Array
    w: Array


class FitzHugh(dx.AbstractNeuron):
    """FitzHugh-Nagumo: the spike is in the flow, and nothing is reset."""

    threshold: dx.Parameter = dx.parameter("1", default=0.5)

    units = {"v": "1"}
    input_unit = "1"

    def init_state(self):
        return FitzHughState(jnp.asarray(-1.2), jnp.asarray(-0.6))

    def dynamics(self, t, state, current):
        v, w = state
        return FitzHughState(v - v**3 / 3 - w + current, 0.08 * (v + 0.7 - 0.8 * w))

    def spike_condition(self, t, state):
        return state.v - self.threshold

    def input_spike(self, state, weight, site):
        return state._replace(v=state.v + weight)

    def reset_spiked(self, t, state):
        return state

    def observe(self, state):
        return {"v": state.v}


def test_without_a_reset_each_upward_crossing_is_one_spike():
    thresholds = (-0.5, 0.0, 0.5)

    def crossings(threshold):
        def flow(_, y):
            v, w = y
            return v - v**3 / 3 - w + 0.5, 0.08 * (v + 0.7 - 0.8 * w)

        def guard(_, y):
            return y[0] - threshold

        guard.direction = 1
        found = solve_ivp(
            flow, (0, 150), (-1.2, -0.6), "DOP853", events=guard, rtol=1e-12, atol=1e-12
        )
        return found.t_events[0]

    simulator = dx.Simulator(150 * MS, 0.1 * MS, max_spikes=8)
    models = eqx.filter_vmap(lambda x: eqx.tree_at(lambda m: m.threshold.value, FitzHugh(), x))(
        jnp.asarray(thresholds)
    )
    inputs = dx.Inputs(current=dx.step_current(0.5, 0 * MS, 200 * MS))
    results = eqx.filter_vmap(simulator, in_axes=(0, None))(models, inputs)
    for threshold, times in zip(thresholds, results.spike_times[:, 0, 0], strict=True):
        expected = crossings(threshold)
        assert len(expected) > 2
        # Nothing is ever reset to cut the error of fifth order that adds up over the trial.
        np.testing.assert_allclose(times[np.isfinite(times)], expected, rtol=0, atol=1e-6)
