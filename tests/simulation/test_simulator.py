"""The simulator as a function: what it refuses, how it fails, and what makes it compile."""

from functools import partial
from typing import NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from jax import Array

import dendrax as dx
from dendrax.simulation import raise_on_failure

MS, PA = pq.ms, pq.pA
T_STOP = 20.0


def steps(*amplitudes, unit=PA):
    currents = [dx.step_current(1 * unit, 1 * MS, 19 * MS) for _ in amplitudes]
    # Nobody may hand over a NaN in a quantity, but a fit may arrive at one.
    values = [jnp.asarray([amplitude, 0.0]) for amplitude in amplitudes]
    return dx.Inputs(
        [eqx.tree_at(lambda c: c.value, *each) for each in zip(currents, values, strict=True)]
    )


def simulate(simulator, neuron, inputs):
    """Simulate inside of jit, where nothing is raised."""
    return eqx.filter_jit(lambda *args: simulator(*args))(neuron, inputs)


# Of these trials, two drive the neuron too hard, and the current of one is not a number.
GOOD, HARD, BAD = 400.0, 3000.0, np.nan
FEW_SPIKES = dx.Simulator(T_STOP * MS, 0.5 * MS, max_spikes=3)
FEW_STEPS = dx.Simulator(T_STOP * MS, 0.5 * MS, max_spikes=3, max_steps=32, execution="flat")


@pytest.fixture(scope="module")
def mixed():
    return simulate(FEW_SPIKES, dx.LIF(), steps(GOOD, HARD, BAD, HARD, GOOD))


def test_status_is_per_trial(mixed):
    np.testing.assert_array_equal(mixed.status[:, 0], [0, 1, 3, 1, 0])
    np.testing.assert_allclose(mixed.t_reached[[0, 4], 0], T_STOP)


def test_a_bad_trial_leaves_the_others_intact(mixed):
    alone = FEW_SPIKES(dx.LIF(), steps(GOOD))
    assert alone.spike_counts == 1
    for trial in (0, 4):
        # Another batch is another program: the last digit may be rounded otherwise.
        np.testing.assert_allclose(mixed.spike_times[trial], alone.spike_times[0], rtol=1e-14)


@pytest.mark.parametrize(
    ("trials", "message"),
    [
        (
            [0, 1, 3],
            r"trial 1, 2 of 3: the limit of 3 spikes per neuron was reached at t = [\d.]+ of 20 ms."
            r" Raise Simulator\(max_spikes=...\)",
        ),
        ([0, 2], r"trial 1 of 2: the state became infinite or NaN at t = [\d.]+ of 20 ms"),
    ],
)
def test_a_failure_names_limit_time_and_trials(mixed, trials, message):
    with pytest.raises(dx.SimulationError, match=message):
        raise_on_failure(dx.take(mixed, trials))


def test_outside_of_jit_a_failure_is_raised():
    message = r"trial 0 of 1: the limit of 32 solver steps was reached at t = 1\d\S* of 20 ms"
    with pytest.raises(dx.SimulationError, match=message):
        FEW_STEPS(dx.LIF(), steps(GOOD))


def test_a_cascade_fails_alike():
    neuron = dx.DendriticNeuron(weight=np.ones((1, 1)))
    result = simulate(FEW_SPIKES, neuron, steps(0.5, 50.0, np.nan, unit=1))
    np.testing.assert_array_equal(result.status[:, 0], [0, 1, 3])
    with pytest.raises(dx.SimulationError, match="the limit of 3 spikes per neuron"):
        raise_on_failure(result)


@pytest.mark.parametrize(
    ("neuron", "inputs", "error", "message"),
    [
        (
            dx.LIF(),
            dx.Inputs(current=dx.step_current(1.0, 1 * MS, 2 * MS)),
            dx.UnitError,
            "current of LIF must be in 'pA'; got inputs in '1'",
        ),
        (
            dx.LIF(),
            dx.Inputs(spikes=dx.spike_trains([[1] * MS])),
            dx.UnitError,
            "spikes of LIF must be in 'pA'; got inputs in '1'",
        ),
        (
            dx.DendriticNeuron(weight=np.ones((1, 1))),
            steps(1.0),
            dx.UnitError,
            "current of DendriticNeuron must be in '1'; got inputs in 'pA'",
        ),
        (
            dx.DendriticNeuron(weight=np.ones((1, 2))),
            dx.Inputs(spikes=dx.spike_trains([[1] * MS] * 3)),
            dx.ModelError,
            "DendriticNeuron has 2 synaptic sites; got 3 spike sources",
        ),
    ],
)
def test_inputs_that_do_not_fit_are_refused(neuron, inputs, error, message):
    with pytest.raises(error, match=message):
        FEW_SPIKES(neuron, inputs)


def test_an_unknown_variable_is_refused():
    simulator = dx.Simulator(T_STOP * MS, record=dx.Record("v_m", every=1 * MS))
    message = "LIF has no variable 'v_m'; it has: guard, i_syn, v"
    with pytest.raises(dx.ModelError, match=message):
        simulator(dx.LIF(), dx.Inputs())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dt": 0 * MS}, "t_stop and dt must be positive"),
        ({"adjoint": "backward"}, "adjoint must be one of"),
        ({"execution": "fast"}, "execution must be 'auto' or 'flat'"),
    ],
)
def test_wrong_settings_are_refused(wrong, message):
    with pytest.raises(dx.ModelError, match=message):
        dx.Simulator(T_STOP * MS, **wrong)


def test_no_input_suits_every_model_inside_of_jit():
    for neuron, unit in ((dx.DendriticNeuron(weight=np.ones((1, 1))), 1), (dx.LIF(), PA)):
        inputs = dx.Inputs(spikes=dx.spike_trains([[1] * MS], weight=1 * unit))
        eqx.filter_eval_shape(FEW_SPIKES, neuron, inputs)


def test_float32_works_as_well():
    """Steps towards an exponential spike become smaller than float32 resolves."""
    simulator = dx.Simulator(60 * MS, max_spikes=4)
    neuron, pulse = dx.EIF(), dx.step_current(300 * PA, 10 * MS, 50 * MS)
    double = simulator(neuron, dx.Inputs(pulse))
    with jax.enable_x64(False):
        single = simulator(dx.EIF(), dx.Inputs(dx.step_current(300 * PA, 10 * MS, 50 * MS)))
        assert single.spike_times.dtype == jnp.float32
        # The current adds up thousands of roundings.
        np.testing.assert_allclose(single.spikes(0), double.spikes(0), rtol=1e-4)
    assert double.spike_counts == 1


class CountedState(NamedTuple):
    v: Array


class Counted(dx.AbstractNeuron):
    """An integrator that counts how often it is traced."""

    gain: dx.Parameter = dx.parameter("1", default=1.0)

    units = {"v": "1"}
    input_unit = "1"
    traces = []

    def init_state(self):
        self.traces.append(None)
        return CountedState(jnp.asarray(0.0))

    def dynamics(self, t, state, current):
        del t, state
        return CountedState(self.gain * current)

    def spike_condition(self, t, state):
        del t
        return state.v - 1.0

    def input_spike(self, state, weight, site):
        del site
        return CountedState(state.v + weight)

    def reset_spiked(self, t, state):
        del t, state
        return CountedState(jnp.asarray(0.0))

    def observe(self, state):
        return {"v": state.v}


def ramp(slope):
    return dx.Inputs(current=dx.step_current(slope, 0 * MS, 20 * MS))


def test_a_new_model_and_new_inputs_of_the_same_shape_do_not_compile_again():
    def run(gain, drive):
        # A new simulator each time: it counts by value.
        simulator = dx.Simulator(T_STOP * MS, 0.5 * MS, max_spikes=8, solver=diffrax.Heun())
        return simulator(Counted(gain=gain), ramp(drive)).spikes(0)

    first = run(1.0, 0.11)
    n_traces = len(Counted.traces)
    second = run(2.0, 0.17)
    assert len(Counted.traces) == n_traces > 0
    np.testing.assert_allclose(first, np.arange(1, 3) / 0.11, rtol=1e-12)
    np.testing.assert_allclose(second, np.arange(1, 7) / 0.34, rtol=1e-12)


def test_models_and_inputs_can_be_mapped():
    simulator = dx.Simulator(T_STOP * MS, 0.5 * MS, max_spikes=8, solver=diffrax.Heun())
    gains = jnp.asarray([0.5, 1.0, 2.0])
    models = eqx.filter_vmap(lambda gain: eqx.tree_at(lambda m: m.gain.value, Counted(), gain))(
        gains
    )
    times = eqx.filter_vmap(simulator, in_axes=(0, None))(models, ramp(0.17)).spike_times
    np.testing.assert_allclose(times[:, 0, 0, 0], 1 / (0.17 * gains), rtol=1e-12)


@pytest.mark.parametrize(
    "numerics",
    [
        pytest.param({"solver": diffrax.Kvaerno3()}, marks=pytest.mark.slow),
        {"controller": diffrax.PIDController(rtol=1e-8, atol=1e-8)},
    ],
    ids=["Kvaerno3", "PIDController"],
)
def test_implicit_and_adaptive_solvers_work(numerics):
    simulator = dx.Simulator(12 * MS, 0.25 * MS, max_spikes=4, execution="flat", **numerics)

    def first_spike(neuron, inputs):
        return simulator(neuron, inputs).spike_times[0, 0, 0]

    neuron = dx.LIF(c_m=dx.learnable(200 * pq.pF))
    time, slope = eqx.filter_jit(eqx.filter_value_and_grad(first_spike))(neuron, steps(600.0))
    # v rises from -70 mV towards -10 mV: tau log(60 / 40) after 1 ms, and tau is proportional to c.
    tau, log_ratio = 20.0, np.log(60 / 40)
    # The error of third order at dt = tau / 80 is 1e-7.
    np.testing.assert_allclose(time, 1 + tau * log_ratio, rtol=1e-6)
    np.testing.assert_allclose(slope.c_m.value, tau * log_ratio / 200, rtol=1e-6)


def test_an_adaptive_controller_needs_few_steps():
    flat = partial(dx.Simulator, T_STOP * MS, 0.1 * MS, max_spikes=3, execution="flat")
    fixed = flat()
    adaptive = flat(controller=diffrax.PIDController(rtol=1e-8, atol=1e-8))
    a, b = (simulator(dx.LIF(), steps(GOOD)) for simulator in (fixed, adaptive))
    assert b.n_steps < a.n_steps / 2
    np.testing.assert_allclose(b.spike_times, a.spike_times, rtol=1e-7)


def test_the_default_limit_of_steps_suffices_for_a_model_that_grades_them_by_its_time_constants():
    # Strong inhibition makes its time constant short; the 86 steps for one spike end at 20 ms.
    neuron = dx.AtMostOneSpike(dx.Izhikevich(bias=-100.0))
    result = dx.Simulator(45 * MS, 2 * MS, max_spikes=1)(neuron, dx.Inputs())
    np.testing.assert_array_equal(result.status, 0)
