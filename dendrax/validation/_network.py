"""What both schedules share: the neuron group's equations, the arrivals, and the recordings."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dendrax.inputs import Inputs
from dendrax.validation._equations import Equations
from dendrax.validation._ticks import DIGITS


@dataclass(frozen=True)
class Run:
    """What Brian2 has to say.

    Attributes
    ----------
    spikes : list of ndarray
        The spike times (ms) of each trial.
    samples : dict of ndarray (trial, time)
        By variable.
    n_steps : int
    """

    spikes: list[np.ndarray]
    samples: dict[str, np.ndarray]
    n_steps: int


def differential(model: Equations, *, pace: str) -> str:
    """Return the equations of a group; ``pace`` is the time that passes per time of Brian2."""
    flows = [f"d{x}/dt = {pace}*({rate})/ms : 1" for x, rate in model.rates.items()]
    named = {**model.shorthand, "guard": model.guard}
    return "\n".join([*flows, *(f"{name} = {text} : 1" for name, text in named.items())])


def arrivals(
    brian2: Any, group: Any, model: Equations, inputs: Inputs, at: np.ndarray, step: Any, when: str
) -> list[Any]:
    """Return the objects that deliver each input spike at its tick.

    Each arrival is a source of its own: one source of Brian2 cannot spike twice in a step.
    """
    times = np.round(np.asarray(inputs.spikes.times), DIGITS)
    trial, site, spike = np.nonzero((times >= 0) & (times <= at[-1]))
    if trial.size == 0:
        return []
    tick = np.searchsorted(at, times[trial, site, spike])
    each = np.arange(trial.size)
    generator = brian2.SpikeGeneratorGroup(trial.size, each, tick * step, dt=step, when=when)
    synapses = brian2.Synapses(
        generator,
        group,
        "weight : 1\nsite : 1",
        on_pre=model.arrival,
        dt=step,
        namespace=model.constants,
    )
    synapses.connect(i=each, j=trial)
    synapses.weight = np.asarray(inputs.spikes.weight)[trial, site]
    synapses.site = site
    return [generator, synapses]


def trains(trial: np.ndarray, time: np.ndarray, n_trials: int) -> list[np.ndarray]:
    """Sort spikes into one increasing train per trial."""
    return [np.sort(time[trial == k]) for k in range(n_trials)]
