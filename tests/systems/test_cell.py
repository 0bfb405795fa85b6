"""Cells against the flat loop, closed forms, dense algebra, and finite differences."""

import diffrax
import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.neurons import Tree
from dendrax.parameters import resolve
from dendrax.simulation._elimination import solve

MS, MV, NS, UM, PA = pq.ms, pq.mV, pq.nS, pq.um, pq.pA
PER_CM2 = 1 / pq.cm**2
L = dx.learnable

# A trunk with two branches that meet in a point, all of them excitable.
COMPARTMENTS = dx.discretize(dx.rall_tree([60, 40] * UM, [3, 2] * UM), max_length=30 * UM)
ROOT, TIP = COMPARTMENTS.section_names[0], COMPARTMENTS.section_names[-1]
CELL = dx.Cell(
    COMPARTMENTS,
    [
        dx.Passive(g_leak=L(0.3 * pq.mS * PER_CM2), e_leak=L(-54.3 * MV)),
        dx.HodgkinHuxley(g_na=L(120 * pq.mS * PER_CM2)),
        dx.ExponentialSynapses("all", n=3, g_max=L([2, 1.5, 1] * NS), tau=L([5, 3, 8] * MS)),
    ],
    celsius=6.3,
    electrode=ROOT,
    spike_at=ROOT,
    probes={"tip": TIP, "m": dx.Probe("m", TIP, of="HodgkinHuxley")},
)
INPUTS = dx.Inputs(
    dx.step_current(60 * PA, 1 * MS, 15 * MS),
    dx.spike_trains([[2.03] * MS, [3.117, 7.231] * MS, [5.019] * MS]),
)
RECORD = dx.Record("v", "tip", "m", at=[0.7, 2.51, 3.77, 5.03, 7.7] * MS)


@pytest.fixture(scope="module")
def reference():
    """The same cell in the flat loop, with an adaptive solver of order 5."""
    tight = diffrax.PIDController(rtol=1e-9, atol=1e-9)
    numerics = {"execution": "flat", "solver": diffrax.Kvaerno5(), "controller": tight}
    return dx.Simulator(8 * MS, 0.01 * MS, record=RECORD, max_spikes=4, **numerics)(CELL, INPUTS)


def errors(result, reference):
    """Return the largest errors of spike times (ms) and of each trace (its own unit)."""
    assert np.array_equal(result.spike_counts, reference.spike_counts)
    spikes = np.abs(result.spikes(0) - reference.spikes(0)).max()
    pairs = [(result.traces[name], reference.traces[name]) for name in RECORD.names]
    return np.array([spikes, *(float(jnp.abs(a - b).max()) for a, b in pairs)])


def test_a_cell_converges_to_the_flat_loop_with_second_order(reference):
    assert reference.spike_counts.sum() == 1
    coarse, fine = (
        errors(dx.Simulator(8 * MS, dt * MS, record=RECORD, max_spikes=4)(CELL, INPUTS), reference)
        for dt in (0.025, 0.0125)
    )
    # Spike times within 3e-3 ms at 0.025 ms. Samples lie at all phases of the steps, so that their
    # errors fall by the fourth part only roughly.
    assert fine[0] < 1e-3
    assert np.log2(coarse[0] / fine[0]) == pytest.approx(2, abs=0.15)
    assert np.all(coarse > 2.5 * fine)


def test_gradients_of_all_parameters_are_those_of_finite_differences():
    simulator = dx.Simulator(8 * MS, 0.05 * MS, record=RECORD, max_spikes=4)
    check = dx.check_gradient(CELL, INPUTS, simulator)
    # Of starts of the current, at which the samples of the tie-free inputs do not lie.
    assert {"radius", "length", "mechanisms[0].r_axial", "mechanisms[2].tau"} <= set(
        check.relative_error
    )
    # Extrapolated differences are good to about 1e-8 of what they differ by.
    check.raise_if_above(1e-5)


def test_elimination_solves_any_tree():
    rng = np.random.default_rng(1)
    parent = np.array([0, 0, 1, 1, 0, 4, 2, 9, 5, 4])
    outward = np.array([0, 1, 4, 2, 3, 5, 9, 6, 7, 8])
    edge = np.append(0.0, rng.uniform(0.5, 2, 9))
    matrix = np.zeros((10, 10))
    for child in range(1, 10):
        matrix[child, parent[child]] = matrix[parent[child], child] = -edge[child]
    diagonal = rng.uniform(5, 9, 10)
    right = rng.normal(size=10)
    nothing = np.zeros(10)
    tree = Tree(parent, outward, nothing, nothing, parent, 10)
    found = solve(tree, jnp.asarray(diagonal), jnp.asarray(edge), jnp.asarray(right))
    assert found == pytest.approx(np.linalg.solve(matrix + np.diag(diagonal), right), rel=1e-13)


def test_branches_meet_in_a_point_without_membrane():
    tree = CELL.tree
    assert tree.n == len(COMPARTMENTS)
    assert len(tree.parent) == tree.n + 1
    # No current is lost in the point, whatever the voltages are.
    v = jnp.asarray(np.random.default_rng(0).normal(size=tree.n))
    edge = resolve(CELL).cable().edge
    outward = tree.across(edge, tree.with_meeting_points(edge, v))
    assert abs(outward[tree.n]) < 1e-12 * float(jnp.abs(outward).max())
    assert abs(outward.sum()) < 1e-12 * float(jnp.abs(outward).max())


def test_trials_and_neurons_are_independent():
    """A batch gives what its trials give alone, to rounding: the loop is one for all of them."""
    simulator = dx.Simulator(8 * MS, 0.05 * MS, max_spikes=4)
    pulses = [dx.step_current(i * PA, 1 * MS, 15 * MS) for i in (60, 200)]
    both = simulator(CELL, dx.Inputs(pulses))
    for trial, pulse in enumerate(pulses):
        alone = simulator(CELL, dx.Inputs(pulse))
        assert both.spikes(trial) == pytest.approx(alone.spikes(0), rel=1e-12)


def test_a_cell_spikes_in_a_network():
    drive = [[2.03, 3.01, 3.53] * MS]
    network = dx.Network(
        1,
        {"cells": dx.Population(CELL, 2), "out": dx.Population(dx.LIF(), 1)},
        [
            dx.Connection("input", "cells", weight=np.array([[8.0, 9.0]])),
            dx.Connection("cells", "out", weight=np.array([[900.0], [900.0]]) * PA),
        ],
    )
    results = dx.Simulator(20 * MS, 0.05 * MS, max_spikes=4)(
        network, dx.Inputs(spikes=dx.spike_trains(drive))
    )
    assert np.all(results["cells"].spike_counts == 1)
    assert results["out"].spike_counts.sum() > 0


def test_what_a_cell_refuses():
    passive = dx.Passive()
    with pytest.raises(dx.ModelError, match=r"one Passive; compartment 0 of 6 has 0"):
        dx.Cell(COMPARTMENTS, [dx.HodgkinHuxley()], celsius=6.3, spike_at=ROOT, electrode=ROOT)
    with pytest.raises(dx.ModelError, match=r"one Passive; compartment 0 of 6 has 2"):
        dx.Cell(COMPARTMENTS, [passive, passive], spike_at=ROOT, electrode=ROOT)
    with pytest.raises(dx.ModelError, match=r"HodgkinHuxley depends on the temperature"):
        dx.Cell(COMPARTMENTS, [passive, dx.HodgkinHuxley()], spike_at=ROOT, electrode=ROOT)
    with pytest.raises(dx.MorphologyError, match=r"soma"):
        dx.Cell(COMPARTMENTS, [passive])
    probe = dx.Probe("m", ROOT, of="HodgkinHuxley")
    with pytest.raises(dx.ModelError, match=r"no HodgkinHuxley at"):
        dx.Cell(COMPARTMENTS, [passive], probes={"m": probe}, spike_at=ROOT, electrode=ROOT)
    with pytest.raises(dx.UnitError, match=r"g_na must be a conductance per area"):
        dx.HodgkinHuxley(g_na=120 * pq.mV)


# A point with a sodium spike: linear from event to event.
POINT = dx.discretize(
    dx.single_compartment(np.sqrt(8000 / np.pi) * UM, np.sqrt(8000 / np.pi) * UM), n_per_section=1
)


def spiking_point(v_th=-40.0, **changed):
    leak = {"c_m": 1 * pq.uF * PER_CM2, "g_leak": 3 / 80 * pq.mS * PER_CM2, "e_leak": -70 * MV}
    spike = {"v_th": -40 * MV, "duration_rise": 2 * MS, "duration_fall": 3 * MS}
    spike |= {"offset_fall": 1 * MS, **changed}
    mechanisms = [dx.Passive(**leak), dx.DendriticSpike(**spike)]
    return dx.Cell(POINT, mechanisms, v_init=-70 * MV, v_th=v_th * MV)


def exact_spikes(current, n):
    """Return when the cell of `spiking_point` reaches its threshold: exponentials only."""
    c, v_th = 80.0, -40.0
    t, v, times = 5.0, -70.0, []

    def toward(channels):
        g = 3.0 + sum(g for g, _ in channels)
        return (3.0 * -70.0 + current + sum(g * e for g, e in channels)) / g, g / c

    for _ in range(n):
        v_inf, rate = toward([])
        t, v = t + np.log((v_inf - v) / (v_inf - v_th)) / rate, v_th
        times.append(t)
        rise, fall = (20.0, 70.0), (20.0, -89.0)
        # The sodium conductance is open from 0 to 2 ms, the potassium one from 1 to 4 ms.
        for duration, channels in ((1, [rise]), (1, [rise, fall]), (2, [fall]), (1, [])):
            v_inf, rate = toward(channels)
            t, v = t + duration, v_inf + (v - v_inf) * np.exp(-rate * duration)
    return np.array(times)


def test_dendritic_spikes_come_when_the_closed_form_says():
    inputs = dx.Inputs(dx.step_current(120 * PA, 5 * MS, 105 * MS))
    exact = exact_spikes(120.0, 6)
    found = [
        dx.Simulator(105 * MS, dt * MS, max_spikes=16)(spiking_point(), inputs).spikes(0)
        for dt in (0.05, 0.025)
    ]
    assert found[1][:3] == pytest.approx(exact[:3], abs=1e-3)
    order = np.log2(np.abs(found[0] - exact) / np.abs(found[1] - exact))
    assert order == pytest.approx(2, abs=0.1)
    weak = dx.Inputs(dx.step_current(85 * PA, 5 * MS, 105 * MS))
    assert dx.Simulator(105 * MS, 0.05 * MS)(spiking_point(), weak).spike_counts.sum() == 0


def test_gradients_pass_through_dendritic_spikes():
    # No duration is a multiple of the step: there a step appears or vanishes, which is a kink.
    durations = {"duration_rise": 2.03 * MS, "duration_fall": 3.07 * MS, "t_ref": L(6.04 * MS)}
    cell = spiking_point(-20.0, g_fall=L(25 * NS), offset_fall=1.01 * MS, **durations)
    inputs = dx.Inputs(dx.step_current(121.7 * PA, 5 * MS, 105 * MS))
    record = dx.Record("v", at=[43.11, 56.07] * MS)
    check = dx.check_gradient(
        cell, inputs, dx.Simulator(60 * MS, 0.025 * MS, record=record, max_spikes=4)
    )
    check.raise_if_above(1e-5)


def test_a_level_above_threshold_spikes_when_the_refractory_period_ends():
    """An edge-triggered event would not: the voltage does not fall below the threshold."""
    brief = {"duration_fall": 0.1 * MS, "duration_rise": 0.5 * MS}
    cell = spiking_point(0.0, t_ref=8 * MS, **brief)
    cell = eqx.tree_at(lambda c: c.mechanisms[1].v_th.value, cell, jnp.asarray(-60.0))
    probe = {"age": dx.Probe("age", of="DendriticSpike")}
    cell = dx.Cell(POINT, cell.mechanisms, v_init=-70 * MV, probes=probe)
    record = dx.Record("age", "v", every=0.05 * MS)
    result = dx.Simulator(40 * MS, 0.05 * MS, record=record)(
        cell, dx.Inputs(dx.step_current(120 * PA, 5 * MS, 105 * MS))
    )
    age, v = np.asarray(result.traces["age"])[0, 0], np.asarray(result.traces["v"])[0, 0]
    starts = result.times[np.flatnonzero(np.diff(age) < 0) + 1]
    assert np.all(v[age < 1e3][10:] > -60)
    assert np.diff(starts)[:2] == pytest.approx(8.0, abs=0.11)
