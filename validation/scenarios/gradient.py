"""Exact gradients of a branched excitable cell against finite differences."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import quantities as pq
from jax import Array

import dendrax as dx
from validation._measured import Measured, at_most

MS, MV, NS, UM = pq.ms, pq.mV, pq.nS, pq.um
PER_CM2 = 1 / pq.cm**2
T_STOP, DT, TOLERANCE = 8.0, 0.05, 1e-5
ROOT, TIP = "dend[0]", "dend[2]"
TIMES = [0.7, 2.51, 3.77, 5.03, 7.7]
REASON = "what extrapolated central differences are good for; the gradients are exact to rounding"


def model() -> dx.Cell:
    """Return a trunk with two branches; what is not said to be learnable is compared too."""
    shape = dx.rall_tree([60, 40] * UM, [3, 2] * UM)
    return dx.Cell(
        dx.discretize(shape, max_length=30 * UM),
        [
            dx.Passive(g_leak=0.3 * pq.mS * PER_CM2, e_leak=-54.3 * MV),
            dx.HodgkinHuxley(),
            dx.ExponentialSynapses(
                "all", n=3, g_max=[2, 1.5, 1] * NS, tau=[5, 3, 8] * MS, delay=[0.2, 0.3, 0.5] * MS
            ),
        ],
        celsius=8.3,
        electrode=ROOT,
        spike_at=ROOT,
        probes={"tip": TIP},
    )  # fmt: skip


def inputs() -> dx.Inputs:
    """Return a pulse into the trunk, and four spikes."""
    return dx.Inputs(
        dx.step_current(60 * pq.pA, 1 * MS, 15 * MS),
        dx.spike_trains([[2.03] * MS, [1.417, 6.231] * MS, [2.243] * MS]),
    )


def voltage_loss(result: dx.SimulationResult) -> Array:
    """Return the mean squared distance of two traces from -60 mV."""
    traces = jnp.stack([result.traces[name] for name in ("v", "tip")])
    return jnp.mean((traces + 60.0) ** 2)


def spike_time_loss(result: dx.SimulationResult) -> Array:
    """Return the squared distance of the first spike from 4 ms."""
    return jnp.sum((result.spike_times[..., 0] - 4.0) ** 2)


def measure() -> list[Measured]:
    """Measure the largest relative error of each parameter, for both losses."""
    losses: dict[str, Callable[[Any], Array]] = {
        "voltage loss": voltage_loss,
        "spike-time loss": spike_time_loss,
    }
    record = dx.Record("v", "tip", at=TIMES * MS)
    simulator = dx.Simulator(T_STOP * MS, DT * MS, record=record, max_spikes=4)
    return [
        at_most(f"{name}: {parameter}", error, "", TOLERANCE, REASON)
        for name, loss in losses.items()
        for parameter, error in dx.check_gradient(
            model(), inputs(), simulator, loss
        ).relative_error.items()
    ]
