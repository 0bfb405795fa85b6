"""Cells in Brian2: a group of compartments, with their axial currents in its equations."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dendrax.errors import SimulationError
from dendrax.validation._group import begin, namespace
from dendrax.validation._outcome import Run
from dendrax.validation._pace import Pace
from dendrax.validation._rows import functions_of_brian2, must_be_stable, variable_and_row
from dendrax.validation._stimulus import DIGITS, Stimulus, ticks
from dendrax.validation._substeps import runge_kutta
from dendrax.validation._units import in_each_trial
from dendrax.validation.transcriptions import CellEquations, Equations


def run_compartments(
    brian2: Any,
    cell: CellEquations,
    stimulus: Stimulus,
    t_stop: float,
    dt: float,
    sample_times: np.ndarray,
    variables: list[str],
) -> Run:
    """Run a cell so that only the error of Runge-Kutta's method remains.

    The clock of Brian2 counts steps, and :class:`Pace` says how long each of them lasts.

    Raises
    ------
    ModelError
        If the step is too long for the axial currents.
    SimulationError
        If a state becomes infinite or NaN.
    """
    must_be_stable(cell, dt)
    waves = [part.driven.start for part in cell.mechanisms if part.driven is not None]
    stops = np.concatenate([stimulus.stops(t_stop), sample_times, *map(np.ravel, waves)])
    at = ticks(t_stop, dt, stops[(stops >= 0) & (stops <= t_stop)])
    step = dt * brian2.ms
    constants = {**namespace(brian2, cell), **functions_of_brian2(brian2, cell), "step_ms": dt}
    group = brian2.NeuronGroup(
        stimulus.n_neurons * cell.n_rows,
        _variables(cell),
        dt=step,
        namespace=constants,
    )
    begin(group, in_each_trial(cell, stimulus.n_neurons))
    pace = Pace(group, cell, stimulus, at, dt)
    recorded = sorted({variable_and_row(each)[0] for each in variables})
    states = brian2.StateMonitor(
        group, ["now", *recorded], record=True, dt=step, when="before_groups", order=1
    )

    def operation(action: Callable[[], None], when: str, order: int) -> Any:
        # Brian2 counts the arguments of what it calls.
        return brian2.NetworkOperation(lambda: action(), dt=step, when=when, order=order)

    operations = [
        operation(pace.begin, "start", 0),
        operation(pace.save, "before_groups", 2),
        operation(pace.end, "after_groups", 0),
    ]
    group.run_regularly(
        "\n".join(["h = pace*step_ms", *runge_kutta(cell, "h")]), dt=step, when="groups"
    )
    if cell.begin:
        group.run_regularly(cell.begin, dt=step, when="before_groups")
    network = brian2.Network(group, states, *operations)
    pace.finished = network.stop
    # Until the trials are finished. What is infinite is reported below.
    with np.errstate(all="ignore"):
        network.run(1e6 * brian2.second, namespace=constants)
    if not all(np.isfinite(np.asarray(getattr(group, x))).all() for x in cell.rates):
        raise SimulationError(
            f"the state must stay finite; in Brian2 it became infinite or NaN with dt = {dt:g} ms. "
            "Take a smaller dt."
        )
    return Run(
        spikes=[np.array(train) for train in pace.spikes],
        samples=_samples(states, cell, variables, sample_times),
        n_steps=pace.n_steps,
    )


def _variables(equations: Equations) -> str:
    """Return the declaration of what a row has."""
    own = [name for name, value in equations.constants.items() if np.ndim(value)]
    lines = [f"{name} : 1" for name in (*equations.rates, *equations.marks, "pace", "now")]
    named = {**equations.shorthand, **equations.observed}
    lines += [f"{name} = {text} : 1" for name, text in named.items()]
    return "\n".join([*lines, *(f"{name} : 1 (constant)" for name in own)])


def _samples(
    states: Any, cell: CellEquations, variables: list[str], times: np.ndarray
) -> dict[str, np.ndarray]:
    """Return each variable of a row at the sample times, by trial."""
    now = np.asarray(states.now)[:: cell.n_rows]
    kept = [np.searchsorted(each, times - 0.5 * 10.0**-DIGITS) for each in now]
    samples = {}
    for each in variables:
        name, row = variable_and_row(each)
        found = np.asarray(getattr(states, name))[row :: cell.n_rows]
        samples[each] = np.stack([x[at] for x, at in zip(found, kept, strict=True)])
    return samples
