"""A point with sodium spikes of dendrites: linear from event to event, hence exactly solvable."""

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured, at_least, at_most, near

MS, MV = pq.ms, pq.mV
C, G_LEAK, E_LEAK, V_TH = 80.0, 3.0, -70.0, -40.0  # pF, nS, mV
RISE, FALL = (20.0, 70.0), (20.0, -89.0)  # nS, mV
CURRENT, WEAK, START, T_STOP = 120.0, 90.0, 5.0, 105.0  # pA, ms
DT = 0.025
PUBLISHED = (41.968, 53.566, 65.164)


def model() -> dx.Cell:
    """Return the point: 8000 um2 of membrane."""
    size = np.sqrt(100 * C / np.pi) * pq.um
    point = dx.discretize(dx.single_compartment(size, size), n_per_section=1)
    leak = {
        "c_m": 1 * pq.uF / pq.cm**2,
        "g_leak": G_LEAK / C * pq.mS / pq.cm**2,
        "e_leak": E_LEAK * MV,
    }
    spike = dx.DendriticSpike(
        v_th=V_TH * MV,
        g_rise=RISE[0] * pq.nS,
        g_fall=FALL[0] * pq.nS,
        e_rise=RISE[1] * MV,
        e_fall=FALL[1] * MV,
        duration_rise=2 * MS,
        offset_fall=1 * MS,
        duration_fall=3 * MS,
        t_ref=5 * MS,
    )
    return dx.Cell(point, [dx.Passive(**leak), spike], v_init=E_LEAK * MV, v_th=V_TH * MV)


def exact(n: int) -> np.ndarray:
    """Return when the point reaches its threshold (ms): exponentials, one after the other."""
    t, v, times = START, E_LEAK, []

    def toward(*channels: tuple[float, float]) -> tuple[float, float]:
        g = G_LEAK + sum(g for g, _ in channels)
        return (G_LEAK * E_LEAK + CURRENT + sum(g * e for g, e in channels)) / g, g / C

    for _ in range(n):
        v_inf, rate = toward()
        t, v = t + np.log((v_inf - v) / (v_inf - V_TH)) / rate, V_TH
        times.append(t)
        # Sodium from 0 to 2 ms, potassium from 1 to 4 ms, nothing from 4 to 5 ms.
        for duration, channels in ((1, [RISE]), (1, [RISE, FALL]), (2, [FALL]), (1, [])):
            v_inf, rate = toward(*channels)
            t, v = t + duration, v_inf + (v - v_inf) * np.exp(-rate * duration)
    return np.array(times)


def spikes(current: float, dt: float) -> np.ndarray:
    """Return the simulated spike times (ms)."""
    inputs = dx.Inputs(dx.step_current(current * pq.pA, START * MS, T_STOP * MS))
    return np.asarray(dx.Simulator(T_STOP * MS, dt * MS, max_spikes=16)(model(), inputs).spikes(0))


def measure() -> list[Measured]:
    """Measure spike times against the closed form, and their order."""
    expected, (coarse, fine) = exact(6), (spikes(CURRENT, dt) for dt in (2 * DT, DT))
    quantities = [
        near(f"spikes at {current:g} pA", len(found), "", n, 0, "a count")
        for current, found, n in ((CURRENT, fine, 6), (WEAK, spikes(WEAK, DT), 0))
    ]
    quantities += [
        near(
            f"spike {k + 1} at 120 pA, dt 0.025 ms", fine[k], "ms", expected[k], 1e-3,
            f"the closed form, {PUBLISHED[k]} ms to its three digits",
        )
        for k in range(3)
    ]  # fmt: skip
    order = np.log2(np.abs(coarse - expected) / np.abs(fine - expected))
    return [
        *quantities,
        at_most(
            "largest error of all six spikes, dt 0.025 ms", np.abs(fine - expected).max(), "ms",
            1e-3, "second order, no corner of a current inside of a step",
        ),
        at_least("order, dt 0.05 to 0.025 ms", order.min(), "", 1.9, "second order"),
    ]  # fmt: skip
