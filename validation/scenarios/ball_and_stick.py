"""The excitable ball and stick: when it spikes, and whether its trace is that of NEURON."""

from typing import Any

import numpy as np

from validation._measured import Measured, at_most, near, not_measured
from validation.benchmarks.processes import WorkerError
from validation.scenarios import _peers

DT = 0.025
# By two simulators, extrapolated to steps of no length (ms).
LAST = 93.0815
TASK = {"compartments": 50, "dt": DT}


def measure() -> list[Measured]:
    """Measure the last of eight spikes, and the mean distance from NEURON's trace."""
    ours = _peers.computed("dendrax_cable", **TASK, mode="forward")
    spikes = ours["values"][0]
    quantities = [
        near("spikes, dt 0.025 ms", len(spikes), "", 8, 0, "a count"),
        near(
            "last spike, dt 0.025 ms", spikes[-1], "ms", LAST, 0.02,
            "what Crank-Nicolson leaves elsewhere; backward Euler is 0.51 ms late",
        ),
    ]  # fmt: skip
    try:
        theirs = _peers.computed("neuron_cable", **TASK, order=2)
    except WorkerError as error:
        name = "mean distance from NEURON, Crank-Nicolson, dt 0.025 ms"
        return [*quantities, not_measured(name, "mV", 0.05, str(error))]
    return [*quantities, *_distances(ours, theirs)]


def _distances(ours: dict[str, Any], theirs: dict[str, Any]) -> list[Measured]:
    apart = {k: np.mean(np.abs(ours[k] - theirs[k])) for k in ("v", "tip")}
    return [
        at_most(
            f"mean distance from NEURON, Crank-Nicolson, dt 0.025 ms, {place}", apart[k], "mV",
            0.05, "a spike rises by 0.4 mV in 1 us: spikes are the same to about 1 us",
        )
        for k, place in (("v", "soma"), ("tip", "end of the dendrite"))
    ]  # fmt: skip
