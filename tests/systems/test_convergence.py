"""Errors fall with the step as the order of the solver says: of states, spikes and gradients.

A neuron that is slower by a factor sees a step that is smaller by it: one simulator, compiled once,
covers a range of steps by stretching the time of model and inputs.

Where in a step a spike or a sample falls changes its error by more than a smaller step does. So
there are many trials, in which they fall anywhere, and the error is the rms over these. Each has
one arrival and one spike of a LIF, from a weight for which the time of the spike is known.
"""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

STRETCH = np.arange(1.0, 4.1, 0.5)
N_TRIALS, SAMPLE, T_STOP = 128, 4.0, 38.0
RNG = np.random.default_rng(2)
ARRIVAL = RNG.uniform(0, 1, N_TRIALS)
SINCE = RNG.uniform(4.1, 8.0, N_TRIALS)  # from the arrival to the spike
TAU_MEM, TAU_SYN = 20.0, 5.0


def height(since, tau_mem):
    """Return the voltage a time after the arrival, for a weight of 1."""
    decay = jnp.exp(-since / tau_mem) - jnp.exp(-since / TAU_SYN)
    return decay / (tau_mem * (1 / TAU_SYN - 1 / tau_mem))


WEIGHT = np.asarray(1 / height(SINCE, TAU_MEM))


def exact():
    """Return voltages and spike times, and their derivatives by the logarithm of ``tau_mem``."""
    at = SAMPLE - ARRIVAL
    _, by_tau = jax.jvp(lambda tau: height(at, tau), (TAU_MEM,), (TAU_MEM,))
    _, rises = jax.jvp(lambda t: height(t, TAU_MEM), (SINCE,), (np.ones(N_TRIALS),))
    _, grows = jax.jvp(lambda tau: height(SINCE, tau), (TAU_MEM,), (TAU_MEM,))
    voltage = WEIGHT * height(at, TAU_MEM)
    return np.array([voltage, ARRIVAL + SINCE, WEIGHT * by_tau, -grows / rises])


@eqx.filter_jit
def simulated(simulator, neuron, inputs):
    """Return voltages and spike times, and their derivatives by the logarithm of ``tau_mem``."""

    def run(log_tau):
        model = eqx.tree_at(lambda n: n.tau_mem.value, neuron, jnp.exp(log_tau))
        result = simulator(model, inputs)
        return result.traces["v"][:, 0], result.spike_times[:, 0, 0]

    return jax.jvp(run, (jnp.log(neuron.tau_mem.value),), (jnp.asarray(1.0),))


def errors(solver, dt):
    """Return the rms errors (quantity, factor) of what :func:`exact` returns."""
    simulator = dx.Simulator(
        T_STOP * pq.ms, dt * pq.ms, solver=solver, adjoint="forward", execution="flat",
        record=dx.Record("v", at=SAMPLE * STRETCH * pq.ms), max_spikes=1,
    )  # fmt: skip
    found = []
    for k, factor in enumerate(STRETCH):
        # No second spike.
        neuron = dx.LIF(
            tau_mem=dx.learnable(TAU_MEM * factor * pq.ms), tau_syn=TAU_SYN * factor * pq.ms,
            v_reset=-99.0,
        )  # fmt: skip
        trains = [
            dx.spike_trains([[t * factor] * pq.ms], weight=w)
            for t, w in zip(ARRIVAL, WEIGHT, strict=True)
        ]
        out, tangent = simulated(simulator, neuron, dx.Inputs(spikes=trains))
        (v, t), (v_by_tau, t_by_tau) = out, tangent
        found.append([v[:, k], t / factor, v_by_tau[:, k], t_by_tau / factor])
    difference = np.array(found) - exact()
    return np.sqrt((difference**2).mean(-1)).T


def observed(rms):
    """Return the order by regression on the factors, in logarithms."""
    return -np.polyfit(np.log(STRETCH), np.log(rms), 1)[0]


@pytest.mark.parametrize(
    ("solver", "order", "of_spike_gradient", "dt"),
    [
        pytest.param(diffrax.Euler(), 1, 1, 0.05, marks=pytest.mark.slow),
        pytest.param(diffrax.Bosh3(), 3, 3, 0.4, marks=pytest.mark.slow),
        # Its dense output is of order 4: an error of h^5, as that of the steps, which depends on
        # where in the step the spike falls. That place moves with a parameter, by 1 / h steps.
        (diffrax.Tsit5(), 5, 4, 0.4),
        pytest.param(diffrax.Kvaerno3(), 3, 3, 0.4, marks=pytest.mark.slow),
    ],
    ids=lambda x: type(x).__name__,
)
def test_order_of_states_spike_times_and_gradients(solver, order, of_spike_gradient, dt):
    orders = [observed(each) for each in errors(solver, dt)]
    # What is left are the next order, and 128 places in the step.
    np.testing.assert_allclose(orders, [order, order, order, of_spike_gradient], rtol=0, atol=0.15)
