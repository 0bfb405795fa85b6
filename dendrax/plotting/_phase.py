"""The course of a trial in the plane of two variables."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.plotting._style import new_axes, shades, tidy, with_unit
from dendrax.results import SimulationResult, per_ms, to_xarray


def plot_phase(
    result: SimulationResult,
    x: str = "v",
    y: str | None = None,
    ax: Any = None,
    *,
    trials: Iterable[int] | None = None,
    neuron: int = 0,
    **style: Any,
) -> Any:
    """Plot one variable over another, or over its own rate of change, one line per trial.

    Parameters
    ----------
    result : SimulationResult
    x : str, default "v"
        The variable to the right: a trace of one place.
    y : str, optional
        The one upward. Default: the rate of change of ``x``, by central differences.
    ax : matplotlib.axes.Axes, optional
        Default: new ones.
    trials : iterable of int, optional
        Default: all.
    neuron : int, default 0
    **style
        Of the lines, as for ``ax.plot``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ModelError
        If a variable was not recorded, or has several places.
    """
    for name in (x, *([y] if y else [])):
        if name not in result.traces or result.traces[name].ndim != 3:
            raise ModelError(
                f"plot_phase: {name!r} must be a recorded trace of one place; the result has "
                f"{', '.join(result.traces) or 'no traces'}. Name it in dx.Record(...)."
            )
    ax = new_axes(ax)
    chosen = list(range(result.n_trials)) if trials is None else list(trials)
    times = np.asarray(result.times)
    names = (x, y or x)
    for color, trial in zip(shades(len(chosen)), chosen, strict=True):
        # A reset is no flow: lines end at spikes, and nothing is differentiated across them.
        breaks = np.searchsorted(times, result.spikes(trial, neuron), side="right")
        right, up = (np.asarray(result.traces[name][trial, neuron]) for name in names)
        if y is None:
            up = _rate(up, times, breaks)
        right, up = (np.insert(each, breaks, np.nan) for each in (right, up))
        ax.plot(right, up, **{"color": color, "linewidth": 0.9, "label": f"trial {trial}"} | style)
    dataset = to_xarray(result)
    about, other = dataset[x].attrs, dataset[y or x].attrs
    ax.set_xlabel(with_unit(about["long_name"], about["units"]))
    if y is None:
        ax.set_ylabel(f"d{x}/dt ({per_ms(about['units'])})")
    else:
        ax.set_ylabel(with_unit(other["long_name"], other["units"]))
    if 1 < len(chosen) <= 8:
        ax.legend(frameon=False, fontsize="small")
    return tidy(ax)


def _rate(samples: np.ndarray, times: np.ndarray, breaks: np.ndarray) -> np.ndarray:
    pieces = zip(np.split(samples, breaks), np.split(times, breaks), strict=True)
    rates = [np.gradient(v, t) if len(t) > 1 else np.full(len(t), np.nan) for v, t in pieces]
    return np.concatenate(rates)
