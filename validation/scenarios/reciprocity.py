"""What must hold in any tree: transfer impedances are symmetric, and no charge is lost."""

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured, at_most

MS, UM, PA = pq.ms, pq.um, pq.pA
PER_CM2 = 1 / pq.cm**2
T_STOP, DT = 40.0, 0.05
PULSE = (2.0, 12.0)  # ms
C_M, TAU = 0.9, 18.0  # uF/cm2, ms
REST = -64.0
PLACES = ("dend[3](0.9)", "dend[6](0.4)")

SHAPE = dx.rall_tree([150, 120, 200] * UM, [4, 2.2, 1.1] * UM)
COMPARTMENTS = dx.discretize(SHAPE, max_length=23 * UM)


def tree(electrode: str, probe: str, *more: dx.AbstractMechanism) -> dx.Cell:
    """Return a cell of seven branches, stimulated at one place and recorded at another."""
    passive = dx.Passive(
        c_m=C_M * pq.uF * PER_CM2, g_leak=C_M / TAU * pq.mS * PER_CM2, e_leak=REST * pq.mV
    )
    return dx.Cell(
        COMPARTMENTS,
        [passive, *more],
        v_init=REST * pq.mV,
        electrode=electrode,
        spike_at=electrode,
        probes={"probe": probe},
        celsius=6.3,
    )


def traces(cell: dx.Cell, amplitude: float, name: str = "probe") -> np.ndarray:
    """Return what is recorded during a pulse."""
    record = dx.Record(name, every=DT * MS)
    inputs = dx.Inputs(dx.step_current(amplitude * PA, PULSE[0] * MS, PULSE[1] * MS))
    result = dx.Simulator(T_STOP * MS, DT * MS, record=record)(cell, inputs)
    return np.asarray(result.traces[name])[0, 0]


def asymmetry(amplitude: float, *more: dx.AbstractMechanism) -> float:
    """Return how much the response depends on which of two places is stimulated.

    Relative to the largest response; of nonlinear membranes, the part that is odd in the current.
    """
    there, back = (
        traces(tree(*places, *more), amplitude) - traces(tree(*places, *more), -amplitude)
        for places in (PLACES, PLACES[::-1])
    )
    return float(np.max(np.abs(there - back)) / np.max(np.abs(there)))


def charge(cell: dx.Cell, amplitude: float) -> np.ndarray:
    """Return the charge (fC) on the membrane of a cell."""
    area = np.asarray(cell.compartments.area)
    return 0.01 * C_M * area @ (traces(cell, amplitude, "v_cell") - REST)


def measure() -> list[Measured]:
    """Measure asymmetries of a passive and of an excitable tree, and the charge of the passive."""
    amplitude, t = 100.0, np.arange(round(T_STOP / DT) + 1) * DT
    cell = tree(*PLACES)
    found = charge(cell, amplitude)
    since = [TAU * (1 - np.exp(-np.maximum(t - edge, 0) / TAU)) for edge in PULSE]
    exact = amplitude * (since[0] - since[1])
    # A point of the same membrane, whose equation the sum over the tree obeys step by step.
    area = COMPARTMENTS.area.sum()
    point = dx.discretize(dx.cylinder(1000 * UM, area / np.pi / 1000 * UM), n_per_section=1)
    alone = dx.Cell(
        point, cell.mechanisms, v_init=REST * pq.mV, electrode="dend[0]", spike_at="dend[0]"
    )
    rounding = "rounding: -64 mV has 14 digits, the response of some mV one less"
    return [
        at_most("asymmetry between two branches, passive", asymmetry(100.0), "", 1e-11, rounding),
        at_most(
            "asymmetry between two branches, squid axon at rest",
            asymmetry(0.1, dx.HodgkinHuxley()), "",
            1e-5,
            "linear around rest: what is left of the nonlinearity goes with the square of 0.1 pA",
        ),
        at_most(
            "charge of the tree against that of a point",
            np.max(np.abs(found - charge(alone, amplitude))) / np.max(found), "", 1e-11, rounding,
        ),
        at_most(
            "charge of the tree against its closed form",
            np.max(np.abs(found - exact)) / np.max(exact), "", 2e-5,
            "two damped halves and Crank-Nicolson, (dt / tau)^2 = 8e-6, after each of two steps",
        ),
    ]  # fmt: skip
