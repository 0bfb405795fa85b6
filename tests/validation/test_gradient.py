"""The gradient check: what it confirms, what it refuses, and what it says it cannot tell."""

# ruff: noqa: ARG002 (a small model has no use for all that the interface hands it)

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from jax import Array, lax

import dendrax as dx
from dendrax.validation import Derivative

MS = pq.ms
SIMULATOR = dx.Simulator(40 * MS, 0.5 * MS, max_spikes=4, execution="flat")


def inputs(weight=(120.0, 200.0), current=250.0):
    """Return inputs with ties: an arrival as the current sets in, and two arrivals at once."""
    trains = dx.spike_trains([[3.0, 10.0, 23.0] * MS, [23.0] * MS], weight=weight * pq.pA)
    return dx.Inputs(dx.step_current(current * pq.pA, 10 * MS, 35 * MS), trains)


@pytest.fixture(scope="module")
def check():
    return dx.check_gradient(dx.LIF(), inputs(), SIMULATOR)


def test_every_parameter_and_every_input_is_compared(check):
    inner = {name for name in check.relative_error if not name.startswith("inputs")}
    assert inner == set(dx.parameters(dx.LIF()))
    outer = ["spikes.times", "spikes.weight", "current.start", "current.value", "current.slope"]
    assert set(check.relative_error) - inner == {f"inputs.{name}" for name in outer}
    assert len(check.to_dict()["parameter"]) == len(inner) + 4 + 2 + 2 + 2 + 2
    assert sum(check.n_void.values()) == 0


def test_events_that_coincide_have_exact_derivatives_each(check):
    # Differences across steps of Tsit5 that are cut otherwise agree to 1e-8.
    check.raise_if_above(1e-7)
    times = {d.name: d for d in check.derivatives}["inputs.spikes.times"]
    # At once and of one kind: the derivatives are as the weights are.
    np.testing.assert_allclose(times.exact[2] / times.exact[3], 120 / 200, rtol=1e-9)


def test_the_refractory_period_has_a_derivative_where_it_vanishes():
    strong = dx.check_gradient(dx.LIF(), inputs(current=400.0), SIMULATOR)
    t_ref = {d.name: d for d in strong.derivatives}["t_ref"]
    assert abs(t_ref.exact[0]) > 1e-3
    assert t_ref.relative_error[0] < 1e-7


def test_a_spike_that_goes_makes_a_comparison_void():
    # The first arrival alone, 1e-5 above the weight with which the membrane just reaches threshold.
    when = np.log(20 / 5) / (1 / 5 - 1 / 20)
    peak = (np.exp(-when / 20) - np.exp(-when / 5)) / (200 * (1 / 5 - 1 / 20))
    train = dx.spike_trains([[3.0] * MS], weight=20 / peak * (1 + 1e-5) * pq.pA)
    alone = dx.Inputs(spikes=train)
    found = dx.check_gradient(dx.LIF(), alone, SIMULATOR)
    assert found.n_void["inputs.spikes.weight"] == 1
    assert np.isnan(found.relative_error["inputs.spikes.weight"])
    with pytest.raises(dx.ValidationError, match=r"all comparisons are void for .*spikes\.weight"):
        found.raise_if_above(1.0)


class LeakyState(NamedTuple):
    v: Array


class Leaky(dx.AbstractNeuron):
    """A leaky membrane whose gradient with respect to ``tau`` is lost if ``forgets``."""

    tau: dx.Parameter = dx.parameter("ms", default=10.0)
    v_th: dx.Parameter = dx.parameter("1", default=1.0)
    forgets: bool = False

    units = {"v": "1"}
    input_unit = "1"
    traces_of_dynamics = [0]

    def init_state(self):
        return LeakyState(jnp.asarray(0.0))

    def dynamics(self, t, state, current):
        self.traces_of_dynamics[0] += 1
        tau = lax.stop_gradient(self.tau) if self.forgets else self.tau
        return LeakyState((current - state.v) / tau)

    def spike_condition(self, t, state):
        return state.v - self.v_th

    def input_spike(self, state, weight, site):
        return LeakyState(state.v + weight)

    def reset_spiked(self, t, state):
        return LeakyState(jnp.asarray(0.0))

    def observe(self, state):
        return {"v": state.v}


def kicks(weight=0.1):
    train = dx.spike_trains([[4.2, 11.3] * MS], weight=weight)
    return dx.Inputs(dx.step_current(1.5, 1 * MS, 50 * MS), train)


def leaky(**settings):
    return dx.Simulator(40 * MS, 0.5 * MS, max_spikes=4, **settings)


def test_a_wrong_gradient_is_refused_by_name():
    found = dx.check_gradient(Leaky(forgets=True), kicks(), leaky())
    assert found.worst == ("tau", 1.0)
    with pytest.raises(dx.ValidationError, match=r"1e-06: tau is 0 and differences give 0\.\d+"):
        found.raise_if_above(1e-6)
    assert found.relative_error["v_th"] < 1e-6


def test_nothing_is_compiled_again_and_both_modes_agree():
    tape, forward = (
        dx.check_gradient(Leaky(), kicks(), leaky(adjoint=x)) for x in ("tape", "forward")
    )
    n = Leaky.traces_of_dynamics[0]
    again = dx.check_gradient(Leaky(tau=11 * MS), kicks(0.12), leaky())
    assert Leaky.traces_of_dynamics[0] == n
    assert again.output != tape.output
    for one, other in zip(tape.derivatives, forward.derivatives, strict=True):
        # The same arithmetic in another order.
        np.testing.assert_allclose(one.exact, other.exact, rtol=1e-12, atol=1e-15)
        np.testing.assert_array_equal(one.difference, other.difference)


def test_large_arrays_are_checked_along_random_directions_and_outputs_may_be_chosen():
    rng = np.random.default_rng(0)
    cells = dx.Population(Leaky(), 5)
    weight = rng.uniform(0.1, 0.5, (6, 5))
    network = dx.Network(6, {"cells": cells}, [dx.Connection("input", "cells", weight=weight)])
    trains = [np.sort(rng.uniform(1, 20, 2)) * MS for _ in range(6)]
    drive = dx.Inputs(spikes=dx.spike_trains(trains))
    simulator = leaky(record=dx.Record("v", every=7.7 * MS))

    def square(results):
        return jnp.sum(results["cells"].traces["v"] ** 2)

    found = dx.check_gradient(network, drive, simulator, square).raise_if_above(1e-6)
    weights = {d.name: d for d in found.derivatives}["connections[0].weight"]
    assert len(weights.exact) == 24 < weight.size
    assert weights.along[0] == ", random direction"
    np.testing.assert_allclose(found.output, square(simulator(network, drive)), rtol=1e-12)


def test_single_precision_is_refused_with_the_way_out():
    with jax.enable_x64(False), pytest.raises(dx.ModelError, match="jax_enable_x64"):
        dx.check_gradient(dx.LIF(), inputs(), SIMULATOR)


def test_the_table_shows_the_worst_entry_of_each_parameter(check):
    lines = str(check).splitlines()
    assert len(lines) == 1 + len(check.derivatives) + 2
    assert lines[1].split()[0] == "c_m"
    assert lines[1].split()[3] == "pF"
    assert lines[-1] == f"smallest |spike_slope|: {check.spike_slope:.4g} per ms"


def made(exact, difference, error):
    parts = (np.array(x) for x in (exact, difference, np.zeros(2), error))
    along = ("[0]", "[1]")
    return dx.GradientCheck((Derivative("tau", "ms", along, *parts),), 0.0, np.inf)


def test_void_comparisons_have_no_part_in_the_errors():
    some = made([1.0, 2.0], [1.0, np.nan], [1e-9, np.nan])
    assert some.raise_if_above(1e-8).worst == ("tau", 1e-9)
    assert some.to_dict()["void"] == [False, True]


def test_a_gradient_that_is_no_number_is_the_worst():
    broken = made([np.nan, 2.0], [1.0, 2.0], [np.nan, 0.0])
    assert broken.worst == ("tau", np.inf)
    with pytest.raises(dx.ValidationError, match=r"tau\[0\] is nan"):
        broken.raise_if_above(1.0)
