"""The course of a fit."""

from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.plotting._style import DATA, GREY, MODEL, new_axes, tidy


def plot_history(history: Any, ax: Any = None) -> Any:
    """Plot the losses of a fit over its steps, on a logarithmic scale where they are positive.

    Parameters
    ----------
    history : xarray.Dataset
        As of :func:`fit`: its variables whose names end on ``loss`` are plotted along the dimension
        ``step``; of several starts the first is drawn thick.
    ax : matplotlib.axes.Axes, optional
        Default: new ones.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ModelError
        If there is no loss.
    """
    losses = {str(name): history[name] for name in history if str(name).endswith("loss")}
    if not losses:
        raise ModelError(
            f"plot_history: a history must have variables that end on 'loss'; got {[*history]}."
        )
    ax = new_axes(ax)
    for color, (name, loss) in zip((DATA, MODEL, GREY) * len(losses), losses.items(), strict=False):
        curves = loss.transpose("step", ...).values.reshape(loss.sizes["step"], -1)
        step = loss["step"].values if "step" in loss.coords else np.arange(len(curves))
        ax.plot(step, curves[:, 0], color=color, lw=1.2, label=name.replace("_", " "))
        ax.plot(step, curves[:, 1:], color=color, lw=0.6, alpha=0.5)
    if all(np.nanmin(loss.values) > 0 for loss in losses.values()):
        ax.set_yscale("log")
        low, high = ax.get_ylim()
        if high < 100 * low:
            ax.yaxis.get_major_locator().set_params(subs=(1, 2, 5))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter("")
    ax.set(xlabel="step", ylabel="loss")
    if len(losses) > 1:
        ax.legend(frameon=False)
    return tidy(ax)
