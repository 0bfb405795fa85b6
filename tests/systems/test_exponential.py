"""EIF and AdEx against SciPy, in the coordinate ``u = exp(-(v - v_t) / delta_t)``.

There the upstroke is no singularity:
``c_m du/dt = -u / delta_t (g_leak (e_leak - v) + bias + i) - g_leak``, with
``v = v_t - delta_t log(u)``, and a spike is the arrival of ``u`` at a small value.
"""

from functools import partial

import diffrax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from jax.flatten_util import ravel_pytree

import dendrax as dx
from tests.systems.reference import Engine, Hybrid, relative_errors, solve

T_STOP, EVERY = 50.0, 9.1
TIMES = np.arange(0.0, T_STOP, EVERY)
MEMBRANE = dict(
    c_m=190 * pq.pF, g_leak=11 * pq.nS, e_leak=-69 * pq.mV, v_t=-51 * pq.mV, delta_t=1.8 * pq.mV,
    v_peak=-10 * pq.mV, v_reset=-58 * pq.mV, t_ref=1.3 * pq.ms, bias=-3 * pq.pA,
    tau_syn=4.6 * pq.ms,
)  # fmt: skip
ADAPTATION = dict(a=3 * pq.nS, b=25 * pq.pA, tau_w=90 * pq.ms)


def learnable(values):
    return {name: dx.learnable(value) for name, value in values.items()}


NEURONS = {
    "EIF": dx.EIF(**learnable(MEMBRANE)),
    "AdEx": dx.AdEx(**learnable(MEMBRANE), **learnable(ADAPTATION)),
}
INPUTS = dx.Inputs(
    spikes=dx.spike_trains([[12.0, 31.0] * pq.ms, [3.0, 17.8] * pq.ms], weight=[240, 150] * pq.pA),
    current=dx.step_current(330 * pq.pA, 5 * pq.ms, 46 * pq.ms),
)


def system(unravel):
    """Write the equations down once more, with all that is switched in the state as well.

    ``y`` is ``u, w, i_syn``, the injected current and its slope, and 1 unless refractory.
    """

    def of(theta):
        neuron, inputs = unravel(theta)
        values = {name: entry.value for name, entry in dx.parameters(neuron).items()}
        return {"a": 0.0, "b": 0.0, "tau_w": 1.0, **values}, inputs

    def u_of(p, v):
        return jnp.exp(-(v - p["v_t"]) / p["delta_t"])

    def v_of(p, u):
        # Stages of the last step overshoot.
        return p["v_t"] - p["delta_t"] * jnp.log(jnp.maximum(u, 0.5 * u_of(p, p["v_peak"])))

    def start(theta):
        p, _ = of(theta)
        return jnp.stack([u_of(p, p["e_leak"]), 0.0, 0.0, 0.0, 0.0, 1.0])

    def field(y, theta):
        p, _ = of(theta)
        u, w, i_syn, current, slope, free = y
        v = v_of(p, u)
        total = p["g_leak"] * (p["e_leak"] - v) - w + i_syn + p["bias"] + current
        flow = -(u / p["delta_t"] * total + p["g_leak"]) / p["c_m"]
        adaptation = (p["a"] * (v - p["e_leak"]) - w) / p["tau_w"]
        return jnp.stack([free * flow, adaptation, -i_syn / p["tau_syn"], slope, 0.0, 0.0])

    def guard(y, theta):
        p, _ = of(theta)
        return u_of(p, p["v_peak"]) - y[0]

    def reset(y, theta):
        p, _ = of(theta)
        return jnp.stack([u_of(p, p["v_reset"]), y[1] + p["b"], *y[2:5], 0.0])

    def arrival(source, k):
        return (
            lambda theta: of(theta)[1].spikes.times[0, source, k],
            lambda y, theta: y.at[2].add(of(theta)[1].spikes.weight[0, source]),
        )

    def segment(k):
        return (
            lambda theta: of(theta)[1].current.start[0, k],
            lambda y, theta: y.at[3:5].set(
                jnp.stack([of(theta)[1].current.value[0, k], of(theta)[1].current.slope[0, k]])
            ),
        )

    return Hybrid(
        start, field, guard, reset,
        observe=lambda y, theta: v_of(of(theta)[0], y[0])[None],
        stops=[arrival(i, k) for i in (0, 1) for k in (0, 1)] + [segment(0), segment(1)],
        hold=lambda theta: of(theta)[0]["t_ref"],
        release=lambda y, _: y.at[5].set(1.0),
    )  # fmt: skip


class Case:
    """One neuron, what SciPy makes of it, and how far the engine is from that."""

    def __init__(self, name):
        self.neuron = NEURONS[name]
        self.theta, unravel = ravel_pytree((self.neuron, INPUTS))
        self.expected = solve(system(unravel), self.theta, T_STOP, TIMES)
        self.n_spikes = len(self.expected.spikes)

    def engine(self, **settings):
        record = dx.Record("v", every=EVERY * pq.ms)
        simulator = partial(dx.Simulator, T_STOP * pq.ms, record=record, max_spikes=8, **settings)
        return Engine(simulator, self.neuron, INPUTS, self.n_spikes)

    def errors(self, forward):
        """Return the worst errors of spike times, voltages, and derivatives of both."""
        out, count, jacobian = forward
        assert count == self.n_spikes >= 2
        off = out - np.concatenate([self.expected.spikes, self.expected.samples.ravel()])
        derivatives = relative_errors(jacobian, self.expected.jacobian, self.theta)
        return np.abs(off[:count]).max(), np.abs(off[count:]).max(), derivatives.max()


@pytest.fixture(scope="module")
def eif():
    return Case("EIF")


@pytest.fixture(scope="module")
def accurate(eif):
    return eif.engine(**ACCURATE)


@pytest.fixture(scope="module")
def forward(accurate):
    return accurate.forward()


# The default, fifth order at 0.25 ms, is limited by the graded steps towards each spike, whose
# number does not depend on dt: only a higher order, or a controller, goes on from there.
ACCURATE = {"dt": 0.1 * pq.ms, "solver": diffrax.Dopri8()}


def test_eif_to_eight_digits(eif, forward):
    spikes, voltages, derivatives = eif.errors(forward)
    assert spikes < 1e-10
    assert voltages < 1e-9
    assert derivatives < 1e-8


@pytest.mark.slow  # of each model in the table of gradients, a compilation of 20 s
def test_tape_equals_forward(accurate, forward, eif):
    out, _, jacobian = forward
    rows = np.random.default_rng(0).normal(size=(5, len(out)))
    # Both differentiate the same program: they may differ by rounding only.
    assert relative_errors(accurate.tape(rows), rows @ jacobian, eif.theta).max() < 1e-10


def test_eif_by_default(eif):
    spikes, voltages, derivatives = eif.errors(eif.engine().forward())
    assert spikes < 1e-6
    assert voltages < 1e-6
    # The worst is the one with respect to an arrival time, a difference of large terms; those with
    # respect to the parameters of the membrane are fifty times better.
    assert derivatives < 5e-5


@pytest.mark.slow
def test_adex_to_seven_digits():
    adex = Case("AdEx")
    spikes, voltages, derivatives = adex.errors(adex.engine(**ACCURATE).forward())
    assert spikes < 1e-10
    assert voltages < 1e-9
    # After two spikes the last sample has nearly forgotten the first arrival: its derivative is
    # what is left of terms a hundred times as large.
    assert derivatives < 2e-7
