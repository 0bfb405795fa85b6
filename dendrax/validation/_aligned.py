"""Brian2 with every event where it belongs: exact input times, and resets at the spikes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dendrax.errors import SimulationError
from dendrax.validation._group import arrivals, begin, differential, namespace, trains
from dendrax.validation._outcome import Run, where
from dendrax.validation._stimulus import DIGITS, Stimulus, ticks
from dendrax.validation._substeps import spike_code, wake_code
from dendrax.validation.transcriptions import Equations

# Events first, then the step: whatever is due at t acts on the state at t.
_SCHEDULE = ["start", "thresholds", "resets", "synapses", "groups", "end"]

_BEGIN_STEP = """
pace = pace_at(t)
now = now_at(t)
electrode = electrode_at(t, i)
electrode_slope = slope_at(t, i)
"""


def run_aligned(
    brian2: Any,
    model: Equations,
    stimulus: Stimulus,
    t_stop: float,
    dt: float,
    sample_times: np.ndarray,
    variables: list[str],
    population: str = "",
) -> Run:
    """Run a model so that only the error of Runge-Kutta's method remains.

    The clock of Brian2 counts steps; each step lasts ``dt``, or less if an input of any neuron is
    due within it, in which case it is split there. A ``population`` is named in errors.

    Raises
    ------
    SimulationError
        If a neuron spikes twice within a step, or its state becomes infinite or NaN.
    """
    at = ticks(t_stop, dt, np.concatenate([stimulus.stops(t_stop), sample_times]))
    step = dt * brian2.ms
    model = replace(model, rates={**model.rates, "electrode": "electrode_slope"})
    value, slope = stimulus.electrode(at)
    constants = {
        **namespace(brian2, model),
        "step_ms": dt,
        "pace_at": brian2.TimedArray(np.diff(at, append=at[-1]) / dt, dt=step),
        "now_at": brian2.TimedArray(at, dt=step),
        "electrode_at": brian2.TimedArray(value, dt=step),
        "slope_at": brian2.TimedArray(slope, dt=step),
    }
    own = ["pace", "now", "electrode_slope", "above", "t_spike", "n_lost"]
    own += [f"start_{x}" for x in model.rates]
    group = brian2.NeuronGroup(
        stimulus.n_neurons,
        "\n".join([differential(model, pace="pace"), *(f"{name} : 1" for name in own)]),
        threshold=f"{model.condition} >= 0 or above > 0.5" if model.condition else None,
        reset=spike_code(model) if model.condition else None,
        events={"wake": f"{model.timer} <= now + pace*step_ms"} if model.timer else None,
        method="rk4",
        dt=step,
        namespace=constants,
    )
    if model.timer:
        group.run_on_event("wake", wake_code(model))
    saved = "\n".join(f"start_{x} = {x}" for x in model.rates)
    # An input may have lifted the neuron above its threshold.
    above = f"\nabove = int({model.condition} >= 0)" if model.condition else ""
    group.run_regularly(_BEGIN_STEP + saved + above, dt=step, when="before_groups")
    begin(group, model)
    states = brian2.StateMonitor(
        group, variables, record=True, dt=step, when="before_groups", order=1
    )
    # Monitors come after the event that they are to see; traces are right limits, as dendrax's.
    spikes = (
        [brian2.SpikeMonitor(group, variables=["t_spike"], when="after_resets")]
        if model.condition
        else []
    )
    delivery = arrivals(brian2, group, model, stimulus, at, step, when="start")
    network = brian2.Network(group, *spikes, states, *delivery)
    network.schedule = _SCHEDULE
    network.run(at.size * step, namespace=constants)
    n_units = stimulus.n_neurons // stimulus.n_trials
    _must_be_whole(
        group, model, dt, lambda rows: where(population, np.unique(rows // n_units).tolist())
    )
    kept = np.searchsorted(at, np.round(sample_times, DIGITS))
    found = [(np.asarray(each.i), np.asarray(each.t_spike)) for each in spikes]
    neuron, time = found[0] if found else (np.empty(0, int), np.empty(0))
    return Run(
        spikes=trains(neuron, time, stimulus.n_neurons),
        samples={name: np.asarray(getattr(states, name))[:, kept] for name in variables},
        n_steps=at.size - 1,
    )


def _must_be_whole(group: Any, model: Equations, dt: float, where: Callable) -> None:
    lost = np.flatnonzero(np.asarray(group.n_lost))
    if lost.size:
        raise SimulationError(
            f"{where(lost)}: a neuron may spike once per step of Brian2; it is "
            f"above its threshold again within the step of {dt:g} ms. Take a smaller dt."
        )
    finite = np.all([np.isfinite(np.asarray(getattr(group, x))) for x in model.rates], axis=0)
    if not finite.all():
        raise SimulationError(
            f"{where(np.flatnonzero(~finite))}: the state must stay finite; in Brian2 "
            f"it became infinite or NaN with dt = {dt:g} ms. Take a smaller dt."
        )
