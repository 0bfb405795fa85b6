"""The instants at which a simulation on a grid has to stop, for the inputs to be exact."""

import jax
import numpy as np

from dendrax.inputs import Inputs

# Times (ms) that agree to so many digits are the same time.
DIGITS = 9
_NEXT_TO = 10.0**-DIGITS


def input_times(inputs: Inputs, t_stop: float) -> np.ndarray:
    """Return when currents change their course and input spikes arrive, in any trial, in ms."""
    times = np.concatenate([np.ravel(inputs.current.start), np.ravel(inputs.spikes.times)])
    return np.unique(np.round(times[(times >= 0) & (times <= t_stop)], DIGITS))


def ticks(t_stop: float, dt: float, stops: np.ndarray) -> np.ndarray:
    """Return a grid of the period ``dt`` from 0 to ``t_stop``, with further stops between."""
    n_steps = int(np.ceil(t_stop / dt - _NEXT_TO))
    grid = np.minimum(np.arange(n_steps + 1) * dt, t_stop)
    return np.unique(np.round(np.concatenate([grid, stops]), DIGITS))


def electrode(inputs: Inputs, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the injected current at each tick, and its slope until the next one.

    Returns
    -------
    value, slope : ndarray (tick, trial)
        In the unit of the current, and per ms. Right limits; the slope after the last tick is 0.
    """
    trials = [
        jax.tree.map(lambda leaf, k=k: leaf[k], inputs.current) for k in range(inputs.n_trials)
    ]
    value = np.stack([current(at + _NEXT_TO) for current in trials], axis=1)
    ahead = np.stack([current(at[1:] - _NEXT_TO) for current in trials], axis=1)
    slope = np.zeros_like(value)
    slope[:-1] = (ahead - value[:-1]) / np.diff(at)[:, None]
    return value, slope
