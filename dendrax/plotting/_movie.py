"""Movies of what happens in a cell."""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.morphology import Compartments
from dendrax.plotting._morphology import plot_morphology
from dendrax.plotting._style import with_unit
from dendrax.results import SimulationResult


def animate_morphology(
    cell: Compartments,
    result: SimulationResult,
    ax: Any = None,
    *,
    trace: str = "v_cell",
    trial: int = 0,
    path: str | PathLike | None = None,
    frames_per_second: int = 20,
    **style: Any,
) -> Any:
    """Show a variable of all compartments over time, one frame per sample.

    Parameters
    ----------
    cell : Compartments
    result : SimulationResult
        Of a neuron with these compartments.
    ax : matplotlib.axes.Axes, optional
        Default: new ones.
    trace : str, default "v_cell"
        With one value per compartment.
    trial : int, default 0
    path : str or path, optional
        Where to save the movie: ``.gif``, or with ffmpeg ``.mp4`` and others.
    frames_per_second : int, default 20
        Record with ``every=...`` as coarsely as you want to see it.
    **style
        As for :func:`plot_morphology`: ``plane``, ``cmap``, ``clim``.

    Returns
    -------
    matplotlib.animation.FuncAnimation
        Keep it while it is shown.

    Raises
    ------
    ModelError
        If the trace was not recorded, or has not one value per compartment.
    """
    from matplotlib.animation import FuncAnimation

    samples = np.asarray(result.traces.get(trace, np.zeros((1, 1, 0, 0))))
    if samples.ndim != 4 or samples.shape[2] != len(cell):
        raise ModelError(
            f"animate_morphology: {trace!r} must be recorded in {len(cell)} compartments; the "
            f"result has {', '.join(result.traces) or 'no traces'}. Record it with "
            f"dx.Record({trace!r}, every=...)."
        )
    values = samples[trial, 0]
    limits = style.pop("clim", (values.min(), values.max()))
    label = with_unit(trace, dict(result.units)[trace])
    ax = plot_morphology(cell, values[:, 0], ax, label=label, clim=limits, **style)
    shapes = ax.collections[0]

    def draw(k: int) -> list[Any]:
        # Each compartment is drawn as two halves.
        shapes.set_array(np.tile(values[:, k], 2))
        ax.set_title(f"{result.times[k]:.1f} ms", fontsize="medium")
        return [shapes]

    movie = FuncAnimation(
        ax.figure, draw, frames=values.shape[1], interval=1000 / frames_per_second
    )
    if path is not None:
        # Other formats need ffmpeg, which is no Python package.
        movie.save(str(path), writer="pillow" if Path(path).suffix == ".gif" else None)
    return movie
