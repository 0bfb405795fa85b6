"""What accuracy costs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.plotting._style import BLUE, DATA, GREEN, MODEL, new_axes, tidy


def plot_work_precision(
    measured: Mapping[str, tuple[Any, Any]],
    ax: Any = None,
    *,
    work: str = "run time (s)",
    error: str = "error of spike times (ms)",
) -> Any:
    """Plot the error of solvers or simulators over their work, both on logarithmic scales.

    Parameters
    ----------
    measured : dict of (array, array)
        Work and error by the name of the solver, such as run times and errors at several steps.
    ax : matplotlib.axes.Axes, optional
        Default: new ones.
    work, error : str, optional
        Labels of the axes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ModelError
        If work and error of a solver differ in length, or one of them is not positive.

    Examples
    --------
    >>> import dendrax as dx
    >>> ax = dx.plot_work_precision({"Heun": ([1, 2, 4], [1e-2, 2.5e-3, 6e-4])})
    """
    ax = new_axes(ax)
    looks = zip((DATA, MODEL, BLUE, GREEN) * len(measured), "osd^v" * len(measured), strict=False)
    for (name, (cost, wrong)), (color, marker) in zip(measured.items(), looks, strict=False):
        cost, wrong = np.asarray(cost, dtype=float), np.asarray(wrong, dtype=float)
        if cost.shape != wrong.shape or not (np.all(cost > 0) and np.all(wrong > 0)):
            raise ModelError(
                f"plot_work_precision: work and error of {name!r} must be positive and of one "
                f"length; got {cost.tolist()} and {wrong.tolist()}."
            )
        ax.loglog(cost, wrong, color=color, marker=marker, markersize=4, lw=1.2, label=name)
    ax.set(xlabel=work, ylabel=error)
    ax.legend(frameon=False)
    return tidy(ax)
