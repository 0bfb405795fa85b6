"""Clamps that follow a waveform, against closed forms."""

import numpy as np
import pytest
import quantities as pq

import dendrax as dx

AT_REST = {"v_init": -70 * pq.mV, "celsius": None}
RECORD = dx.Record("v", every=0.5 * pq.ms)


def run(cell, current=None):
    inputs = dx.Inputs(current or dx.step_current(0 * pq.pA, 0 * pq.ms, 1 * pq.ms))
    result = dx.Simulator(20 * pq.ms, 0.01 * pq.ms, record=RECORD)(cell, inputs)
    return np.asarray(result.times), np.ravel(result.traces["v"])


def test_a_dynamic_clamp_is_a_conductance_for_a_while():
    """v relaxes with c / (g_leak + g) towards the mean of both reversals, and back with c / g_leak.

    The instants lie beside the grid: 2e-3 mV are what the two damped half steps of 0.005 ms cost
    after the opening, while a corner within a step would cost 0.1 mV.
    """
    sphere = dx.discretize(dx.single_compartment(20 * pq.um, 20 * pq.um), n_per_section=1)
    on, off, g, e = 3.1234, 12.3456, 20.0, -10.0
    opening = dx.step_current(1.0, on * pq.ms, off * pq.ms)
    clamp = dx.DynamicClamp(waveform=opening, g_max=g * pq.nS, e_reversal=e * pq.mV)
    t, v = run(dx.Cell(sphere, [dx.Passive(), clamp], **AT_REST))
    area = float(sphere.area[0])
    c, g_leak = 0.01 * area, 5e-4 * area
    steady = (g_leak * -70 + g * e) / (g_leak + g)

    def clamped(age):
        return steady + (-70 - steady) * np.exp(-age * (g_leak + g) / c)

    after = -70 + (clamped(off - on) + 70) * np.exp(-(t - off) * g_leak / c)
    wanted = np.where(t < on, -70, np.where(t < off, clamped(t - on), after))
    np.testing.assert_allclose(v, wanted, atol=2e-3)


@pytest.mark.slow
def test_electrodes_add_up_in_a_passive_cell():
    """A cell without channels is linear: what two electrodes do is the sum of what each does."""
    shape = dx.ball_and_stick(20 * pq.um, 300 * pq.um, 2 * pq.um)
    compartments = dx.discretize(shape, n_per_section=5)
    here = dx.step_current(100 * pq.pA, 2 * pq.ms, 9 * pq.ms)
    there = dx.ramp_current(0 * pq.pA, -60 * pq.pA, 4 * pq.ms, 15 * pq.ms)
    tip = dx.CurrentClamp("dend[0](1)", waveform=there)
    soma, alone = dx.CurrentClamp(waveform=here), [dx.Passive()]
    both = run(dx.Cell(compartments, [*alone, soma, tip], **AT_REST))[1]
    first = run(dx.Cell(compartments, alone, **AT_REST), here)[1]
    second = run(dx.Cell(compartments, alone, electrode="dend[0](1)", **AT_REST), there)[1]
    assert np.ptp(second) > 1
    # The grid of the cell with both begins anew more often: second order of 0.01 ms.
    np.testing.assert_allclose(both + 70, (first + 70) + (second + 70), atol=2e-4)
