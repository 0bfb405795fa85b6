"""A cable that tapers, in its steady state, against Bessel functions."""

import numpy as np
import quantities as pq
from scipy.special import iv, kv

import dendrax as dx
from validation._measured import Measured, at_most
from validation.scenarios import _rallpack as rallpack

LENGTH, THIN, THICK = 1000.0, 1.0, 1.7  # um, um, um
N, DT = 200, 0.5
T_STOP = 20 * rallpack.TAU


def exact(x: np.ndarray, first: float, last: float) -> np.ndarray:
    """Return the voltage (mV) above rest at some distance from the injection.

    The radius is linear, so that ``(r^2 v')' = c r v``, of which the solutions are Bessel functions
    of order 1 of ``2 sqrt(k r)``, divided by ``sqrt(r)``.
    """
    slope = (last - first) / 2 / LENGTH
    # 100 ohm cm over 40 000 ohm cm2, with the membrane of the cone.
    k = 2 * 100 / 40_000 * 1e-4 * np.sqrt(1 + slope**2) / slope**2  # 1/um

    def both(r: np.ndarray | float) -> np.ndarray:
        z = 2 * np.sqrt(k * np.asarray(r))
        return np.stack([iv(1, z), kv(1, z)]) / np.sqrt(r)

    def gradients(r: float) -> np.ndarray:
        z = 2 * np.sqrt(k * r)
        # The derivatives of iv(1, z) / z and kv(1, z) / z, and of z.
        return np.array([iv(2, z), -kv(2, z)]) * np.sqrt(k) / r * slope

    inward = rallpack.CURRENT * 1e-3 / (np.pi * (first / 2) ** 2)  # mV per um: 100 ohm cm
    wanted = np.array([-inward, 0.0])
    amplitudes = np.linalg.solve([gradients(first / 2), gradients(last / 2)], wanted)
    return amplitudes @ both(first / 2 + slope * x)


def steady(first: float, last: float) -> np.ndarray:
    """Return the simulated voltage (mV) above rest in the middle of each compartment."""
    shape = dx.cylinder(LENGTH * pq.um, [first, last] * pq.um)
    record = dx.Record("v_cell", at=[T_STOP] * pq.ms)
    simulator = dx.Simulator(T_STOP * pq.ms, DT * pq.ms, record=record)
    current = dx.step_current(rallpack.CURRENT * pq.pA, 0 * pq.ms, 2 * T_STOP * pq.ms)
    result = simulator(rallpack.cell(shape, N), dx.Inputs(current))
    return np.asarray(result.traces["v_cell"]).ravel() - rallpack.E_LEAK


def measure() -> list[Measured]:
    """Measure the largest relative error along the cable, for both directions."""
    x = (np.arange(N) + 0.5) * LENGTH / N
    return [
        at_most(
            f"largest error along a cable of {N} compartments, current into the {end} end",
            100 * np.max(np.abs(steady(*ends) / exact(x, *ends) - 1)), "%", 0.1,
            "what a suite of tests for simulators asks; after 20 time constants 2e-9 is left",
        )
        for end, ends in (("thin", (THIN, THICK)), ("thick", (THICK, THIN)))
    ]  # fmt: skip
