"""The paper's neuron (Eqs. 2-5) against SciPy, in both of its executions."""

import dataclasses
from functools import partial

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from jax.flatten_util import ravel_pytree
from scipy.optimize import brentq
from scipy.special import expit

import dendrax as dx
from tests.systems.reference import Engine, Hybrid, relative_errors, solve

T_STOP, EVERY = 30.0, 11.0
TIMES = np.arange(0.0, T_STOP, EVERY)
N_DEND, N_SYN = 2, 3
L = dx.learnable
NEURON = dx.DendriticNeuron(
    weight=L([[2.0, 1.4, 0.9], [1.1, -0.5, 2.6]]),
    # The first synapse is exactly as slow as its dendrite.
    tau_syn=L([[8.0, 4.0, 6.0], [3.0, 5.0, 15.0]] * pq.ms),
    tau_dend=L([8.0, 11.0] * pq.ms),
    tau_mem=L(9 * pq.ms),
    g_dend=L([0.9, 0.5]),
    v_th_dend=L([0.9, 0.7]),
    slope_rise=L([8.0, 6.0]),
    slope_decay=L([3.0, 4.0]),
    v_max=L(3.2),
    v_th=L(1.0),
    v_reset=L(-0.1),
    bias=L(0.05),
)
INPUTS = dx.Inputs(
    spikes=dx.spike_trains(
        [[1.0, 16.0] * pq.ms, [2.5, 14.0] * pq.ms, [4.0, 15.5] * pq.ms], weight=[1.0, 1.2, 0.9]
    ),
    current=dx.step_current(0.35, 12 * pq.ms, 26 * pq.ms),
)
THETA, UNRAVEL = ravel_pytree((NEURON, INPUTS))


def values(neuron):
    return jax.tree.map(lambda p: p.value, neuron, is_leaf=lambda x: isinstance(x, dx.Parameter))


def bell(p, x):
    """Evaluate Eq. 5 as printed."""
    rise = 1 / (1 + jnp.exp(-p.slope_rise * x))
    return rise * (1 - 1 / (1 + jnp.exp(-p.slope_decay * x)))


def summit(rise, decay):
    """Return where Eq. 5 is highest: its height, to first order, does not depend on that."""
    log_slope = lambda x: rise * expit(-rise * x) - decay * expit(decay * x)  # noqa: E731
    return brentq(log_slope, -1, 1, xtol=1e-15)


PEAK = jnp.asarray([summit(8.0, 3.0), summit(6.0, 4.0)])


def system():
    """``y`` is ``v``, ``v_dend``, ``i_syn``, and the injected current and its slope."""

    def of(theta):
        neuron, inputs = UNRAVEL(theta)
        return values(neuron), inputs

    def parts(y):
        return y[0], y[1:3], y[3:9].reshape(N_DEND, N_SYN), y[9], y[10]

    def start(theta):
        return jnp.zeros(11) * theta[0]

    def field(y, theta):
        p, _ = of(theta)
        v, v_dend, i_syn, current, slope = parts(y)
        activation = bell(p, v_dend - p.v_th_dend) / bell(p, PEAK)
        soma = -v + jnp.sum(p.g_dend * activation * (p.v_max - v)) + p.bias + current
        dendrites = (-v_dend + i_syn.sum(1)) / p.tau_dend
        rest = [soma[None] / p.tau_mem, dendrites, (-i_syn / p.tau_syn).ravel()]
        return jnp.concatenate([*rest, jnp.stack([slope, 0.0])])

    def arrival(source, k):
        def deliver(y, theta):
            p, inputs = of(theta)
            jump = inputs.spikes.weight[0, source] * p.weight[:, source]
            return y.at[jnp.asarray([3, 6]) + source].add(jump)

        return lambda theta: of(theta)[1].spikes.times[0, source, k], deliver

    def segment(k):
        def switch(y, theta):
            current = of(theta)[1].current
            return y.at[9:11].set(jnp.stack([current.value[0, k], current.slope[0, k]]))

        return lambda theta: of(theta)[1].current.start[0, k], switch

    return Hybrid(
        start, field,
        guard=lambda y, theta: y[0] - of(theta)[0].v_th,
        reset=lambda y, theta: y.at[0].set(of(theta)[0].v_reset),
        observe=lambda y, theta: y[:9] + 0 * theta[0],
        stops=[arrival(i, k) for i in range(N_SYN) for k in (0, 1)] + [segment(0), segment(1)],
    )  # fmt: skip


@pytest.fixture(scope="module")
def expected():
    return solve(system(), THETA, T_STOP, TIMES)


def engine_of(execution, n_spikes):
    record = dx.Record("v", "v_dend", "i_syn", every=EVERY * pq.ms)
    numerics = {"execution": execution, "solver": diffrax.Dopri8(), "max_spikes": 8}
    simulator = partial(dx.Simulator, T_STOP * pq.ms, 0.25 * pq.ms, record=record, **numerics)
    return Engine(simulator, NEURON, INPUTS, n_spikes)


@pytest.fixture(scope="module", params=["auto", pytest.param("flat", marks=pytest.mark.slow)])
def case(request, expected):
    engine = engine_of(request.param, len(expected.spikes))
    return request.param, engine, engine.forward()


def test_spikes_and_states(case, expected):
    _, _, (out, count, _) = case
    assert count == len(expected.spikes) >= 3
    # Quadrature of order 8, and a solver of order 8, in steps of 0.25 ms.
    np.testing.assert_allclose(out[:count], expected.spikes, rtol=0, atol=1e-10)
    np.testing.assert_allclose(out[count:], expected.samples.ravel(), rtol=0, atol=1e-10)


def test_gradients_with_respect_to_every_parameter_and_input(case, expected):
    execution, _, (_, _, jacobian) = case
    errors = relative_errors(jacobian, expected.jacobian, THETA)
    # One synapse is exactly as slow as its dendrite, where naive formulas have no derivative. An
    # arrival, a jump of the state, costs the stepping solver digits that quadrature does not lose.
    assert errors.max() < {"auto": 1e-8, "flat": 1e-6}[execution]


@pytest.mark.slow  # of each model in the table of gradients, a compilation of 20 s
def test_tape_equals_forward(case):
    _, engine, (out, _, jacobian) = case
    rows = np.random.default_rng(0).normal(size=(5, len(out)))
    # Both differentiate the same program: they may differ by rounding only.
    assert relative_errors(engine.tape(rows), rows @ jacobian, THETA).max() < 1e-10


@pytest.mark.parametrize(
    ("activation", "normalized"), [("attenuating", True), ("attenuating", False), ("sigmoid", True)]
)
def test_without_input_nothing_happens(activation, normalized):
    simulator = dx.Simulator(20 * pq.ms, 1 * pq.ms, record=dx.Record("v", every=5 * pq.ms))
    neuron = eqx.tree_at(lambda n: n.bias.value, NEURON, jnp.asarray(0.0))
    neuron = dataclasses.replace(neuron, activation=activation, normalized=normalized)
    result = simulator(neuron, dx.Inputs())
    assert result.spike_counts == 0
    # What is left of the activation at rest drives the soma towards v_max.
    rest = values(NEURON)
    left = bell(rest, -rest.v_th_dend)
    if activation == "sigmoid":
        left = expit(-rest.slope_rise * rest.v_th_dend)
    elif normalized:
        left = left / bell(rest, PEAK)
    drive = np.sum(rest.g_dend * left)
    steady = drive * 3.2 / (1 + drive)
    expected = steady * (1 - np.exp(-(1 + drive) * np.arange(0, 20.1, 5) / 9))
    np.testing.assert_allclose(result.traces["v"][0, 0], expected, atol=1e-12)
