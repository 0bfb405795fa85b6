"""Integrals, maxima, samples at given times and first spikes."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from scipy.optimize import brentq

import dendrax as dx

T_STOP, TAU, W, T_IN = 30.0, 12.0, 0.8, 3.0
NEURON = dx.LIF(tau_mem=dx.learnable(20 * pq.ms), tau_syn=dx.learnable(5 * pq.ms))
INPUTS = dx.Inputs(spikes=dx.spike_trains([[T_IN] * pq.ms], weight=[W]))
READOUTS = {
    "area": dx.Integral("v"),
    "early": dx.Integral("v", tau=TAU * pq.ms),
    "peak": dx.Maximum("v"),
}


def closed(tau_mem, tau_syn, t):
    """Return the voltage of the LIF, without unit, that never reaches its threshold."""
    s = jnp.maximum(t - T_IN, 0.0)
    return W * tau_syn / (tau_mem - tau_syn) * (jnp.exp(-s / tau_mem) - jnp.exp(-s / tau_syn))


def expected(tau_mem, tau_syn):
    left = T_STOP - T_IN

    def part(tau, rate):
        """Return the integral of exp(-s / tau) exp(-rate s) from the arrival to the end."""
        total = 1 / tau + rate
        return (1 - jnp.exp(-left * total)) / total

    size = W * tau_syn / (tau_mem - tau_syn)
    area = size * (part(tau_mem, 0.0) - part(tau_syn, 0.0))
    early = size * np.exp(-T_IN / TAU) * (part(tau_mem, 1 / TAU) - part(tau_syn, 1 / TAU))
    top = tau_mem * tau_syn / (tau_mem - tau_syn) * jnp.log(tau_mem / tau_syn)
    return {"area": area, "early": early, "peak": closed(tau_mem, tau_syn, T_IN + top)}


@pytest.mark.slow
@pytest.mark.parametrize("execution", ["auto", "flat"])
def test_integrals_and_maxima_have_closed_forms(execution):
    simulator = dx.Simulator(
        T_STOP * pq.ms, solver=diffrax.Dopri8(), readouts=READOUTS, execution=execution
    )

    def ours(neuron):
        return {k: x[0, 0] for k, x in simulator(neuron, INPUTS).readouts.items()}

    gradient = jax.jit(jax.jacrev(ours))(NEURON)
    values, slopes = expected(20.0, 5.0), jax.jacfwd(expected, (0, 1))(20.0, 5.0)
    for name, value in ours(NEURON).items():
        # Dopri8 in steps of 0.25 ms, and the maximum to sixth order in the step.
        np.testing.assert_allclose(value, values[name], rtol=1e-10)
        by = gradient[name].tau_mem.value, gradient[name].tau_syn.value
        np.testing.assert_allclose(by, slopes[name], rtol=1e-8)


@pytest.mark.parametrize("execution", ["auto", "flat"])
def test_the_maximum_of_a_spiking_neuron_is_its_threshold(execution):
    readouts = {"peak": dx.Maximum("v"), "guard": dx.Maximum("guard")}
    simulator = dx.Simulator(T_STOP * pq.ms, readouts=readouts, execution=execution)
    result = simulator(dx.LIF(tau_mem=20 * pq.ms, bias=1.5), dx.Inputs())
    assert result.spike_counts[0, 0] > 0
    np.testing.assert_allclose(result.readouts["peak"], 1.0, rtol=1e-9)
    np.testing.assert_allclose(result.readouts["guard"], 0.0, atol=1e-9)


@pytest.mark.parametrize("dt", [0.5, 2.0])
def test_the_maximum_of_a_dendritic_neuron_is_that_of_fine_samples(dt):
    network = dx.dendritic(8, 3, 5, key=jax.random.key(3))
    inputs = dx.latency(dx.yin_yang(4, seed=0)[0], 30 * pq.ms)
    simulator = dx.Simulator(
        T_STOP * pq.ms,
        dt * pq.ms,
        readouts={"peak": dx.Maximum("v"), "guard": dx.Maximum("guard")},
        record=dx.Record("v", every=0.01 * pq.ms),
    )
    result = simulator(network, inputs)["output"]
    sampled = result.traces["v"].max(-1)
    spiked = result.spike_counts > 0
    assert spiked.any()
    assert not spiked.all()
    # Between samples v rises by v'' dt^2 / 8, at most 1e-5; where it spikes, to the threshold.
    expected = np.where(spiked, 1.0, sampled)
    np.testing.assert_allclose(result.readouts["peak"], expected, atol=1e-5)
    np.testing.assert_allclose(result.readouts["guard"], expected - 1.0, atol=1e-5)


@pytest.mark.parametrize("execution", ["auto", "flat"])
def test_a_maximum_may_be_negative(execution):
    readouts = {"v": dx.Maximum("v")}
    simulator = dx.Simulator(T_STOP * pq.ms, readouts=readouts, execution=execution)
    assert simulator(dx.LIF(), dx.Inputs()).readouts["v"] == -70.0


def test_an_integral_goes_on_after_spikes_and_refractory_periods():
    tau, t_ref, n = 5.0, 2.0, 2

    def expected(bias):
        """Return the integral of n periods and what is left, of a neuron driven by a bias."""
        period = tau * jnp.log(bias / (bias - 1))
        # The voltage is what the bias asks for, less what is missing after a reset.
        area = lambda t: bias * (t - tau * (1 - jnp.exp(-t / tau)))  # noqa: E731
        return n * area(period) + area(T_STOP - n * (period + t_ref))

    simulator = dx.Simulator(T_STOP * pq.ms, 2 * pq.ms, readouts={"area": dx.Integral("v")})
    neuron = dx.LIF(tau_mem=tau * pq.ms, t_ref=t_ref * pq.ms, bias=dx.learnable(1.1))
    nothing = dx.Inputs()

    def ours(bias):
        driven = eqx.tree_at(lambda neuron: neuron.bias.value, neuron, bias)
        result = simulator(driven, nothing)
        return result.readouts["area"][0, 0], result.spike_times

    (value, spikes), slope = jax.jit(jax.value_and_grad(ours, has_aux=True))(1.1)
    assert np.isfinite(spikes).sum() == n
    # Pieces are as long as 2 ms, and quadrature of order 8.
    np.testing.assert_allclose(value, expected(1.1), rtol=1e-9)
    np.testing.assert_allclose(slope, jax.grad(expected)(1.1), rtol=1e-8)


def test_samples_come_in_the_order_in_which_they_are_asked_for():
    at = [17.0, 4.0, 30.0, 0.0]
    simulator = dx.Simulator(T_STOP * pq.ms, record=dx.Record("v", at=at * pq.ms))
    result = simulator(NEURON, INPUTS)
    np.testing.assert_allclose(result.traces["v"][0, 0], closed(20.0, 5.0, np.array(at)), atol=1e-7)
    with pytest.raises(dx.RecordingError, match="sampled regularly"):
        dx.to_neo(result)


@pytest.mark.parametrize("execution", ["auto", "flat"])
def test_a_trial_may_end_at_its_first_spike(execution):
    common = {"execution": execution, "max_spikes": 64}
    neuron, inputs = dx.LIF(tau_mem=20 * pq.ms, bias=1.5), dx.Inputs()
    whole = dx.Simulator(60 * pq.ms, **common)(neuron, inputs)
    first = dx.Simulator(60 * pq.ms, until="first_spikes", **common)(neuron, inputs)
    assert whole.spike_counts[0, 0] > 1
    assert first.spike_counts[0, 0] == 1
    assert first.spike_times[0, 0, 0] == whole.spike_times[0, 0, 0]


def test_the_first_spike_costs_no_further_step():
    neuron, common = dx.LIF(tau_mem=20 * pq.ms, bias=1.5), {"execution": "flat"}
    # The spike is at 22 ms, of 88 steps.
    first = dx.Simulator(600 * pq.ms, until="first_spikes", **common)(neuron, dx.Inputs())
    assert first.n_steps[0, 0] < 100
    assert brentq(lambda t: 1.5 * (1 - np.exp(-t / 20)) - 1, 1, 60) < 22


def test_readouts_go_to_xarray_and_back():
    simulator = dx.Simulator(5 * pq.ms, readouts=READOUTS, execution="flat")
    result = simulator(NEURON, INPUTS)
    back = dx.from_xarray(dx.to_xarray(result))
    assert isinstance(back, dx.SimulationResult)
    for name in READOUTS:
        np.testing.assert_array_equal(back.readouts[name], result.readouts[name])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: dx.Record("v"), "either every=... or at"),
        (lambda: dx.Record("v", every=1 * pq.ms, at=[1] * pq.ms), "either every=... or at"),
        (lambda: dx.Record("v", every=0 * pq.ms), "every must be positive"),
        (lambda: dx.Record("v", at=[-1] * pq.ms), "not negative"),
        (lambda: dx.Integral("v", tau=0 * pq.ms), "tau must be positive"),
        (
            lambda: dx.Simulator(1 * pq.ms, record=dx.Record("v", at=[2] * pq.ms))(NEURON, INPUTS),
            "must not pass t_stop = 1 ms; got 2 ms",
        ),
        (
            lambda: dx.Simulator(1 * pq.ms, readouts={"x": dx.Maximum("x")})(NEURON, INPUTS),
            "LIF has no variable 'x'",
        ),
        (
            lambda: dx.Simulator(1 * pq.ms, until="first_spikes", readouts=READOUTS),
            "nothing to record",
        ),
    ],
)
def test_what_cannot_be_read_out_is_refused(make, message):
    with pytest.raises(dx.ModelError, match=message):
        make()
