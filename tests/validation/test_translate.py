"""Models that only a test knows, printed for Brian2 from their five methods."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.parameters import resolve
from dendrax.validation._translate import translate


class GatedState(NamedTuple):
    v: Any
    gates: Any
    i_syn: Any


class Gated(dx.AbstractNeuron):
    """A membrane with two gates (as a vector), one of which opens by a power, above a kink."""

    tau: Any = dx.parameter("ms", default=10.0)
    mixing: Any = dx.parameter("1", default=[[1.0, 0.5], [0.0, 2.0]], dims=("gate", "from"))

    units = {"v": "1", "gates": "1", "rate": "1"}
    input_unit = "1"

    def init_state(self):
        return GatedState(jnp.asarray(0.1), jnp.zeros(2), jnp.asarray(0.0))

    def dynamics(self, t, state, current):
        drive = jnp.exp(-state.gates[0]) * state.i_syn + current + 0.1 * jnp.sin(0.3 * t)
        leak = jnp.where(state.v > 0.4, 0.5 * (state.v - 0.4) + 0.4, state.v)
        targets = jnp.stack([jnp.abs(state.v) ** 1.5, jnp.tanh(2 * state.v)])
        gates = (self.mixing @ targets - state.gates) / jnp.array([8.0, 20.0])
        v = (drive - leak - 0.2 * jnp.sum(state.gates)) / self.tau
        return GatedState(v, gates, -state.i_syn / 4.0)

    def spike_condition(self, t, state):
        del t
        return state.v - 1.0 - 0.1 * jnp.maximum(state.gates[1], 0.0)

    def input_spike(self, state, weight, site):
        del site
        return state._replace(i_syn=state.i_syn + weight)

    def reset_spiked(self, t, state):
        del t
        return state._replace(v=0.2 * state.gates[0], gates=state.gates.at[0].add(0.3))

    def observe(self, state):
        return {"v": state.v, "gates": state.gates, "rate": jax.nn.softplus(state.v)}


class RestingState(NamedTuple):
    m: Any
    h: Any
    t_ready: Any


class Resting(dx.AbstractNeuron):
    """A polynomial membrane at two sites, with a refractory period, kicked by its inputs."""

    t_rest: Any = dx.parameter("ms", default=3.017)

    units = {"m": "1", "h": "1"}
    input_unit = "1"

    @property
    def n_sites(self):
        return 2

    def init_state(self):
        return RestingState(jnp.asarray(0.0), jnp.zeros(2), jnp.asarray(jnp.inf))

    def dynamics(self, t, state, current):
        del t
        speed = (state.m * (0.2 + state.m) * (1.5 - state.m)) + current + state.h.sum()
        at_rest = jnp.isfinite(state.t_ready)
        h = jnp.where(at_rest, -state.h / 2.0, -jnp.expm1(state.h) / 3.0)
        return RestingState(jnp.where(at_rest, 0.0, speed / 8.0), h, None)

    def spike_condition(self, t, state):
        del t
        return jnp.where(jnp.isfinite(state.t_ready), -1.0, state.m - 0.9)

    def input_spike(self, state, weight, site):
        return state._replace(m=state.m + 0.1 * weight, h=state.h.at[site].add(weight))

    def reset_spiked(self, t, state):
        return state._replace(m=jnp.asarray(-0.5), t_ready=t + self.t_rest)

    def timer(self, state):
        return state.t_ready

    def timer_expired(self, state):
        return state._replace(m=state.m + 0.2, t_ready=jnp.asarray(jnp.inf))

    def observe(self, state):
        return {"m": state.m, "h": state.h[0] - state.h[1]}


INPUTS = dx.Inputs(
    current=[dx.step_current(level, 3 * pq.ms, 36 * pq.ms) for level in (1.5, 2.5)],
    spikes=dx.spike_trains([[5, 12.03, 30] * pq.ms, [12.03, 21] * pq.ms], weight=[0.8, -0.4]),
)


@pytest.mark.parametrize("model", [Gated(), Resting()], ids=["gated", "resting"])
def test_a_model_never_seen_before_agrees(model):
    record = dx.Record(*model.units, "guard", every=0.1 * pq.ms)
    simulator = dx.Simulator(40 * pq.ms, 0.025 * pq.ms, record=record)
    ours = simulator(model, INPUTS)
    theirs = dx.run_brian2(model, INPUTS, simulator, dt=0.05 * pq.ms)
    assert dict(theirs.provenance)["equations"] == "translated"
    comparison = dx.compare(ours, theirs)
    assert comparison.counts_a.min() >= 2
    assert (comparison.n_missing, comparison.n_extra) == (0, 0)
    # A kink within a step costs Runge-Kutta's method orders: about ten times what is measured.
    assert comparison.spike_max <= 1e-4
    for name in ours.traces:
        trace = dx.compare(ours, theirs, trace=name)
        assert trace.v_rms <= 1e-4 * trace.v_range


class WrongGated(Gated):
    def dynamics(self, t, state, current):
        right = super().dynamics(t, state, current)
        return right._replace(i_syn=1.01 * right.i_syn)


# What the printed expressions need beside their variables.
FUNCTIONS = ("exp", "expm1", "log", "log1p", "abs", "sin", "cos", "tan", "tanh", "clip", "where")
SCOPE = {**{name: getattr(np, name) for name in FUNCTIONS}, "int": int, "infinity": np.inf}


MODELS = {
    "LIF": dx.LIF(t_ref=2 * pq.ms),
    "AdaptiveLIF": dx.AdaptiveLIF(),
    "QIF": dx.QIF(),
    "EIF": dx.EIF(),
    "AdEx": dx.AdEx(tau_mem=10 * pq.ms),
    "Izhikevich": dx.Izhikevich(),
    "EGRU": dx.EGRU(),
    "LeakyIntegrator": dx.LeakyIntegrator(),
    "DendriticNeuron": dx.DendriticNeuron(weight=[[3.0, 2.0], [4.0, -1.0]]),
    "Refractory": dx.Refractory(dx.QIF(), t_ref=1 * pq.ms),
    "AtMostOneSpike": dx.AtMostOneSpike(dx.EIF()),
    "Gated": Gated(),
    "WrongGated": WrongGated(),
    "Resting": Resting(),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_printed_is_what_the_methods_compute(name):
    neuron, equations = resolve(MODELS[name]), translate(MODELS[name])
    leaves, tree = jax.tree.flatten(neuron.init_state())
    rng = np.random.default_rng(3)
    moved = [np.where(np.isfinite(x), x + rng.uniform(0, 0.2, np.shape(x)), x) for x in leaves]
    state = tree.unflatten(list(map(jnp.asarray, moved)))
    # Marks are the last leaves of all these models.
    names = [*(x for x in equations.rates if x != "time"), *equations.marks]
    values = np.concatenate([np.ravel(x) for x in moved])
    scope = {**SCOPE, **dict(zip(names, values, strict=True))}
    t, current = 1.7, 0.6
    scope |= {"time": t, "electrode": current}
    for shorthand, text in equations.shorthand.items():
        scope[shorthand] = eval(text, {}, scope)
    rates = neuron.dynamics(jnp.asarray(t), state, jnp.asarray(current))
    expected = np.concatenate([np.ravel(x) for x in jax.tree.leaves(rates)])
    printed = [eval(text, {}, scope) for x, text in equations.rates.items() if x != "time"]
    np.testing.assert_allclose(printed, expected, rtol=1e-12, atol=1e-14)
    if equations.condition:
        guard = neuron.spike_condition(jnp.asarray(t), state)
        np.testing.assert_allclose(eval(equations.condition, {}, scope), guard, rtol=1e-12)


def test_an_operation_that_cannot_be_printed_is_named():
    class Sorting(Gated):
        def observe(self, state):
            return {"v": jnp.sort(jnp.append(state.gates, state.v))[1]}

    with pytest.raises(dx.ModelError, match="operation 'sort' cannot be printed for Brian2"):
        translate(Sorting())


def test_an_index_that_depends_on_the_state_is_refused():
    class Indexing(Gated):
        def observe(self, state):
            return {"v": state.gates[jnp.asarray(state.v > 0, int)]}

    with pytest.raises(dx.ModelError, match="index that depends on the state"):
        translate(Indexing())


def test_parameters_of_several_neurons_are_refused():
    with pytest.raises(dx.ModelError, match=r"Gated.tau must be that of one neuron"):
        translate(Gated(tau=[8, 9] * pq.ms))
