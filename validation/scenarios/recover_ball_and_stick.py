"""The conductances of the channels of a spiking soma with a dendrite."""

import quantities as pq

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._recover import recovery

MS, MV, UM, MS_CM2 = pq.ms, pq.mV, pq.um, pq.mS / pq.cm**2


def model(g_na: float, g_k: float) -> dx.Cell:
    """Return the cell; in mS/cm2."""
    shape = dx.discretize(dx.ball_and_stick(20 * UM, 500 * UM, 2 * UM), max_length=50 * UM)
    channels = dx.HodgkinHuxley(
        "soma",
        g_na=dx.learnable(g_na * MS_CM2, bounds=(40, 400) * MS_CM2),
        g_k=dx.learnable(g_k * MS_CM2, bounds=(10, 120) * MS_CM2),
    )
    return dx.Cell(shape, [dx.Passive(e_leak=-65 * MV), channels], celsius=6.3)


def measure() -> list[Measured]:
    """Measure what is recovered from three steps of current, action potentials included."""
    inputs = dx.Inputs([dx.step_current(a * pq.pA, 5 * MS, 35 * MS) for a in (-100, 200, 400)])
    record = dx.Record("v", every=0.1 * MS)
    simulator = dx.Simulator(50 * MS, 0.025 * MS, record=record, max_spikes=16)
    return recovery(
        model(120.0, 36.0),
        model(150.0, 30.0),
        inputs,
        simulator,
        dx.losses.voltage_mse(1 * MV),
        noise=0.5,
        starts=8,
    )
