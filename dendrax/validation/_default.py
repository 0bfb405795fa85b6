"""Brian2 as most people run it: its own schedule, thresholds and resets at grid points."""

from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.inputs import Inputs
from dendrax.validation._equations import Equations
from dendrax.validation._network import Run, arrivals, differential, trains
from dendrax.validation._ticks import electrode, input_times, ticks


def run_default(
    brian2: Any,
    model: Equations,
    inputs: Inputs,
    t_stop: float,
    dt: float,
    sample_times: np.ndarray,
    variables: list[str],
) -> Run:
    """Run a model on the plain grid: an independent check, of the first order in ``dt``.

    Raises
    ------
    ModelError
        If an input or ``t_stop`` is not on the grid: Brian2 would move it without a word.
    """
    at = ticks(t_stop, dt, np.array([]))
    due = np.append(input_times(inputs, t_stop), np.round(t_stop, 9))
    on_grid = np.isin(due, np.round(np.arange(at.size) * dt, 9))
    if not on_grid.all():
        raise ModelError(
            "schedule='default' takes inputs and t_stop at multiples of dt only, because Brian2 "
            f"moves others onto its grid; got {due[~on_grid][0]:g} ms with dt = {dt:g} ms. "
            "Use schedule='aligned', which keeps them."
        )
    step = dt * brian2.ms
    constants = {
        **model.constants,
        "electrode_at": brian2.TimedArray(electrode(inputs, at)[0], dt=step),
    }
    group = brian2.NeuronGroup(
        inputs.n_trials,
        differential(model, pace="1")
        + "\nfree = int(not_refractory) : 1\nelectrode = electrode_at(t, i) : 1",
        threshold=f"{model.watched} >= {model.level}",
        reset=model.reset,
        refractory=model.constants.get("t_ref", 0.0) * brian2.ms,
        method="rk4",
        dt=step,
        namespace=constants,
    )
    for name, start in model.start.items():
        setattr(group, name, start)
    spikes = brian2.SpikeMonitor(group)
    states = brian2.StateMonitor(group, variables, record=True, dt=step)
    delivery = arrivals(brian2, group, model, inputs, at, step, when="thresholds")
    network = brian2.Network(group, spikes, states, *delivery)
    # One step more than fits: its start is the sample at t_stop, its spikes come too late.
    network.run(at.size * step, namespace=constants)
    time = np.asarray(spikes.t / brian2.ms)
    in_time = time < t_stop - 0.5 * dt
    kept = np.searchsorted(at, np.round(sample_times, 9))
    return Run(
        spikes=trains(np.asarray(spikes.i)[in_time], time[in_time], inputs.n_trials),
        samples={name: np.asarray(getattr(states, name))[:, kept] for name in variables},
        n_steps=at.size - 1,
    )
