"""Where the starts of a fit ended."""

from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.parameters import share_of
from dendrax.plotting._style import GREY, MODEL, new_axes, tidy


def plot_starts(starts: Any, ax: Any = None) -> Any:
    """Plot the best parameters of each start, from bound to bound, colored by their loss.

    Where lines of low loss lie together, the data determine the parameter; where they fan out, they
    do not, or the fit was not done. The best is drawn thick, what failed is dashed.

    Parameters
    ----------
    starts : xarray.Dataset
        As of :func:`fit`. Parameters that are arrays are left out; those without two bounds are
        drawn from the smallest to the largest value.
    ax : matplotlib.axes.Axes, optional
        Default: new ones.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ModelError
        If there are no starts or no parameter that is a scalar.
    """
    if "best_loss" not in starts:
        raise ModelError(f"plot_starts: starts must have a 'best_loss'; got {[*starts]}.")
    outcome = ("best_loss", "best_step", "has_failed")
    names = [name for name in starts if name not in outcome and starts[name].dims == ("start",)]
    if not names:
        raise ModelError("plot_starts: there must be a parameter that is a scalar; got none.")
    ax = new_axes(ax)
    shares = np.array([_share(starts[name]) for name in names])
    loss, failed = starts["best_loss"].values, starts["has_failed"].values
    finite = np.isfinite(loss)
    shade = _shading(ax, loss[finite])
    best = int(np.argmin(np.where(finite, loss, np.inf)))
    # The best last, on top of all others.
    for k in sorted(range(len(loss)), key=lambda k: -loss[k] if finite[k] else -np.inf):
        color = MODEL if k == best else shade(loss[k]) if finite[k] else GREY
        style = {"lw": 2.0 if k == best else 0.9, "ls": "--" if failed[k] else "-"}
        ax.plot(range(len(names)), shares[:, k], "o", color=color, ms=3, **style)
    ax.set_xticks(range(len(names)), names, rotation=30, ha="right", rotation_mode="anchor")
    ax.set_yticks([0, 1], ["low", "high"])
    ax.set(ylim=(-0.04, 1.04), ylabel="between the bounds")
    ax.set_title(f"best of {len(loss)} starts", fontsize="medium")
    ax.grid(axis="x", color=GREY, alpha=0.3)
    return tidy(ax)


def _share(values: Any) -> np.ndarray:
    """Return where values lie between their bounds, 0 to 1."""
    x = values.values
    low, high = (values.attrs.get(side, np.nan) for side in ("low", "high"))
    if not (np.isfinite(low) and np.isfinite(high)):
        low, high = np.nanmin(x), np.nanmax(x)
        return (x - low) / (high - low) if high > low else np.full_like(x, 0.5)
    return share_of(x, low, high)


def _shading(ax: Any, loss: np.ndarray) -> Any:
    """Return the colors of losses, and show them beside the axes."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm, Normalize

    kind = LogNorm if loss.size and loss.min() > 0 else Normalize
    shading = ScalarMappable(kind(loss.min(), loss.max()) if loss.size else kind(), "viridis_r")
    ax.figure.colorbar(shading, ax=ax, label="loss", pad=0.02)
    return shading.to_rgba
