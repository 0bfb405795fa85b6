"""What the scenarios of Brian2 share: one model against two other simulators."""

from typing import Any

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured, at_least, at_most, near

MS, PA = pq.ms, pq.pA
T_STOP, DT = 60.0, 0.05
# Fifth order; off by less than 1e-8 ms with this step.
STEP = 0.025 * MS

# Two trials: a step with a ramp, and spikes at grid points.
POINT = dx.Inputs(
    current=[
        dx.step_current(level * PA, 5 * MS, 55 * MS)
        + dx.ramp_current(0 * PA, 100 * PA, 20 * MS, 40 * MS)
        for level in (400, 600)
    ],
    spikes=dx.spike_trains([[10, 12.5, 30] * MS, [31, 50] * MS], weight=[120, -60] * PA),
)
PURE = dx.Inputs(
    current=[dx.step_current(level, 5 * MS, 55 * MS) for level in (10.0, 20.0)],
    spikes=dx.spike_trains([[10, 12.5, 30] * MS, [31, 50] * MS], weight=[5.0, -3.0]),
)
SPIKES = "Brian2's step; about ten times what is measured"
ORDER = "Runge-Kutta's method is of order 4; where in its step a spike falls changes the constant"
PLAIN = "an input acts up to one step late, and a spike is noted up to one step early"


def agreement(
    model: Any, inputs: dx.Inputs, *, spike: float, trace: float = 1e-6, order: float = 3.5
) -> list[Measured]:
    """Measure how far Brian2 and SciPy are from dendrax, and how that falls with Brian2's step.

    Parameters
    ----------
    model : AbstractNeuron
    inputs : Inputs
    spike, trace : float
        Tolerances at the smaller step: of spike times in ms, and of ``v``, rms, in its range.
    order : float
        The smallest order of the difference.
    """
    record = dx.Record("v", every=0.1 * MS)
    simulator = dx.Simulator(T_STOP * MS, STEP, record=record)
    study = dx.convergence(model, inputs, simulator, dt=2 * DT * MS)
    fine = study.comparisons[1]
    ours = simulator(model, inputs)
    third = dx.compare(ours, dx.run_scipy(model, inputs, simulator))
    plain = dx.run_brian2(model, inputs, simulator, dt=DT * MS, schedule="default")
    found = [
        near("spikes without partner", fine.n_missing + fine.n_extra, "", 0, 0, "a count"),
        at_most(f"v, rms in its range, dt {DT} ms", fine.v_rms / fine.v_range, "", trace, SPIKES),
        at_least("order of v", study.v_order, "", order, ORDER),
        at_most("v, SciPy", third.v_rms / third.v_range, "", 1e-7, "its tolerances of 1e-10"),
    ]
    if not fine.n_pairs:
        return found
    first = np.abs(ours.spike_times[..., 0] - plain.spike_times[..., 0])
    return [
        *found,
        at_most(f"spike times, dt {DT} ms", fine.spike_max, "ms", spike, SPIKES),
        at_least("order of spike times", study.spike_order, "", order, ORDER),
        at_most("spike times, SciPy", third.spike_max, "ms", 1e-6, "its tolerances of 1e-10"),
        at_most("first spikes, plain schedule", first.max(), "ms", 2 * DT, PLAIN),
    ]
