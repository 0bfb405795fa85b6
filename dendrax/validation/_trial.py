"""A user's own model on trial: exact gradients, and two independent simulators."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dendrax.errors import DendraxError
from dendrax.inputs import Inputs
from dendrax.neurons import AbstractNeuron
from dendrax.simulation import Simulator
from dendrax.units import to_quantity
from dendrax.validation._brian2 import run_brian2
from dendrax.validation._compare import compare
from dendrax.validation._comparison import Comparison
from dendrax.validation._gradient import check_gradient
from dendrax.validation._scipy import run_scipy

# Differences of five step sizes, extrapolated, are this good where spikes are no better than the
# default steps of the simulator.
_GRADIENT = 1e-4
# What default steps and Brian2's differ by at most, upstrokes of AdEx included (ms).
_SPIKE_TIME = 1e-2
# Of a trace, as a part of its range.
_TRACE = 1e-3
_BRIAN2_STEP = 0.05


class Verdict(NamedTuple):
    """One quantity and what it has to stay below; NaN if it could not be had, for a reason."""

    what: str
    value: float
    tolerance: float
    unit: str = ""
    reason: str = ""

    @property
    def passed(self) -> bool:
        """Whether the value is within the tolerance."""
        return self.value <= self.tolerance


def try_model(model: AbstractNeuron, inputs: Inputs, simulator: Simulator) -> Iterator[Verdict]:
    """Compare a model's exact gradients with differences, and its run with SciPy and Brian2.

    Parameters
    ----------
    model : AbstractNeuron
    inputs : Inputs
        Should make it spike.
    simulator : Simulator
        Should record on a grid, for voltages to be compared.

    Yields
    ------
    Verdict
        One by one, as they come in.
    """
    ours = simulator(model, inputs)
    n_spikes = int(ours.spike_counts.sum())
    yield Verdict("no spike at all", float(n_spikes == 0), 0.0)
    name, error = check_gradient(model, inputs, simulator).worst
    yield Verdict(f"gradient, relative error ({name})", error, _GRADIENT)
    simulators = {
        "SciPy": lambda: run_scipy(model, inputs, simulator),
        f"Brian2, dt {_BRIAN2_STEP:g} ms": lambda: run_brian2(
            model, inputs, simulator, dt=to_quantity(_BRIAN2_STEP, "ms")
        ),
    }
    for title, run in simulators.items():
        try:
            theirs = run()
        except (DendraxError, ImportError) as error:
            yield Verdict(title, np.nan, 0.0, reason=str(error))
        else:
            yield from _agreement(title, compare(ours, theirs), n_spikes)


def _agreement(title: str, found: Comparison, n_spikes: int) -> Iterator[Verdict]:
    alone = float(found.n_missing + found.n_extra)
    yield Verdict(f"{title}: spikes of {n_spikes} without a partner", alone, 0.0)
    yield Verdict(f"{title}: spike times", found.spike_max, _SPIKE_TIME, "ms")
    if found.trace is not None:
        limit = _TRACE * found.v_range
        yield Verdict(f"{title}: {found.trace}, rms", found.v_rms, limit, found.unit)
