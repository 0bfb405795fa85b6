"""The continuous adjoint agrees with the derivative of the steps, to the order of the solver."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

L = dx.learnable
MODELS = {
    "LIF": dx.LIF(
        c_m=L(200 * pq.pF),
        g_leak=L(10 * pq.nS),
        v_th=L(-50 * pq.mV),
        v_reset=L(-60 * pq.mV),
        tau_syn=L(5 * pq.ms),
        t_ref=L(2.3 * pq.ms),
        bias=L(20 * pq.pA),
    ),
    "AdEx": dx.AdEx(c_m=L(200 * pq.pF), v_t=L(-50 * pq.mV), tau_w=L(100 * pq.ms), b=L(60 * pq.pA)),
    "QIF": dx.QIF(c_m=L(200 * pq.pF), v_t=L(-50 * pq.mV), tau_syn=L(5 * pq.ms)),
}
INPUTS = dx.Inputs(
    spikes=dx.spike_trains([[3.0, 20.0] * pq.ms, [5.0, 22.0] * pq.ms], weight=200 * pq.pA),
    current=[
        dx.step_current(700 * pq.pA, 10 * pq.ms, 30 * pq.ms),
        dx.step_current(560 * pq.pA, 8 * pq.ms, 30 * pq.ms),
    ],
)


def outcome(model, dt, adjoint, readouts=None):
    """Return a smooth function of spike times, samples and readouts, and its gradient."""
    simulator = dx.Simulator(
        40 * pq.ms,
        dt * pq.ms,
        adjoint=adjoint,
        execution="flat",
        max_spikes=16,
        record=dx.Record("i_syn", at=[35, 12, 22, 40] * pq.ms),
        readouts=readouts,
    )

    @eqx.filter_jit
    @eqx.filter_value_and_grad
    def value(arguments):
        result = simulator(*arguments)
        there = jnp.isfinite(result.spike_times)
        spikes = jnp.where(there, jnp.sin(jnp.where(there, result.spike_times, 0.0) / 5), 0.0)
        total = spikes.sum() + result.traces["i_syn"].sum() / 100
        return total + sum(x.sum() / 100 for x in result.readouts.values())

    value, gradient = value((model, INPUTS))
    return value, np.concatenate([np.ravel(x) for x in jax.tree.leaves(gradient)])


def difference(model, dt, readouts=None):
    """Return the difference of both gradients, relative to the largest of each kind of leaf."""
    (value, tape), (same, adjoint) = (
        outcome(model, dt, x, readouts) for x in ("tape", "eventprop")
    )
    # Samples end steps here, and are taken from the dense output there.
    np.testing.assert_allclose(same, value, rtol=1e-7)
    scale = np.concatenate([np.ravel(x) for x in jax.tree.leaves((model, INPUTS))])
    scale = np.where(np.isfinite(scale), np.abs(scale), 1.0)
    return np.max(np.abs(tape - adjoint) * scale) / np.max(np.abs(tape) * scale)


@pytest.mark.slow
def test_they_differ_by_the_order_of_the_solver():
    coarse, fine = (
        difference(MODELS["LIF"], dt, {"early": dx.Integral("v", tau=20 * pq.ms)})
        for dt in (0.5, 0.25)
    )
    assert fine < 1e-7
    # The dense output of Tsit5, on which a spike is located, is of order 4.
    assert coarse / fine > 2**3.5


@pytest.mark.parametrize("name", [pytest.param("QIF", marks=pytest.mark.slow), "AdEx"])
def test_nonlinear_models(name):
    # 0.25 ms are coarse for a spike of these: the tape itself is 1e-6 from the truth.
    assert difference(MODELS[name], 0.25) < 1e-4


def test_what_it_cannot_do_is_refused():
    simulator = dx.Simulator(10 * pq.ms, adjoint="eventprop", execution="flat")
    weight = np.zeros((2, 2)) * pq.pA
    network = dx.Network(
        0, {"a": dx.Population(dx.LIF(), 2)}, [dx.Connection("a", "a", weight=weight)]
    )
    with pytest.raises(dx.ModelError, match="without recurrence"):
        simulator(network, dx.Inputs())
    for settings, message in [
        ({"readouts": {"peak": dx.Maximum("v")}}, "no maxima"),
        ({"controller": diffrax.PIDController(1e-6, 1e-6)}, "fixed steps"),
        ({"solver": diffrax.Kvaerno3()}, "explicit"),
    ]:
        with pytest.raises(dx.ModelError, match=message):
            dx.Simulator(10 * pq.ms, adjoint="eventprop", **settings)
