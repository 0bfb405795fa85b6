"""Brian2 as most people run it: its own schedule, thresholds and resets at grid points."""

from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.validation._group import arrivals, begin, differential, namespace, trains
from dendrax.validation._outcome import Run
from dendrax.validation._stimulus import DIGITS, Stimulus, ticks
from dendrax.validation.transcriptions import Equations


def run_default(
    brian2: Any,
    model: Equations,
    stimulus: Stimulus,
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
    must_be_on_grid(np.append(stimulus.stops(t_stop), t_stop), at.size, dt)
    step = dt * brian2.ms
    constants = {
        **namespace(brian2, model),
        "electrode_at": brian2.TimedArray(stimulus.electrode(at)[0], dt=step),
    }
    group = plain_group(brian2, model, stimulus.n_neurons, step, constants)
    states = brian2.StateMonitor(group, variables, record=True, dt=step)
    spikes = [brian2.SpikeMonitor(group)] if model.condition else []
    delivery = arrivals(brian2, group, model, stimulus, at, step, when="thresholds")
    network = brian2.Network(group, *spikes, states, *delivery)
    # One step more than fits: its start is the sample at t_stop, its spikes come too late.
    network.run(at.size * step, namespace=constants)
    neuron, time = plain_spikes(spikes, brian2.ms, t_stop - 0.5 * dt)
    kept = np.searchsorted(at, np.round(sample_times, DIGITS))
    return Run(
        spikes=trains(neuron, time, stimulus.n_neurons),
        samples={name: np.asarray(getattr(states, name))[:, kept] for name in variables},
        n_steps=at.size - 1,
    )


def plain_group(brian2: Any, model: Equations, n: int, step: Any, constants: dict) -> Any:
    """Return the neurons of a model as one group, with events at grid points."""
    group = brian2.NeuronGroup(
        n,
        differential(model, pace="1") + "\nelectrode = electrode_at(t, i) : 1",
        threshold=f"{model.condition} >= 0" if model.condition else None,
        reset=f"t_spike = t/ms\n{model.reset}" if model.condition else None,
        events={"wake": f"{model.timer} <= t/ms"} if model.timer else None,
        method="rk4",
        dt=step,
        namespace=constants,
    )
    if model.timer:
        group.run_on_event("wake", model.expired)
    begin(group, model)
    return group


def plain_spikes(monitors: list[Any], ms: Any, before: float) -> tuple[np.ndarray, np.ndarray]:
    """Return who spiked and when (ms), of one monitor or none."""
    if not monitors:
        return np.empty(0, int), np.empty(0)
    neuron, time = np.asarray(monitors[0].i), np.asarray(monitors[0].t / ms)
    return neuron[time < before], time[time < before]


def must_be_on_grid(due: np.ndarray, n_ticks: int, dt: float) -> None:
    """Refuse times (ms) that are no multiples of a step."""
    on_grid = np.isin(np.round(due, DIGITS), np.round(np.arange(n_ticks) * dt, DIGITS))
    if not on_grid.all():
        raise ModelError(
            "schedule='default' takes inputs, delays and t_stop at multiples of dt only, because "
            f"Brian2 moves others onto its grid; got {due[~on_grid][0]:g} ms with dt = {dt:g} ms. "
            "Use schedule='aligned', which keeps them."
        )
