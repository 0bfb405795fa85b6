"""Plots of results: traces and spikes."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.plotting._style import (
    BLUE,
    DATA,
    GREEN,
    HELD_OUT,
    MODEL,
    draw_trace,
    new_axes,
    shades,
    tidy,
    with_unit,
)
from dendrax.results import SimulationResult, to_xarray


def plot_traces(
    result: SimulationResult,
    trials: Iterable[int] | None = None,
    ax: Any = None,
    *,
    variable: str = "v",
    neuron: int = 0,
    **style: Any,
) -> Any:
    """Plot a recorded variable over time, one line per trial and place; ticks mark the spikes.

    Parameters
    ----------
    result : SimulationResult
    trials : iterable of int, optional
        Default: all.
    ax : matplotlib.axes.Axes, optional
        Default: new ones.
    variable : str, default "v"
    neuron : int, default 0
    **style
        Of the lines, as for ``ax.plot``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ModelError
        If the variable was not recorded.
    """
    if variable not in result.traces:
        raise ModelError(
            f"plot_traces: {variable!r} was not recorded; the result has "
            f"{', '.join(result.traces) or 'no traces'}. Name it in dx.Record(...)."
        )
    ax = new_axes(ax)
    chosen = list(range(result.n_trials)) if trials is None else list(trials)
    colors = shades(len(chosen))
    for color, trial in zip(colors, chosen, strict=True):
        looks = {"color": color, "linewidth": 0.9, **style}
        first = draw_trace(ax, result, variable, trial, neuron, 1.02, **looks)
        first.set_label(style.get("label", f"trial {trial}"))
    about = to_xarray(result)[variable].attrs
    ax.set(xlabel="time (ms)", ylabel=with_unit(about["long_name"], about["units"]))
    ax.set_xlim(0, result.t_stop)
    if 1 < len(chosen) <= 8 and "label" not in style:
        ax.legend(frameon=False, fontsize="small", loc="upper right")
    return tidy(ax)


def plot_raster(
    results: SimulationResult | Mapping[str, SimulationResult],
    ax: Any = None,
    *,
    held_out: Iterable[int] = (),
) -> Any:
    """Plot spikes as ticks, one row per trial (and neuron); several results one below the other.

    Parameters
    ----------
    results : SimulationResult or dict of SimulationResult
        A dictionary compares results of the same trials, under its labels.
    ax : matplotlib.axes.Axes, optional
        Default: new ones.
    held_out : iterable of int, optional
        Trials to mark, as those that a fit has not seen.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax = new_axes(ax)
    by_label = results if isinstance(results, Mapping) else {None: results}
    first = next(iter(by_label.values()))
    n_trials, n_neurons = first.spike_counts.shape
    height = 0.8 / len(by_label)
    for k, (label, result) in enumerate(by_label.items()):
        rows = [result.spikes(i, j) for i in range(n_trials) for j in range(n_neurons)]
        ax.eventplot(
            rows,
            lineoffsets=np.arange(len(rows)) - 0.4 + height * (k + 0.5),
            linelengths=0.9 * height,
            linewidths=1.1,
            colors=(DATA, MODEL, BLUE, GREEN)[k % 4],
        )
        # Each row is an artist of its own: the first one stands for all in the legend.
        ax.collections[-len(rows)].set_label(label)
    ax.set_ylim(n_trials * n_neurons - 0.5, -0.5)
    ax.set_xlim(0, first.t_stop)
    kind = "trial" if n_neurons == 1 else "neuron" if n_trials == 1 else "trial, neuron"
    ax.set(xlabel="time (ms)", ylabel=kind)
    ax.yaxis.get_major_locator().set_params(integer=True)
    for k, trial in enumerate(held_out):
        edges = (trial * n_neurons - 0.5, (trial + 1) * n_neurons - 0.5)
        ax.axhspan(*edges, color=HELD_OUT, zorder=-2, label="held out" if k == 0 else None)
    if len(by_label) > 1:
        ax.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    return tidy(ax)
