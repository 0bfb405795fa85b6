"""Calcium spikes of a human cell: the stronger the drive of the dendrite, the smaller they are.

The phenomenological model of Gidon et al. 2020, Science 367:83, in their cell 171122005.
"""

from typing import NamedTuple

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured, at_most, near, not_measured
from validation.scenarios import _real

CELL = "human_l23_171122005"
# apic[76](0.214) of the publication, whose file has sections in another order.
SITE = "apic[47](0.214)"
MS, MV, PER_CM2 = pq.ms, pq.mV, 1 / pq.cm**2
START, STOP, T_STOP, DT = 200.0, 1200.0, 1300.0, 0.05  # ms
REFRACTORY, DELAY = 200.0, 21.0  # ms
# What NEURON gives with the code of the authors, dt 0.05 ms: mV of the steady dendritic spikes.
AMPLITUDES = {220.0: 49.9, 260.0: 27.0, 300.0: 14.6}
BELOW = 210.0  # pA


class Response(NamedTuple):
    """What a current into the dendrite does."""

    t: np.ndarray  # ms
    v: np.ndarray  # mV, at the site
    soma_v: np.ndarray  # mV
    starts: np.ndarray  # of the dendritic spikes, ms
    size: np.ndarray  # of each, K of the model

    @property
    def amplitudes(self) -> np.ndarray:
        """How far above the voltage at its beginning each spike rises (mV)."""
        found = []
        for start in self.starts:
            k, end = np.searchsorted(self.t, [start, start + 2 * DELAY])
            found.append(self.v[k:end].max() - self.v[k])
        return np.array(found)


def model(*, traub: bool = True) -> dx.Cell:
    """Return the cell, with one compartment that makes calcium spikes."""
    path = _real.path(CELL)
    assert path is not None
    shape = dx.read_swc(path)
    numbers = {
        name: n if name.startswith("apic") else 1
        for name, n in _real.odd_numbers(shape).items()
    }  # fmt: skip
    compartments = dx.discretize(shape, n_per_section=numbers)
    passive = dx.Passive(
        c_m=0.45 * pq.uF * PER_CM2,
        g_leak=1 / 37 * pq.mS * PER_CM2,
        e_leak=-74 * MV,
        r_axial=100 * pq.ohm * pq.cm,
    )
    channels = [
        channel(region, **arguments, v_shift=10 * MV)
        for region in ("soma", "axon")
        for channel, arguments in (
            (dx.NaT, {"g_max": 100 * pq.mS * PER_CM2, "e_na": 90 * MV}),
            (dx.Kdr, {"g_max": 45 * pq.mS * PER_CM2, "e_k": -80 * MV}),
        )
    ]
    spike = dx.CalciumSpike(SITE, w=1600 * pq.uA * PER_CM2)
    return dx.Cell(
        compartments,
        [passive, *(channels if traub else []), spike],
        v_init=-75 * MV,
        electrode=SITE,
        probes={
            "site": SITE,
            "soma": "soma",
            "age": dx.Probe("age", SITE, of="CalciumSpike"),
            "size": dx.Probe("amplitude", SITE, of="CalciumSpike"),
        },
        celsius=35.0,
    )


def response(cell: dx.Cell, current: float, dt: float = DT) -> Response:
    """Simulate a pulse of one second into the dendrite."""
    record = dx.Record("site", "soma", "age", "size", every=dt * MS)
    simulator = dx.Simulator(T_STOP * MS, dt * MS, record=record, max_spikes=64)
    pulse = dx.step_current(current * pq.pA, START * MS, STOP * MS)
    result = simulator(cell, dx.Inputs(pulse))
    v, soma, age, size = (np.asarray(result.traces[k])[0, 0] for k in record.names)
    t = np.arange(len(v)) * dt
    # Some time after the beginning: samples right at it are interpolated across it.
    later = np.flatnonzero((age >= 1.0) & (age < 1.0 + dt))
    return Response(t, v, soma, t[later] - age[later], size[later])


def measure() -> list[Measured]:
    """Measure threshold and amplitudes."""
    if _real.path(CELL) is None:
        why = "the reconstruction is not part of the repository"
        return [not_measured("dendritic spikes of the human cell", "mV", 3.0, why)]
    cell = model()
    weak = response(cell, BELOW)
    quantities = [near(f"spikes at {BELOW:g} pA", len(weak.starts), "", 0, 0, "a count")]
    for current, expected in AMPLITUDES.items():
        found = response(cell, current)
        steady = found.amplitudes[-1]
        quantities += [
            near(f"spikes at {current:g} pA", len(found.starts), "", 5, 0, "one per 200 ms"),
            near(
                f"steady amplitude at {current:g} pA", steady, "mV", expected, 0.03 * expected,
                "3 %: K is exp(-v / 11.7 mV), so that 0.35 mV at the site make that difference",
            ),
        ]  # fmt: skip
        if current == min(AMPLITUDES):
            soonest = np.min(np.diff(found.starts))
            quantities.append(
                at_most(
                    f"shortest interval at {current:g} pA, less the refractory period",
                    abs(soonest - REFRACTORY), "ms", DT,
                    "above threshold a spike begins when the period ends",
                )
            )  # fmt: skip
    return quantities
