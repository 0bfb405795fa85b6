"""What the scenarios of networks share: one network against two other simulators."""

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured, at_least, at_most, near

MS, PA = pq.ms, pq.pA
T_STOP, DT = 30.0, 0.1
STEP = 0.025 * MS  # of dendrax; fifth order, off by less than 1e-8 ms

SPIKES = "Brian2's step of 0.05 ms; six times what is measured or more"
LIMIT = "Brian2's steps of 0.05 and 0.025 ms; six times what is measured or more"
ORDER = "Runge-Kutta's method is of order 4; where in its step a spike falls changes the constant"
PLAIN = "a step for each event on the way to a spike, and what a late one makes others late by"


def inputs_of(n: int, weight: float = 1.0, *, current: bool = False) -> dx.Inputs:
    """Return two trials of spikes at multiples of 0.1 ms, and of currents, if asked for."""
    rng = np.random.default_rng(1)
    spikes = [
        dx.spike_trains(
            [np.sort(np.round(rng.uniform(0, 20, 3), 1)) * MS for _ in range(n)],
            weight=weight * np.linspace(0.8, 1.2, n),
        )
        for _ in range(2)
    ]
    steps = [dx.step_current(level * PA, 2 * MS, 25 * MS) for level in (100, 150)]
    return dx.Inputs(current=steps if current else None, spikes=spikes)


def delays(shape: tuple[int, ...], low: float, high: float) -> pq.Quantity:
    """Return delays at multiples of 0.1 ms that differ."""
    rng = np.random.default_rng(2)
    return np.round(rng.uniform(low, high, shape), 1) * MS


def agreement(
    network: dx.Network,
    inputs: dx.Inputs,
    *,
    spike: float,
    limit: float,
    trace: float,
    plain: float,
    order: float = 3.0,
) -> list[Measured]:
    """Measure how far Brian2 and SciPy are from dendrax, and how that falls with Brian2's step.

    Parameters
    ----------
    network : Network
        With delays that are multiples of 0.1 ms, for the plain schedule of Brian2.
    inputs : Inputs
    spike, limit, plain : float
        Tolerances of spike times in ms: at the middle step, as the step vanishes, and of the first
        spikes in the plain schedule.
    trace : float
        Tolerance of ``v`` at the middle step, rms, in its range.
    order : float
        The smallest order of the difference.
    """
    record = dx.Record("v", every=0.5 * MS)
    simulator = dx.Simulator(T_STOP * MS, STEP, record=record)
    study = dx.convergence(network, inputs, simulator, dt=DT * MS)
    middle = study.comparisons[1]
    ours = simulator(network, inputs)
    third = dx.compare(ours, dx.run_scipy(network, inputs, simulator))
    theirs = dx.run_brian2(network, inputs, simulator, dt=DT / 4 * MS, schedule="default")
    first = [
        np.abs(ours[name].spike_times[..., 0] - theirs[name].spike_times[..., 0]) for name in ours
    ]
    late = max(float(np.max(x[np.isfinite(x)], initial=0.0)) for x in first)
    return [
        at_least("pairs of spikes", middle.n_pairs, "", 15, "enough to say something"),
        near("spikes without partner", middle.n_missing + middle.n_extra, "", 0, 0, "a count"),
        at_most("spike times, dt 0.05 ms", middle.spike_max, "ms", spike, SPIKES),
        at_most("v, rms in its range, dt 0.05 ms", middle.v_relative, "", trace, SPIKES),
        at_least("order of spike times", study.spike_order, "", order, ORDER),
        at_least("order of v", study.v_order, "", order, ORDER),
        at_most("spike times, limit", study.limit.spike_max, "ms", limit, LIMIT),
        at_most("spike times, SciPy", third.spike_max, "ms", 1e-7, "its tolerances of 1e-10"),
        at_most("v, SciPy", third.v_relative, "", 1e-7, "its tolerances of 1e-10"),
        at_most("first spikes, plain schedule, dt 0.025 ms", late, "ms", plain, PLAIN),
    ]
