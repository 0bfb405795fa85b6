"""NMDA plateaus of a thin dendrite: all or none in the number of synapses.

A soma with one dendrite of 150 um; N synapses with AMPA and NMDA receptors at one place get one
spike at once. Some more of them turn a short potential into a plateau of tens of ms (Schiller et
al. 2000, Nature 404:285). The numbers are those of NEURON 9.0.2 (CVODE) with the same cell.
"""

from itertools import pairwise

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured, near

PER_CM2 = 1 / pq.cm**2
PLACE, REST, START, EVERY = "dend[0](0.8)", -75.0, 10.0, 0.02
COUNTS = tuple(range(5, 45, 5))
# By number of synapses: peak (mV) and width at half of it (ms) in the dendrite, peak in the soma.
NEURON = {10: (45.39, 4.5, 4.56), 30: (64.94, 49.7, 11.55)}

REASON = "what NEURON gives, to half of its last digit and the sampling"


def model() -> dx.Cell:
    """Return the cell; its spike weights are numbers of synapses."""
    shape = dx.ball_and_stick(50 * pq.um, 150 * pq.um, 1 * pq.um)
    common = {"e_leak": REST * pq.mV, "r_axial": 150 * pq.ohm * pq.cm}
    return dx.Cell(
        dx.discretize(shape, n_per_section={"soma": 1, "dend": 31}),
        [
            dx.Passive("soma", g_leak=0.255 * pq.mS * PER_CM2, **common),
            dx.Passive("basal", g_leak=0.05 * pq.mS * PER_CM2, **common),
            dx.AMPA(at=PLACE),
            dx.NMDA(at=PLACE),
        ],
        v_init=REST * pq.mV,
        probes={"dendrite": PLACE},
    )


def responses() -> dict[int, tuple[float, float, float]]:
    """Return what ``NEURON`` has, for all numbers of synapses."""
    trains = [dx.spike_trains([[START] * pq.ms] * 2, weight=float(n)) for n in COUNTS]
    record = dx.Record("v", "dendrite", every=EVERY * pq.ms)
    simulator = dx.Simulator(150 * pq.ms, 0.025 * pq.ms, record=record)
    traces = simulator(model(), dx.Inputs(spikes=trains)).traces
    found = {}
    for n, soma, dendrite in zip(COUNTS, *(traces[x] for x in record.names), strict=True):
        above = np.asarray(dendrite)[0] - REST
        width = EVERY * np.sum(above > above.max() / 2)
        found[n] = float(above.max()), float(width), float(np.max(soma)) - REST
    return found


def measure() -> list[Measured]:
    """Return potentials of few and of many synapses, and how sharply they differ."""
    found, rows = responses(), []
    for n, wanted in NEURON.items():
        for name, unit, value, target, tolerance in zip(
            ("peak in the dendrite", "width at half the peak", "peak in the soma"),
            ("mV", "ms", "mV"),
            found[n],
            wanted,
            (0.05, 0.1, 0.02),
            strict=True,
        ):
            rows.append(near(f"{name}, {n} synapses", value, unit, target, tolerance, REASON))
    # Five more synapses make it several times longer once, and hardly at any other number.
    growth = [found[b][1] / found[a][1] for a, b in pairwise(COUNTS)]
    jump = int(np.argmax(growth))
    rows.append(
        near(
            "jumps of the width by a factor of 3", np.sum(np.array(growth) > 3), "", 1, 0,
            "a count: all or none",
        )
    )  # fmt: skip
    rows.append(near("synapses at the jump", COUNTS[jump + 1], "", 20, 0, "a count, in fives"))
    return rows
