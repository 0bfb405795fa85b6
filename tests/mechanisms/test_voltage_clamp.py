"""The voltage clamp of a sphere, against its circuit."""

import numpy as np
import pytest
import quantities as pq

import dendrax as dx

SPHERE = dx.discretize(dx.single_compartment(20 * pq.um, 20 * pq.um), n_per_section=1)
R = 20.0  # MOhm


def test_a_clamped_sphere_is_a_circuit():
    """v relaxes with c / (g + 1 / r), and what flows into the cell ends as its leak."""
    clamp = dx.VoltageClamp(r_series=R * pq.MOhm)
    cell = dx.Cell(
        SPHERE,
        [dx.Passive(), clamp],
        v_init=-70 * pq.mV,
        probes={"through_r": dx.Probe("current", of="VoltageClamp")},
    )
    command = dx.voltage_command([-70, -20] * pq.mV, [0, 2] * pq.ms, r_series=R * pq.MOhm)
    record = dx.Record("v", "through_r", every=0.1 * pq.ms)
    result = dx.Simulator(6 * pq.ms, 0.01 * pq.ms, record=record)(cell, dx.Inputs(command))
    v, through = (np.ravel(result.traces[name]) for name in record.names)

    area, t = float(SPHERE.area[0]), np.asarray(result.times)
    c, g_leak, g = 0.01 * area, 5e-4 * area, 1e3 / R  # pF, nS, nS
    after = t > 2
    steady = -70 + 50 * g / (g + g_leak)
    wanted = steady + (-70 - steady) * np.exp(-(t[after] - 2) * (g + g_leak) / c)
    np.testing.assert_allclose(v[t < 2], -70, atol=1e-9)
    np.testing.assert_allclose(v[after], wanted, atol=2e-3)
    into_cell = command(t) - through
    np.testing.assert_allclose(into_cell, (command(t) / g - v) * g, atol=1e-6)
    np.testing.assert_allclose(into_cell[-1], g_leak * (v[-1] + 70), rtol=1e-3)


def test_a_command_without_order_is_refused():
    with pytest.raises(dx.ModelError, match="later than the one before"):
        dx.voltage_command([-70, 0] * pq.mV, [5, 5] * pq.ms, r_series=5 * pq.MOhm)
