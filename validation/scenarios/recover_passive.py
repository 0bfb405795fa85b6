"""Membrane and cytoplasm of a reconstructed cell, from the voltage at its soma alone."""

import quantities as pq

import dendrax as dx
from validation._measured import Measured, not_measured
from validation.scenarios import _real
from validation.scenarios._recover import recovery

CELL = "ca1_n120"
MS, MV, UM, PER_CM2 = pq.ms, pq.mV, pq.um, 1 / pq.cm**2


def model(c_m: float, g_leak: float, r_axial: float, compartments: dx.Compartments) -> dx.Cell:
    """Return the cell; in uF/cm2, uS/cm2 and ohm cm."""
    passive = dx.Passive(
        c_m=dx.learnable(c_m * pq.uF * PER_CM2, bounds=(0.2, 5) * pq.uF * PER_CM2),
        g_leak=dx.learnable(g_leak * pq.uS * PER_CM2, bounds=(5, 500) * pq.uS * PER_CM2),
        e_leak=-65 * MV,
        r_axial=dx.learnable(r_axial * pq.ohm * pq.cm, bounds=(20, 1000) * pq.ohm * pq.cm),
    )
    return dx.Cell(compartments, [passive], v_init=-65 * MV)


def measure() -> list[Measured]:
    """Measure what is recovered from two steps of current."""
    path = _real.path(CELL)
    if path is None:
        why = "the reconstruction is not part of the repository"
        return [not_measured("largest error without noise", "%", 1.0, why)]
    compartments = dx.discretize(dx.read_swc(path), max_length=40 * UM)
    inputs = dx.Inputs([dx.step_current(a * pq.pA, 5 * MS, 60 * MS) for a in (-100, 150)])
    simulator = dx.Simulator(
        100 * MS, 0.1 * MS, record=dx.Record("v", every=0.2 * MS), max_spikes=2
    )
    return recovery(
        model(1.0, 50.0, 150.0, compartments),
        model(1.6, 90.0, 80.0, compartments),
        inputs,
        simulator,
        dx.losses.voltage_mse(1 * MV),
        noise=0.2,
    )
