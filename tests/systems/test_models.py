"""Every model against SciPy, from equations that are written down here once more.

Where a model integrates another coordinate than the voltage, the reference takes a third one.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from jax.flatten_util import ravel_pytree

import dendrax as dx
from tests.systems.reference import Engine, Hybrid, relative_errors, solve

T_STOP, EVERY = 18.0, 5.3
TIMES = np.arange(0.0, T_STOP, EVERY)


class Written(NamedTuple):
    """A model on paper: ``p`` are its parameters by name, ``y`` is its state."""

    start: Callable[[Any], list]
    rates: Callable[[Any, Any, Any], list]
    guard: Callable[[Any, Any], Any]
    reset: Callable[[Any, Any], list]
    observe: Callable[[Any, Any], list]
    receive: Callable[[Any, Any, Any], list] = lambda _, y, weight: [y[0], y[1] + weight, *y[2:]]


def ohmic(p, v, current):
    return (p["e_leak"] - v + p["bias"] + current) / p["tau_mem"]


def synapse(p, i_syn):
    return -i_syn / p["tau_syn"]


LEAKY = Written(
    start=lambda p: [p["e_leak"], 0.0],
    rates=lambda p, y, i: [ohmic(p, y[0], y[1] + i), synapse(p, y[1])],
    guard=lambda p, y: y[0] - p["v_th"],
    reset=lambda p, y: [p["v_reset"], y[1]],
    observe=lambda _, y: [y[0], y[1]],
)


def eif_u(p, v):
    return jnp.exp(-(v - p["v_t"]) / p["delta_t"])


def eif_v(p, u):
    # Stages of the last step overshoot.
    return p["v_t"] - p["delta_t"] * jnp.log(jnp.maximum(u, 0.5 * eif_u(p, p["v_peak"])))


def eif_rates(p, y, i):
    total = p["tau_mem"] * ohmic(p, eif_v(p, y[0]), y[1] + i)
    return [-(y[0] / p["delta_t"] * total + 1) / p["tau_mem"], synapse(p, y[1])]


def qif_rates(p, y, i):
    """Return the canonical theta neuron, ``V = 1/2 + tan(theta / 2)``."""
    drive = (y[1] + p["bias"] + i) / (p["v_t"] - p["e_leak"]) - 0.25
    flow = 1 - jnp.cos(y[0]) + (1 + jnp.cos(y[0])) * drive
    return [flow / p["tau_mem"], synapse(p, y[1])]


WRITTEN = {
    "LIF": LEAKY,
    "LeakyIntegrator": LEAKY._replace(guard=lambda _, y: -1.0 + 0 * y[0]),
    "EIF": Written(
        start=lambda p: [eif_u(p, p["e_leak"]), 0.0],
        rates=eif_rates,
        guard=lambda p, y: eif_u(p, p["v_peak"]) - y[0],
        reset=lambda p, y: [eif_u(p, p["v_reset"]), y[1]],
        observe=lambda p, y: [eif_v(p, y[0]), y[1]],
    ),
    "QIF": Written(
        start=lambda _: [2 * jnp.arctan(-0.5), 0.0],
        rates=qif_rates,
        guard=lambda _, y: y[0] - jnp.pi,
        reset=lambda _, y: [-jnp.pi, y[1]],
        observe=lambda p, y: [
            p["e_leak"] + (p["v_t"] - p["e_leak"]) * (0.5 + jnp.tan(y[0] / 2)), y[1]
        ],
    ),
    "AdaptiveLIF": LEAKY._replace(
        start=lambda p: [p["e_leak"], 0.0, 0.0],
        rates=lambda p, y, i: [*LEAKY.rates(p, y, i), -y[2] / p["tau_th"]],
        guard=lambda p, y: y[0] - p["v_th"] - y[2],
        reset=lambda p, y: [p["v_reset"], y[1], y[2] + p["b_jump"]],
        observe=lambda _, y: [y[0], y[1], y[2]],
    ),
    "Izhikevich": Written(
        start=lambda p: [p["v_reset"], 0.0, p["b"] * p["v_reset"]],
        rates=lambda p, y, i: [
            0.04 * y[0] ** 2 + 5 * y[0] + 140 - y[2] + y[1] + p["bias"] + i,
            synapse(p, y[1]),
            p["a"] * (p["b"] * y[0] - y[2]),
        ],
        guard=lambda p, y: y[0] - p["v_peak"],
        reset=lambda p, y: [p["v_reset"], y[1], y[2] + p["d"]],
        observe=lambda _, y: [y[0], y[1], y[2]],
    ),
    "EGRU": Written(
        start=lambda _: [0.0, 0.0, 0.0, 0.0],
        rates=lambda p, y, i: [
            (jnp.tanh(y[3]) - y[0]) / (1 + jnp.exp(-y[1])) / p["tau_mem"],
            (p["bias_u"] - y[1]) / p["tau_syn"],
            (p["bias_r"] - y[2]) / p["tau_syn"],
            (p["bias_z"] + i - y[3]) / p["tau_syn"],
        ],
        guard=lambda p, y: y[0] - p["v_th"],
        reset=lambda p, y: [y[0] - p["v_th"], *y[1:]],
        observe=lambda _, y: list(y),
        receive=lambda _, y, w: [
            y[0], y[1] + w[0], y[2] + w[1], y[3] + w[2] / (1 + jnp.exp(-y[2]))
        ],
    ),
}  # fmt: skip


def learnable(**values):
    return {name: dx.learnable(value) for name, value in values.items()}


MEMBRANE = learnable(tau_mem=9 * pq.ms, e_leak=0.05, bias=0.03, tau_syn=4.6 * pq.ms)
THRESHOLD = learnable(v_th=1.1, v_reset=-0.1)


class Case(NamedTuple):
    """A model, the weights of two sources, and a current."""

    neuron: dx.AbstractNeuron
    weight: list
    current: float
    recorded: tuple[str, ...] = ("v", "i_syn")


CASES = {
    "LIF": Case(dx.LIF(**MEMBRANE, **THRESHOLD), [3.1, 2.4], 0.9),
    "LeakyIntegrator": Case(dx.LeakyIntegrator(**MEMBRANE), [3.1, -2.4], 0.9),
    "EIF": Case(
        dx.EIF(**MEMBRANE, **learnable(v_t=0.9, delta_t=0.25, v_peak=2.8, v_reset=-0.1)),
        [3.1, 2.4], 0.9,
    ),
    "QIF": Case(dx.QIF(**MEMBRANE, **learnable(v_t=1.2)), [21.0, 14.0], 4.0),
    "AdaptiveLIF": Case(
        dx.AdaptiveLIF(**MEMBRANE, **THRESHOLD, **learnable(b_jump=0.3, tau_th=17 * pq.ms)),
        [3.1, 2.4], 0.9, ("v", "i_syn", "b_th"),
    ),
    "Izhikevich": Case(
        dx.Izhikevich(**learnable(
            a=0.03, b=0.21, d=5.0, v_reset=-63 * pq.mV, v_peak=28 * pq.mV, bias=2.6,
            tau_syn=3.4 * pq.ms,
        )),
        [14.0, 9.0], 4.0, ("v", "i_syn", "u"),
    ),
    "EGRU": Case(
        dx.EGRU(**learnable(
            bias_u=-0.7, bias_r=0.8, bias_z=0.1, v_th=0.37, tau_mem=5 * pq.ms, tau_syn=4.6 * pq.ms
        )),
        [[1.5, 0.8, 3.0], [0.7, -0.5, 2.0]], 0.6, ("v", "a_u", "a_r", "a_z"),
    ),
}  # fmt: skip


def inputs_of(case):
    trains = [[1.7, 9.2] * pq.ms, [4.3, 12.6] * pq.ms]
    return dx.Inputs(
        spikes=dx.spike_trains(trains, weight=case.weight),
        current=dx.step_current(case.current, 2.9 * pq.ms, 15.1 * pq.ms),
    )


def system(written, unravel, inputs):
    """Make a system of a model on paper and its inputs; ``y`` ends in the current and its slope."""

    def of(theta):
        neuron, inputs = unravel(theta)
        return {name: entry.value for name, entry in dx.parameters(neuron).items()}, inputs

    def model(method):
        return lambda y, theta, *rest: method(of(theta)[0], y[:-2], *rest)

    def jump(method):
        return lambda y, theta, *rest: jnp.stack([*model(method)(y, theta, *rest), *y[-2:]])

    def arrival(source, k):
        weight = lambda theta: of(theta)[1].spikes.weight[0, source]  # noqa: E731
        return (
            lambda theta: of(theta)[1].spikes.times[0, source, k],
            lambda y, theta: jump(written.receive)(y, theta, weight(theta)),
        )

    def segment(k):
        def begins(y, theta):
            current = of(theta)[1].current
            return y.at[-2:].set(jnp.stack([current.value[0, k], current.slope[0, k]]))

        return lambda theta: of(theta)[1].current.start[0, k], begins

    n_segments = inputs.current.start.shape[-1]
    spikes = np.argwhere(np.isfinite(inputs.spikes.times[0]))
    return Hybrid(
        start=lambda theta: jnp.stack([*map(jnp.asarray, written.start(of(theta)[0])), 0.0, 0.0]),
        field=lambda y, theta: jnp.stack(
            [*model(written.rates)(y, theta, y[-2]), y[-1], 0.0 * y[-1]]
        ),
        guard=model(written.guard),
        reset=jump(written.reset),
        observe=lambda y, theta: jnp.stack(model(written.observe)(y, theta)),
        stops=[arrival(i, k) for i, k in spikes] + [segment(k) for k in range(n_segments)],
    )


@cache
def reference(name):
    """Return the engine, the solution and ``theta`` of a case."""
    case, inputs = CASES[name], inputs_of(CASES[name])
    theta, unravel = ravel_pytree((case.neuron, inputs))
    solution = solve(system(WRITTEN[name], unravel, inputs), theta, T_STOP, TIMES)
    simulator = partial(
        dx.Simulator, T_STOP * pq.ms, 0.1 * pq.ms, solver=diffrax.Dopri8(), max_spikes=4,
        execution="flat", record=dx.Record(*case.recorded, every=EVERY * pq.ms),
    )  # fmt: skip
    return Engine(simulator, case.neuron, inputs, len(solution.spikes)), solution, theta


def must_agree(name, computed):
    _, solution, theta = reference(name)
    out, count, jacobian = computed
    assert count == len(solution.spikes)
    assert count >= 2 or name == "LeakyIntegrator"
    np.testing.assert_allclose(out[:count], solution.spikes, rtol=0, atol=1e-10)
    np.testing.assert_allclose(out[count:], solution.samples.ravel(), rtol=0, atol=1e-9)
    assert relative_errors(jacobian, solution.jacobian, theta).max() < 1e-8


# LIF and EIF have tests of their own, in the other form, QIF and EGRU those of the structured
# executions, AdaptiveLIF is an AdEx without its upstroke, and all are in the table of gradients;
# compiling a model takes 15 s.
ELSEWHERE = ("LIF", "LeakyIntegrator", "EIF", "QIF", "EGRU", "Izhikevich", "AdaptiveLIF")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in ELSEWHERE)) for name in CASES],
)
def test_spikes_states_and_gradients_by_reverse_mode(name):
    engine, solution, _ = reference(name)
    must_agree(name, engine.backward(len(solution.jacobian)))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_spikes_states_and_gradients_by_forward_mode(name):
    must_agree(name, reference(name)[0].forward())


def test_qif_under_a_constant_current_is_a_tangent():
    """``V = 1/2 + w tan(w t / tau + c)`` with ``w^2 = drive - 1/4``, first from 0."""
    tau, drive = 8.0, 3.0
    neuron = dx.QIF(tau_mem=dx.learnable(tau * pq.ms), bias=dx.learnable(1.0))
    inputs = dx.Inputs(current=dx.step_current(drive - 1.0, 0 * pq.ms, 99 * pq.ms))
    simulator = dx.Simulator(
        40 * pq.ms, 0.1 * pq.ms, solver=diffrax.Dopri8(), max_spikes=4, execution="flat",
        adjoint="forward", record=dx.Record("v", every=3.7 * pq.ms),
    )  # fmt: skip

    def run(neuron):
        result = simulator(neuron, inputs)
        return result.spike_times[0, 0, :2], result.traces["v"][0, 0]

    along_tau = eqx.tree_at(lambda n: n.tau_mem.value, jax.tree.map(jnp.zeros_like, neuron), 1.0)
    (spikes, v), (slopes, _) = eqx.filter_jvp(run, (neuron,), (along_tau,))
    w = np.sqrt(drive - 0.25)
    expected = tau / w * (np.pi / 2 + np.arctan(0.5 / w) + np.pi * np.arange(2))
    np.testing.assert_allclose(spikes, expected, rtol=1e-12)
    np.testing.assert_allclose(slopes, expected / tau, rtol=1e-10)
    times = 3.7 * np.arange(len(v))
    seen = 0.5 + w * np.tan(w * times / tau - np.arctan(0.5 / w))
    np.testing.assert_allclose(v, seen, rtol=1e-9, atol=1e-12)
