"""What all plots share: colors, axes, labels."""

from typing import Any

import numpy as np

DATA, MODEL, HELD_OUT = "#3b3b3b", "#d1495b", "#fff3d6"
BLUE, GREEN, GREY = "#2e86ab", "#66a182", "#8a8a8a"


def new_axes(ax: Any, **options: Any) -> Any:
    """Return the given axes, or new ones."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained", **options)[1]


def tidy(ax: Any) -> Any:
    """Take away the upper and the right line, and return the axes."""
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def with_unit(name: str, unit: str) -> str:
    """Return the label of an axis."""
    return name if unit == "1" else f"{name} ({unit})"


def draw_trace(
    ax: Any, result: Any, name: str, trial: int, neuron: int, height: float, **style: Any
) -> Any:
    """Draw a trace over time, one line per place, and its spikes as ticks; returns the first line.

    The height is that of the ticks: 0 is the lower end of the axes, 1 the upper one.
    """
    samples = np.asarray(result.traces[name][trial, neuron])
    first = ax.plot(result.times, samples.reshape(-1, samples.shape[-1]).T, **style)[0]
    spikes = result.spikes(trial, neuron)
    ax.plot(
        spikes,
        np.full(len(spikes), height),
        "|",
        color=first.get_color(),
        transform=ax.get_xaxis_transform(),
        clip_on=False,
    )
    return first


def shades(n: int) -> Any:
    """Return the colors of n trials."""
    from matplotlib import colormaps

    return colormaps["viridis"](np.linspace(0, 0.85, n)) if n > 1 else [DATA]
