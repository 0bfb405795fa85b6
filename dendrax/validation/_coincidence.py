"""How many of the spikes of a recording a model predicts, beyond what chance would."""

from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.results import SimulationResult
from dendrax.units import scalar


def coincidence_factor(
    recorded: SimulationResult, model: SimulationResult, *, window: Any = None
) -> np.ndarray:
    r"""Compute the coincidence factor of the spike trains of a recording and of a model.

    .. math:: \Gamma = \frac{N_{coinc} - 2 \nu \Delta N_{rec}}{(N_{rec} + N_{mod}) / 2}
              \, \frac{1}{1 - 2 \nu \Delta}

    with the rate :math:`\nu` of the model's spikes: 1 for equal trains, 0 for what a Poisson
    process of the same rate hits by chance.

    Parameters
    ----------
    recorded, model : SimulationResult
        Of the same trials and neurons, and of the same duration.
    window : Quantity [time], default 4 ms
        How far apart, at most, two spikes coincide.

    Returns
    -------
    ndarray (trial, neuron)
        NaN where neither spikes.

    Raises
    ------
    ModelError
        If trials, neurons or durations differ.
    UnitError
        If ``window`` is not a time.

    Notes
    -----
    Kistler, Gerstner & van Hemmen 1997, Neural Comput 9:1015; Jolivet et al. 2008.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> drive = dx.Inputs(dx.step_current(300 * pq.pA, 0 * pq.ms, 90 * pq.ms))
    >>> result = dx.Simulator(100 * pq.ms)(dx.LIF(), drive)
    >>> dx.coincidence_factor(result, result).item()
    1.0
    """
    near = 4.0 if window is None else scalar(window, "ms", "window")
    shape = np.shape(recorded.spike_times)[:2]
    if (shape, recorded.t_stop) != (np.shape(model.spike_times)[:2], model.t_stop):
        raise ModelError(
            f"both must have the same trials, neurons and duration; got {shape} of "
            f"{recorded.t_stop:g} ms and {np.shape(model.spike_times)[:2]} of {model.t_stop:g} ms."
        )
    found = np.full(shape, np.nan)
    for place in np.ndindex(shape):
        theirs, ours = recorded.spikes(*place), model.spikes(*place)
        if len(theirs) + len(ours):
            chance = 2 * near * len(ours) / model.t_stop
            excess = _n_coincidences(theirs, ours, near) - chance * len(theirs)
            found[place] = excess / (0.5 * (len(theirs) + len(ours))) / (1 - chance)
    return found


def _n_coincidences(a: np.ndarray, b: np.ndarray, window: float) -> int:
    """Return how many spikes of two increasing trains can be paired within the window."""
    n = i = k = 0
    while i < len(a) and k < len(b):
        apart = float(a[i] - b[k])
        n += abs(apart) <= window
        i, k = i + (apart <= window), k + (apart >= -window)
    return n
