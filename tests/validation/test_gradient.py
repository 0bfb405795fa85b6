"""The gradient check: what it confirms, what it refuses, and what it says it cannot tell."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from jax import Array, lax

import dendrax as dx
from dendrax.validation import Derivative

MS = pq.ms


class Forgetful(dx.LIF):
    """A LIF whose gradient with respect to ``tau_syn`` is lost if ``forgets`` is 1."""

    forgets: Array = eqx.field(default_factory=lambda: jnp.asarray(0.0))

    n_traced = [0]

    def dynamics(self, t, state, current):
        self.n_traced[0] += 1
        tau = jnp.where(self.forgets > 0, lax.stop_gradient(self.tau_syn), self.tau_syn)
        flow = super().dynamics(t, state, current)
        return flow._replace(i_syn=-state.i_syn / tau)


SIMULATOR = dx.Simulator(40 * MS, 0.5 * MS, max_spikes=4, execution="flat")


def inputs(weight=(120.0, 200.0), current=250.0):
    """Return inputs with ties: an arrival as the current sets in, and two arrivals at once."""
    trains = dx.spike_trains([[3.0, 10.0, 23.0] * MS, [23.0] * MS], weight=weight * pq.pA)
    return dx.Inputs(dx.step_current(current * pq.pA, 10 * MS, 35 * MS), trains)


@pytest.fixture(scope="module")
def check():
    return dx.check_gradient(Forgetful(), inputs(), SIMULATOR)


def test_every_parameter_and_every_input_is_compared(check):
    inner = {name for name in check.relative_error if not name.startswith("inputs")}
    assert inner == set(dx.parameters(dx.LIF()))
    outer = ["spikes.times", "spikes.weight", "current.start", "current.value", "current.slope"]
    assert set(check.relative_error) - inner == {f"inputs.{name}" for name in outer}
    assert len(check.to_dict()["parameter"]) == len(inner) + 4 + 2 + 2 + 2 + 2
    assert sum(check.n_void.values()) == 0


def test_events_that_coincide_have_exact_derivatives_each(check):
    # Between the points of the differences some steps of Tsit5 are cut otherwise.
    check.raise_if_above(1e-6)
    times = {d.name: d for d in check.derivatives}["inputs.spikes.times"]
    # At once and of one kind: the derivatives are as the weights are.
    np.testing.assert_allclose(times.exact[2] / times.exact[3], 120 / 200, rtol=1e-6)


def test_the_refractory_period_has_a_derivative_where_it_vanishes():
    strong = dx.check_gradient(Forgetful(), inputs(current=400.0), SIMULATOR)
    t_ref = {d.name: d for d in strong.derivatives}["t_ref"]
    assert abs(t_ref.exact[0]) > 1e-3
    assert t_ref.relative_error[0] < 1e-6


def test_a_spike_that_goes_makes_a_comparison_void():
    # The first arrival alone, 1e-5 above the weight with which the membrane just reaches threshold.
    when = np.log(20 / 5) / (1 / 5 - 1 / 20)
    peak = (np.exp(-when / 20) - np.exp(-when / 5)) / (200 * (1 / 5 - 1 / 20))
    trains = [np.array([3.0, np.inf, np.inf]) * MS, np.array([np.inf]) * MS]
    train = dx.spike_trains(trains, weight=[20 / peak * (1 + 1e-5), 0.0] * pq.pA)
    alone = dx.Inputs(dx.step_current(0 * pq.pA, 10 * MS, 35 * MS), train)
    found = dx.check_gradient(Forgetful(), alone, SIMULATOR)
    assert found.n_void["inputs.spikes.weight"] == 1  # of two: the other train is empty
    assert np.isnan(found.relative_error["v_th"])
    with pytest.raises(dx.ValidationError, match=r"all comparisons are void for .*, v_th"):
        found.raise_if_above(1.0)


def test_a_wrong_gradient_is_refused_by_name():
    found = dx.check_gradient(Forgetful(forgets=jnp.asarray(1.0)), inputs(), SIMULATOR)
    name, error = found.worst
    assert name == "tau_syn"
    assert error > 0.01
    with pytest.raises(dx.ValidationError, match=r"to 0.001: tau_syn is .* differences give"):
        found.raise_if_above(1e-3)
    assert found.relative_error["v_th"] < 1e-6


def test_nothing_is_compiled_for_other_values(check):
    n = Forgetful.n_traced[0]
    again = dx.check_gradient(Forgetful(tau_syn=5.5 * MS), inputs((110.0, 190.0)), SIMULATOR)
    assert Forgetful.n_traced[0] == n
    assert again.output != check.output


@pytest.mark.slow
def test_large_arrays_go_along_random_directions_and_forward_mode_is_checked_too():
    """Each unit of a network without inner delays has delays of its own, which are equal."""
    rng = np.random.default_rng(0)
    weight = rng.uniform(50, 150, (6, 5)) * pq.pA
    cells = dx.Population(dx.LIF(), 5)
    connections = [
        dx.Connection("input", "cells", weight=weight, delay=np.full((6, 5), 1.0) * MS),
        dx.Connection("cells", "cells", weight=15 * pq.pA),
    ]
    network = dx.Network(6, {"cells": cells}, connections)
    trains = [np.sort(rng.uniform(1, 10, 2)) * MS for _ in range(6)]
    drive = dx.Inputs(spikes=dx.spike_trains(trains))
    record = dx.Record("v", every=7.7 * MS)
    simulator = dx.Simulator(
        20 * MS, 0.5 * MS, max_spikes=4, execution="flat", adjoint="forward", record=record
    )

    def square(results):
        return jnp.sum(results["cells"].traces["v"] ** 2)

    found = dx.check_gradient(network, drive, simulator, square).raise_if_above(1e-6)
    weights = {d.name: d for d in found.derivatives}["connections[0].weight"]
    assert "connections[0].delay" in found.n_void
    assert len(weights.exact) == 24 < weight.size
    assert weights.along[0] == ", random direction"
    # No current flows into a network without an electrode.
    assert "inputs.current.value" not in found.n_void
    np.testing.assert_allclose(found.output, square(simulator(network, drive)), rtol=1e-12)


def test_single_precision_is_refused_with_the_way_out():
    with jax.enable_x64(False), pytest.raises(dx.ModelError, match="jax_enable_x64"):
        dx.check_gradient(Forgetful(), inputs(), SIMULATOR)


def test_the_table_shows_the_worst_entry_of_each_parameter(check):
    lines = str(check).splitlines()
    assert len(lines) == 1 + len(check.derivatives) + 2
    assert lines[1].split()[0] == "c_m"
    assert lines[1].split()[3] == "pF"
    assert lines[-1] == f"smallest |spike_slope|: {check.spike_slope:.4g} per ms"


def made(exact, difference, error):
    parts = (np.array(x) for x in (exact, difference, np.ones(2), np.zeros(2), error))
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
