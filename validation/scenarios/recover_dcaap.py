"""Threshold and amplitude of a dendritic calcium spike, from the voltage of soma and dendrite."""

import quantities as pq

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._recover import recovery

MS, MV, UM, UA_CM2 = pq.ms, pq.mV, pq.um, pq.uA / pq.cm**2
TIP = "dend[0](0.9)"


def model(v_th: float, w: float) -> dx.Cell:
    """Return the cell; in mV and uA/cm2."""
    shape = dx.discretize(dx.ball_and_stick(20 * UM, 200 * UM, 2 * UM), max_length=20 * UM)
    spike = dx.CalciumSpike(
        TIP,
        v_th=dx.learnable(v_th * MV, bounds=(-60, -20) * MV),
        w=dx.learnable(w * UA_CM2, bounds=(300, 8000) * UA_CM2),
    )
    passive = dx.Passive(e_leak=-74 * MV)
    return dx.Cell(shape, [passive, spike], v_init=-74 * MV, electrode=TIP, probes={"tip": TIP})


def measure() -> list[Measured]:
    """Measure what is recovered from two steps of current into the dendrite."""
    inputs = dx.Inputs([dx.step_current(a * pq.pA, 20 * MS, 150 * MS) for a in (250, 300)])
    record = dx.Record("v", "tip", every=0.25 * MS)
    simulator = dx.Simulator(200 * MS, 0.1 * MS, record=record, max_spikes=8)
    somatic, dendritic = (dx.losses.voltage_mse(1 * MV, trace=name) for name in record.names)
    return recovery(
        model(-36.0, 1600.0),
        model(-40.0, 1100.0),
        inputs,
        simulator,
        somatic + dendritic,
        noise=0.2,
        noisy=record.names,
    )
