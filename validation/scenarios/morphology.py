"""Reconstructed cells: lengths, membranes and input resistances against NEURON's Import3D."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured, at_most, not_measured
from validation.scenarios import _real

# By NEURON 9.0.2: length (um) and membrane (um2) of each region.
REGIONS = {
    "ca1_n120": {
        "soma": (20.804114, 933.96522),
        "basal": (7459.6080, 19730.048),
        "apical": (4429.6874, 11829.454),
    },
    "human_l23_171122005": {
        "soma": (24.491211, 1884.3413),
        "axon": (1000.0001, 3141.5928),
        "basal": (9548.8890, 50458.103),
        "apical": (9747.2774, 51085.188),
    },
}
# Input resistances (MOhm) with 150 ohm cm, 20 kohm cm2 and 1 + 2 int(L / 30 um) compartments.
RESISTANCES = {
    "ca1_n120": {
        "soma[0](0.5)": 103.70501,
        "apic[30](0.5)": 401.98758,
        "dend[58](0.9)": 299.22495,
    },
    "human_l23_171122005": {
        "soma[0](0.5)": 24.519592,
        "apic[47](0.214)": 186.58487,
        "apic[31](0.99)": 75.463514,
    },
}
TOLERANCE = 0.5  # %
TAU, REST, CURRENT = 20.0, -70.0, 100.0  # ms, mV, pA
T_STOP, DT = 20 * TAU, 0.5


def input_resistance(compartments: dx.Compartments, place: str) -> float:
    """Simulate 20 time constants of a constant current and return the resistance (MOhm)."""
    passive = dx.Passive(
        c_m=1 * pq.uF / pq.cm**2,
        g_leak=1 / 20 * pq.mS / pq.cm**2,
        e_leak=REST * pq.mV,
        r_axial=150 * pq.ohm * pq.cm,
    )
    cell = dx.Cell(
        compartments, [passive], v_init=REST * pq.mV, electrode=place, spike_at=place
    )  # fmt: skip
    record = dx.Record("v", at=[T_STOP] * pq.ms)
    simulator = dx.Simulator(T_STOP * pq.ms, DT * pq.ms, record=record)
    current = dx.step_current(CURRENT * pq.pA, 0 * pq.ms, 2 * T_STOP * pq.ms)
    v = float(simulator(cell, dx.Inputs(current)).traces["v"][0, 0, 0])
    return 1e3 * (v - REST) / CURRENT


def measure() -> list[Measured]:
    """Measure both cells, if they are there."""
    quantities: list[Measured] = []
    for name in REGIONS:
        path = _real.path(name)
        if path is None:
            why = "the reconstructions are not part of the repository"
            quantities.append(not_measured(f"{name}: all", "%", TOLERANCE, why))
        else:
            quantities += _of(name, path)
    return quantities


def _of(name: str, path: Path) -> Iterator[Measured]:
    shape = dx.read_swc(path)
    cut = dx.discretize(shape, n_per_section=_real.odd_numbers(shape))

    def deviation(what: str, found: float, expected: float) -> Measured:
        reason = "NEURON keeps points in single precision; conventions would differ by more"
        error = 100 * abs(found / expected - 1)
        return at_most(f"{name}: {what}", error, "%", TOLERANCE, f"{reason} ({expected:.7g})")

    total = sum(area for _, area in REGIONS[name].values())
    yield deviation("membrane", cut.area.sum(), total)
    for region, (length, area) in REGIONS[name].items():
        inside = dx.select(cut, region)
        yield deviation(f"length of {region}", np.sum(cut.length[inside]), length)
        yield deviation(f"membrane of {region}", np.sum(cut.area[inside]), area)
    for place, expected in RESISTANCES[name].items():
        yield deviation(f"input resistance at {place}", input_resistance(cut, place), expected)
