"""Synapses against closed forms."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.mechanisms import Site
from dendrax.parameters import resolve

MS = pq.ms
T = np.linspace(0.0, 60.0, 241)
NOWHERE = Site(jnp.ones(1), jnp.ones(1), 20.0, {}, {}, {})


def opened(synapses, t, weight=1.0):
    """Return g at times after a spike at 0, of one synapse."""
    model, v = resolve(synapses), jnp.zeros(1)
    start = model.deliver(model.init_state(v, NOWHERE), jnp.asarray(weight), jnp.asarray(0))
    return jax.jit(jax.vmap(lambda h: model.flow(v, start, NOWHERE, h).g[0]))(jnp.asarray(t))


def double(**tau):
    return dx.DoubleExponentialSynapses(**{f"tau_{k}": x * MS for k, x in tau.items()})


def test_exponential_synapses_decay():
    found = opened(dx.ExponentialSynapses(tau=7 * MS), T, weight=0.4)
    np.testing.assert_allclose(found, 0.4 * np.exp(-T / 7), rtol=1e-12)


@pytest.mark.parametrize(("rise", "decay"), [(0.3, 1.8), (8.0, 35.0), (2.0, 1.0)])
def test_double_exponentials_are_those_of_the_textbook(rise, decay):
    peak = rise * decay / (decay - rise) * np.log(decay / rise)
    scale = np.exp(-peak / decay) - np.exp(-peak / rise)
    wanted = (np.exp(-T / decay) - np.exp(-T / rise)) / scale
    found = opened(double(rise=rise, decay=decay), T, weight=0.4)
    np.testing.assert_allclose(found, 0.4 * wanted, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(opened(double(rise=rise, decay=decay), [peak]), 1.0, rtol=1e-12)


def test_equal_time_constants_make_an_alpha_function():
    found = opened(double(rise=4, decay=4), T)
    np.testing.assert_allclose(found, T / 4 * np.exp(1 - T / 4), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("rise", [4.0, 4.0001, 1.3])
def test_the_gradient_exists_at_equal_time_constants_too(rise):
    model, v = resolve(double(rise=1, decay=4)), jnp.zeros(1)

    @jax.jit
    def at_three(rise):
        of = eqx.tree_at(lambda model: model.tau_rise, model, rise)
        start = of.deliver(of.init_state(v, NOWHERE), jnp.asarray(1.0), jnp.asarray(0))
        return of.flow(v, start, NOWHERE, jnp.asarray(3.0)).g[0]

    slope = (at_three(rise + 1e-5) - at_three(rise - 1e-5)) / 2e-5
    np.testing.assert_allclose(jax.grad(at_three)(rise), slope, rtol=1e-7)


def test_time_constants_belong_to_each_synapse():
    model = resolve(dx.DoubleExponentialSynapses(n=2, tau_decay=[3, 30] * MS))
    v = jnp.zeros(2)
    here = NOWHERE._replace(area=jnp.ones(2))
    state = model.init_state(v, here)
    for synapse in (0, 1):
        state = model.deliver(state, jnp.asarray(1.0), jnp.asarray(synapse))
    later = model.flow(v, state, here, jnp.asarray(5.0)).g
    alone = [opened(double(rise=0.5, decay=decay), [5.0])[0] for decay in (3, 30)]
    np.testing.assert_allclose(later, alone, rtol=1e-12)


@pytest.mark.parametrize(("v", "unblocked"), [(-70.0, 0.01603), (-20.0, 0.43357), (20.0, 0.94334)])
def test_magnesium_blocks_at_rest(v, unblocked):
    """1 / (1 + exp(-0.077 v) / 3.57), against the unblocked current of AMPA."""
    v = jnp.array([v])

    def through(kind, **arguments):
        model = resolve(kind(g_max=1 * pq.nS, **arguments))
        state = model.init_state(v, NOWHERE)._replace(g=jnp.ones(1))
        return float(model.current(v, state, NOWHERE)[0])

    np.testing.assert_allclose(through(dx.NMDA) / through(dx.AMPA), unblocked, rtol=1e-3)


COMPARTMENTS = dx.discretize(
    dx.ball_and_stick(20 * pq.um, 200 * pq.um, 2 * pq.um), n_per_section={"soma": 1, "dend": 3}
)
SIMULATOR = dx.Simulator(20 * MS, 0.025 * MS, record=dx.Record("v", every=1 * MS))


def run(synapses, trains, simulator=SIMULATOR, compartments=COMPARTMENTS):
    cell = dx.Cell(compartments, [dx.Passive(), *synapses], v_init=-70 * pq.mV)
    inputs = dx.Inputs(spikes=dx.spike_trains([train * MS for train in trains]))
    return np.ravel(simulator(cell, inputs).traces["v"])


def test_the_response_to_a_current_is_that_of_a_circuit():
    """Charging by an exponential current: the closed form of two time constants."""
    ball = dx.discretize(dx.single_compartment(20 * pq.um, 20 * pq.um), n_per_section=1)
    area = float(ball.area[0])
    c, tau_m, tau, i = 0.01 * area, 20.0, 5.0, 30.0  # pF, ms, ms, pA
    t = np.maximum(np.arange(21.0) - 3, 0)
    wanted = -70 + i / c / (1 / tau - 1 / tau_m) * (np.exp(-t / tau_m) - np.exp(-t / tau))
    found = run([dx.ExponentialCurrents(i_max=i * pq.pA)], [[3.0]], compartments=ball)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize("execution", ["auto", pytest.param("flat", marks=pytest.mark.slow)])
def test_a_delay_is_a_later_spike(execution):
    record = dx.Record("v", every=1 * MS)
    simulator = dx.Simulator(20 * MS, 0.5 * MS, record=record, execution=execution)
    synapses = dx.AMPA("basal", n=2)
    late = dx.AMPA("basal", n=2, delay=[3, 1] * MS)
    found = run([late, dx.GABA("soma")], [[2.0, 4.5], [4.25], [7.0]], simulator)
    wanted = run([synapses, dx.GABA("soma")], [[5.0, 7.5], [5.25], [7.0]], simulator)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_synapses_sit_where_they_are_put():
    places = ["dend[0](0.9)", "soma[0]", "dend[0](0.1)"]
    assert dx.NMDA(at=places).places(COMPARTMENTS).tolist() == [3, 0, 1]
    assert dx.NMDA("basal", n=6).places(COMPARTMENTS).tolist() == [1, 1, 2, 2, 3, 3]
    assert dx.NMDA(at="soma[0]").n == 1


@pytest.mark.parametrize("arguments", [{"n": 2, "at": ["soma[0]"]}, {"n": 0}])
def test_a_number_of_synapses_that_cannot_be_is_refused(arguments):
    with pytest.raises(dx.ModelError, match="at least one synapse"):
        dx.AMPA("basal", **arguments)


def test_delays_of_synapses_are_not_lost_in_recurrent_networks():
    cell = dx.Cell(COMPARTMENTS, [dx.Passive(), dx.AMPA("soma", n=2, delay=1 * MS)])
    back = dx.Connection("cells", "cells", weight=np.ones((2, 2)))
    network = dx.Network(1, {"cells": dx.Population(cell, 2)}, [back])
    with pytest.raises(dx.ModelError, match="Give the delay to the connections"):
        dx.Simulator(2 * MS)(network, dx.Inputs(spikes=dx.spike_trains([[1.0] * MS])))
