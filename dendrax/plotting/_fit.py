"""A fit on one page."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dendrax.inputs import Inputs
from dendrax.plotting._history import plot_history
from dendrax.plotting._results import plot_raster
from dendrax.plotting._starts import plot_starts
from dendrax.plotting._sweeps import height_of_sweeps, plot_sweeps
from dendrax.results import SimulationResult


def plot_fit(
    target: SimulationResult,
    result: SimulationResult,
    inputs: Inputs,
    history: Any = None,
    *,
    starts: Any = None,
    held_out: Sequence[int] = (),
    trials: Sequence[int] | None = None,
    variables: Sequence[str] | None = None,
) -> Any:
    """Plot a fit on one page: traces and currents of some sweeps, all spikes, losses and starts.

    Parameters
    ----------
    target : SimulationResult
        The recording.
    result : SimulationResult
        The model, on the same trials.
    inputs : Inputs
        What was injected.
    history : xarray.Dataset, optional
        As for :func:`plot_history`.
    starts : xarray.Dataset, optional
        As for :func:`plot_starts`; drawn if there are several.
    held_out : sequence of int, optional
        Trials that the fit has not seen; they are marked.
    trials : sequence of int, optional
        The sweeps to show. Default: four, from first to last, some of them held out.
    variables : sequence of str, optional
        As for :func:`plot_sweeps`.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``figure.savefig("fit.png")``.

    Raises
    ------
    ModelError
        If the numbers of trials differ, or a variable was not recorded.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    shown = _spread(target.n_trials, held_out) if trials is None else list(trials)
    height = height_of_sweeps(target, result, variables, len(shown))
    figure = Figure((11, height + 3.1), layout=ConstrainedLayoutEngine(hspace=0.04, wspace=0.03))
    halves = figure.subfigures(2, 1, height_ratios=(height, 3.1))
    upper, lower = np.asarray(halves, dtype=object)
    options = {"held_out": held_out, "trials": shown, "variables": variables}
    plot_sweeps(target, result, inputs, figure=upper, **options)
    has_starts = starts is not None and starts.sizes["start"] > 1
    ratios = [2.0, *[1.0] * (history is not None), *[1.6] * has_starts]
    panels = lower.subplots(1, len(ratios), squeeze=False, width_ratios=ratios)[0]
    plot_raster({"recording": target, "model": result}, panels[0], held_out=held_out)
    panels[0].set_ylabel("sweep")
    if history is not None:
        plot_history(history, panels[1])
    if has_starts:
        plot_starts(starts, panels[-1])
    return figure


def _spread(n_trials: int, held_out: Sequence[int], n_shown: int = 4) -> list[int]:
    """Choose trials from first to last, up to half of them held out."""
    seen = [trial for trial in range(n_trials) if trial not in held_out]
    unseen = sorted(held_out)
    n_unseen = min(len(unseen), max(n_shown // 2, n_shown - len(seen)))
    picks = [_evenly(unseen, n_unseen), _evenly(seen, n_shown - n_unseen)]
    return sorted({*picks[0], *picks[1]})


def _evenly(values: list[int], n: int) -> list[int]:
    return [values[round(k)] for k in np.linspace(0, len(values) - 1, n)] if values else []
