"""What drives a group of neurons, and the instants at which a simulation on a grid has to stop."""

from dataclasses import dataclass

import jax
import numpy as np

from dendrax.inputs import Current, Inputs
from dendrax.neurons import AbstractNeuron
from dendrax.parameters import resolve

# Times (ms) that agree to so many digits are the same time.
DIGITS = 9
_NEXT_TO = 10.0**-DIGITS


@dataclass(frozen=True)
class Stimulus:
    """The inputs of a group of neurons, one for each unit in each trial.

    Attributes
    ----------
    current : Current
        With a trial axis.
    trial : ndarray (neuron,)
        Whose current flows into each neuron; -1 for none.
    time, target, site : ndarray (arrival,)
        When (ms) each spike arrives, at which neuron, and where there.
    weight : ndarray (arrival, ...)
        What it brings.
    """

    current: Current
    trial: np.ndarray
    time: np.ndarray
    target: np.ndarray
    site: np.ndarray
    weight: np.ndarray

    @property
    def n_neurons(self) -> int:
        """The number of neurons, trials included."""
        return self.trial.size

    @property
    def n_trials(self) -> int:
        """The number of trials."""
        return self.current.start.shape[0]

    def stops(self, t_stop: float) -> np.ndarray:
        """Return when a current changes its course or a spike arrives, in ms."""
        flows = np.ravel(self.current.start) if np.any(self.trial >= 0) else np.empty(0)
        times = np.concatenate([flows, self.time])
        return np.unique(np.round(times[(times >= 0) & (times <= t_stop)], DIGITS))

    def electrode(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the injected current at each tick, and its slope until the next one.

        Returns
        -------
        value, slope : ndarray (tick, neuron)
            In the unit of the current, and per ms. Right limits; the slope after the last tick
            is 0.
        """
        trials = [
            jax.tree.map(lambda leaf, k=k: leaf[k], self.current) for k in range(self.n_trials)
        ]
        # The last column is that of neurons without an electrode.
        value = np.stack([*(each(at + _NEXT_TO) for each in trials), np.zeros(at.size)], axis=1)
        ahead = np.stack([each(at[1:] - _NEXT_TO) for each in trials], axis=1)
        slope = np.zeros_like(value)
        slope[:-1, :-1] = (ahead - value[:-1, :-1]) / np.diff(at)[:, None]
        return value[:, self.trial], slope[:, self.trial]


def stimulus(model: AbstractNeuron, inputs: Inputs) -> Stimulus:
    """Return what drives one neuron in each trial."""
    times = np.asarray(inputs.spikes.times)
    delay = resolve(model).delay
    if delay is not None:
        times = times + np.asarray(delay)[: times.shape[1], None]
    trial, source, spike = np.nonzero(np.isfinite(times))
    return Stimulus(
        current=inputs.current,
        trial=np.arange(inputs.n_trials),
        time=times[trial, source, spike],
        target=trial,
        site=source,
        weight=np.asarray(inputs.spikes.weight)[trial, source],
    )


def ticks(t_stop: float, dt: float, stops: np.ndarray) -> np.ndarray:
    """Return a grid of the period ``dt`` from 0 to ``t_stop``, with further stops between."""
    n_steps = int(np.ceil(t_stop / dt - _NEXT_TO))
    grid = np.minimum(np.arange(n_steps + 1) * dt, t_stop)
    return np.unique(np.round(np.concatenate([grid, stops]), DIGITS))
