"""Brian2 with every event where it belongs: exact input times, and resets at the spikes."""

from dataclasses import replace
from typing import Any

import numpy as np

from dendrax.errors import SimulationError
from dendrax.inputs import Inputs
from dendrax.validation._equations import Equations
from dendrax.validation._network import Run, arrivals, differential, trains
from dendrax.validation._substeps import spike_code, wake_code
from dendrax.validation._ticks import electrode, input_times, ticks

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
    inputs: Inputs,
    t_stop: float,
    dt: float,
    sample_times: np.ndarray,
    variables: list[str],
) -> Run:
    """Run a model so that only the error of Runge-Kutta's method remains.

    The clock of Brian2 counts steps; each step lasts ``dt``, or less if an input of any trial is
    due within it, in which case it is split there.

    Raises
    ------
    SimulationError
        If a trial spikes twice within a step, or its state becomes infinite or NaN.
    """
    at = ticks(t_stop, dt, np.concatenate([input_times(inputs, t_stop), sample_times]))
    step = dt * brian2.ms
    model = replace(model, rates={**model.rates, "electrode": "electrode_slope"})
    refractory = model.constants.get("t_ref", 0.0) > 0
    value, slope = electrode(inputs, at)
    constants = {
        **model.constants,
        "step_ms": dt,
        "pace_at": brian2.TimedArray(np.diff(at, append=at[-1]) / dt, dt=step),
        "now_at": brian2.TimedArray(at, dt=step),
        "electrode_at": brian2.TimedArray(value, dt=step),
        "slope_at": brian2.TimedArray(slope, dt=step),
    }
    own = ["pace", "now", "electrode_slope", "free", "t_ready", "t_spike", "n_lost"]
    own += [f"start_{x}" for x in model.rates]
    group = brian2.NeuronGroup(
        inputs.n_trials,
        "\n".join([differential(model, pace="pace"), *(f"{name} : 1" for name in own)]),
        threshold=f"{model.watched} >= {model.level}",
        reset=spike_code(model, refractory=refractory),
        events={"wake": "free < 0.5 and t_ready <= now + pace*step_ms"} if refractory else None,
        method="rk4",
        dt=step,
        namespace=constants,
    )
    if refractory:
        group.run_on_event("wake", wake_code(model))
    saved = "\n".join(f"start_{x} = {x}" for x in model.rates)
    group.run_regularly(_BEGIN_STEP + saved, dt=step, when="before_groups")
    for name, start in {**model.start, "free": 1, "t_ready": -np.inf}.items():
        setattr(group, name, start)
    # Monitors come after the event that they are to see; traces are right limits, as dendrax's.
    spikes = brian2.SpikeMonitor(group, variables=["t_spike"], when="after_resets")
    states = brian2.StateMonitor(
        group, variables, record=True, dt=step, when="before_groups", order=1
    )
    delivery = arrivals(brian2, group, model, inputs, at, step, when="start")
    network = brian2.Network(group, spikes, states, *delivery)
    network.schedule = _SCHEDULE
    network.run(at.size * step, namespace=constants)
    _must_be_whole(group, model, dt)
    kept = np.searchsorted(at, np.round(sample_times, 9))
    return Run(
        spikes=trains(np.asarray(spikes.i), np.asarray(spikes.t_spike), inputs.n_trials),
        samples={name: np.asarray(getattr(states, name))[:, kept] for name in variables},
        n_steps=at.size - 1,
    )


def _must_be_whole(group: Any, model: Equations, dt: float) -> None:
    lost = np.flatnonzero(np.asarray(group.n_lost))
    if lost.size:
        raise SimulationError(
            f"trial {', '.join(map(str, lost))}: a neuron may spike once per step of Brian2; it is "
            f"above its threshold again within the step of {dt:g} ms. Take a smaller dt."
        )
    finite = np.all([np.isfinite(np.asarray(getattr(group, x))) for x in model.rates], axis=0)
    if not finite.all():
        raise SimulationError(
            f"trial {', '.join(map(str, np.flatnonzero(~finite)))}: the state must stay finite; in "
            f"Brian2 it became infinite or NaN with dt = {dt:g} ms. Take a smaller dt."
        )
