"""Two results of one experiment, one over the other."""

from typing import Any

from dendrax.errors import ModelError
from dendrax.plotting._style import DATA, MODEL, draw_trace, new_axes, tidy, with_unit
from dendrax.results import SimulationResult, to_xarray


def plot_comparison(
    a: SimulationResult,
    b: SimulationResult,
    ax: Any = None,
    *,
    trial: int = 0,
    neuron: int = 0,
    trace: str = "v",
    labels: tuple[str, str] = ("a", "b"),
) -> Any:
    """Plot one trial of two results, traces over each other, their spikes as ticks in two rows.

    Parameters
    ----------
    a, b : SimulationResult
        b is drawn dashed, over a.
    ax : matplotlib.axes.Axes, optional
        Default: new ones.
    trial, neuron : int, default 0
    trace : str, default "v"
        One line per place.
    labels : tuple of str, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ModelError
        If one of them did not record the trace.
    """
    for label, result in zip(labels, (a, b), strict=True):
        if trace not in result.traces:
            raise ModelError(
                f"plot_comparison: {trace!r} was not recorded in {label}; it has "
                f"{', '.join(result.traces) or 'no traces'}. Name it in dx.Record(...)."
            )
    ax = new_axes(ax)
    looks = ((DATA, "-", 1.6, 1.06), (MODEL, (0, (3, 2)), 1.1, 1.02))
    for (color, dashes, width, height), label, result in zip(looks, labels, (a, b), strict=True):
        style = {"color": color, "linestyle": dashes, "linewidth": width}
        draw_trace(ax, result, trace, trial, neuron, height, **style).set_label(label)
    about = to_xarray(a)[trace].attrs
    ax.set(xlabel="time (ms)", ylabel=with_unit(about["long_name"], about["units"]))
    ax.set_xlim(0, a.t_stop)
    ax.legend(frameon=False, loc="best")
    return tidy(ax)
