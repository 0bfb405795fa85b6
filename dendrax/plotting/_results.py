"""Plots of results: traces, spikes, fits."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import jax
import numpy as np

from dendrax.errors import ModelError
from dendrax.inputs import Inputs
from dendrax.plotting._history import plot_history
from dendrax.plotting._style import (
    BLUE,
    DATA,
    GREEN,
    GREY,
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


def plot_raster(results: SimulationResult | Mapping[str, SimulationResult], ax: Any = None) -> Any:
    """Plot spikes as ticks, one row per trial (and neuron); several results one below the other.

    Parameters
    ----------
    results : SimulationResult or dict of SimulationResult
        A dictionary compares results of the same trials, under its labels.
    ax : matplotlib.axes.Axes, optional
        Default: new ones.

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
    if len(by_label) > 1:
        ax.legend(frameon=False, ncols=len(by_label), loc="lower left", bbox_to_anchor=(0.0, 1.0))
    return tidy(ax)


def plot_fit(
    target: SimulationResult,
    result: SimulationResult,
    inputs: Inputs,
    history: Any = None,
    *,
    held_out: Sequence[int] = (),
    trials: Sequence[int] | None = None,
) -> Any:
    """Plot a fit on one page: voltages and currents of some sweeps, all spikes, and the loss.

    Parameters
    ----------
    target : SimulationResult
        The recording.
    result : SimulationResult
        The model, on the same trials.
    inputs : Inputs
        What was injected.
    history : xarray.Dataset, optional
        Its variables whose names end on ``loss`` are plotted along the dimension ``step``.
    held_out : sequence of int, optional
        Trials that the fit has not seen; they are marked.
    trials : sequence of int, optional
        The sweeps to show. Default: four, from first to last, some of them held out.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``figure.savefig("fit.png")``.

    Raises
    ------
    ModelError
        If the numbers of trials differ.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    counts = {target.n_trials, result.n_trials, inputs.n_trials}
    if len(counts) > 1:
        raise ModelError(
            f"plot_fit: target, result and inputs must have the same number of trials; got "
            f"{sorted(counts)}."
        )
    shown = _spread(target.n_trials, held_out) if trials is None else list(trials)
    figure = Figure(figsize=(11, 7), layout=ConstrainedLayoutEngine(hspace=0.04, wspace=0.03))
    upper, lower = np.asarray(figure.subfigures(2, 1, height_ratios=(1.25, 1)), dtype=object)
    _plot_sweeps(upper, target, result, inputs, shown, set(held_out))
    ratios = (1,) if history is None else (2, 1)
    panels = lower.subplots(1, len(ratios), squeeze=False, width_ratios=ratios)[0]
    _plot_spikes(target, result, held_out, panels[0])
    if history is not None:
        plot_history(history, panels[1])
    return figure


def _plot_sweeps(
    figure: Any,
    target: SimulationResult,
    result: SimulationResult,
    inputs: Inputs,
    shown: list[int],
    held_out: set[int],
) -> None:
    axes = figure.subplots(
        2, len(shown), sharex=True, sharey="row", squeeze=False, height_ratios=(3, 1)
    )
    for (above, below), trial in zip(axes.T, shown, strict=True):
        above.plot(
            target.times, target.traces["v"][trial, 0], color=DATA, lw=0.8, label="recording"
        )
        above.plot(result.times, result.traces["v"][trial, 0], color=MODEL, lw=0.9, label="model")
        t, current = _polyline(inputs, trial, target.t_stop)
        below.plot(t, current, color=GREY, lw=1.2)
        above.set_title(f"sweep {trial}{', held out' * (trial in held_out)}", fontsize="medium")
        if trial in held_out:
            above.set_facecolor(HELD_OUT)
        below.set(xlabel="time (ms)", xlim=(0, target.t_stop))
        tidy(above)
        tidy(below)
    axes[0, 0].set_ylabel(with_unit("membrane potential", dict(target.units)["v"]))
    axes[1, 0].set_ylabel(with_unit("current", inputs.current.unit))
    figure.align_ylabels(axes[:, 0])


def _plot_spikes(
    target: SimulationResult, result: SimulationResult, held_out: Sequence[int], ax: Any
) -> None:
    plot_raster({"recording": target, "model": result}, ax)
    ax.set_ylabel("sweep")
    for k, trial in enumerate(held_out):
        label = "held out" if k == 0 else None
        ax.axhspan(trial - 0.5, trial + 0.5, color=HELD_OUT, zorder=-2, label=label)
    ax.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0.0, 1.0))


def _polyline(inputs: Inputs, trial: int, t_stop: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of the current of one trial, two at each jump."""
    current = jax.tree.map(itemgetter(trial), inputs.current)
    starts = np.asarray(current.start, dtype=float)
    inside = starts[(starts > 0) & (starts < t_stop)]
    t = np.sort(np.concatenate([[0.0, t_stop], np.nextafter(inside, -np.inf), inside]))
    return t, current(t)


def _spread(n_trials: int, held_out: Sequence[int], n_shown: int = 4) -> list[int]:
    """Choose trials from first to last, up to half of them held out."""
    seen = [trial for trial in range(n_trials) if trial not in held_out]
    unseen = sorted(held_out)
    n_unseen = min(len(unseen), max(n_shown // 2, n_shown - len(seen)))
    picks = [_evenly(unseen, n_unseen), _evenly(seen, n_shown - n_unseen)]
    return sorted({*picks[0], *picks[1]})


def _evenly(values: list[int], n: int) -> list[int]:
    return [values[round(k)] for k in np.linspace(0, len(values) - 1, n)] if values else []
