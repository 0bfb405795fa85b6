"""Recording and model over each other, sweep by sweep."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import jax
import numpy as np

from dendrax.errors import ModelError
from dendrax.inputs import Inputs
from dendrax.plotting._style import DATA, GREY, HELD_OUT, MODEL, tidy, with_unit
from dendrax.results import SimulationResult

N_COLUMNS = 4
# Of a trace in many places, such as all compartments, this many are drawn.
_N_PLACES = 3
# Inches of the first trace, of each further one, and of the current.
_FIRST, _FURTHER, _CURRENT = 2.3, 1.3, 1.0


class _Row(NamedTuple):
    """A recorded variable at one place."""

    name: str
    place: tuple[int, ...]
    label: str

    def samples(self, result: SimulationResult, trial: int) -> np.ndarray:
        return np.asarray(result.traces[self.name][trial, 0])[self.place]


def plot_sweeps(
    target: SimulationResult,
    result: SimulationResult,
    inputs: Inputs,
    *,
    trials: Sequence[int] | None = None,
    held_out: Sequence[int] = (),
    variables: Sequence[str] | None = None,
    figure: Any = None,
) -> Any:
    """Plot the model over the recording, one panel per sweep, with the currents below.

    Parameters
    ----------
    target : SimulationResult
        The recording.
    result : SimulationResult
        The model, on the same trials.
    inputs : Inputs
        What was injected.
    trials : sequence of int, optional
        The sweeps to show. Default: all.
    held_out : sequence of int, optional
        Trials that the fit has not seen; they are marked.
    variables : sequence of str, optional
        One row of panels for each, or for three of its places if it has more. Default: what was
        recorded in both.
    figure : matplotlib.figure.Figure or SubFigure, optional
        Default: a new one.

    Returns
    -------
    matplotlib.figure.Figure or SubFigure

    Raises
    ------
    ModelError
        If the numbers of trials differ, or a variable was not recorded.
    """
    counts = {target.n_trials, result.n_trials, inputs.n_trials}
    if len(counts) > 1:
        raise ModelError(
            f"plot_sweeps: target, result and inputs must have the same number of trials; got "
            f"{sorted(counts)}."
        )
    shown = list(range(target.n_trials)) if trials is None else list(trials)
    rows = _rows(target, result, variables)
    if figure is None:
        figure = _new_figure(height_of_sweeps(target, result, variables, len(shown)))
    blocks = [shown[k : k + N_COLUMNS] for k in range(0, len(shown), N_COLUMNS)]
    parts = np.ravel(np.asarray(figure.subfigures(len(blocks), 1), dtype=object))
    ratios = (_FIRST, *[_FURTHER] * (len(rows) - 1), _CURRENT)
    width = min(len(shown), N_COLUMNS)
    all_axes = []
    for part, block in zip(parts, blocks, strict=True):
        axes = part.subplots(len(ratios), width, sharex=True, squeeze=False, height_ratios=ratios)
        for column, trial in zip(axes.T, block, strict=False):
            _plot_sweep(column, rows, (target, result, inputs), trial, trial in held_out)
        for unused in axes[:, len(block) :].flat:
            unused.set_visible(False)
        all_axes.append(axes[:, : len(block)])
        _label(part, axes[:, 0], rows, inputs)
    _share_heights(all_axes)
    return figure


def height_of_sweeps(
    target: SimulationResult,
    result: SimulationResult,
    variables: Sequence[str] | None,
    n_shown: int,
) -> float:
    """Return the height (inches) that :func:`plot_sweeps` needs for so many sweeps."""
    further = _FURTHER * (len(_rows(target, result, variables)) - 1)
    return -(-n_shown // N_COLUMNS) * (_FIRST + further + _CURRENT + 0.6)


def _new_figure(height: float) -> Any:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return Figure((11, height), layout=ConstrainedLayoutEngine(hspace=0.04, wspace=0.03))


def _rows(
    target: SimulationResult, result: SimulationResult, variables: Sequence[str] | None
) -> list[_Row]:
    both = [name for name in target.traces if name in result.traces and name != "guard"]
    # The voltage at the electrode comes first.
    names = sorted(both, key=lambda name: name != "v") if variables is None else list(variables)
    if missing := sorted(set(names) - set(both)) or (["no trace"] if not names else []):
        raise ModelError(
            f"plot_sweeps: {missing[0]!r} was not recorded in both; there is "
            f"{', '.join(both) or 'nothing'}. Name it in dx.Record(...)."
        )
    return [row for name in names for row in _places(name, target)]


def _places(name: str, target: SimulationResult) -> list[_Row]:
    shape = np.shape(target.traces[name])[2:-1]
    n = int(np.prod(shape))
    title = {"v": "membrane potential"}.get(name, name)
    unit = dict(target.units)[name]
    if n == 1:
        return [_Row(name, (0,) * len(shape), with_unit(title, unit))]
    chosen = sorted({round(k) for k in np.linspace(0, n - 1, min(n, _N_PLACES))})
    places = [tuple(map(int, np.unravel_index(k, shape))) for k in chosen]
    return [_Row(name, at, with_unit(f"{name}[{', '.join(map(str, at))}]", unit)) for at in places]


def _plot_sweep(
    column: Any,
    rows: list[_Row],
    data: tuple[SimulationResult, SimulationResult, Inputs],
    trial: int,
    is_held_out: bool,
) -> None:
    target, result, inputs = data
    for ax, row in zip(column, rows, strict=False):
        ax.plot(target.times, row.samples(target, trial), color=DATA, lw=0.8, label="recording")
        ax.plot(result.times, row.samples(result, trial), color=MODEL, lw=0.9, label="model")
        if is_held_out:
            ax.set_facecolor(HELD_OUT)
        tidy(ax)
    t, current = _polyline(inputs, trial, target.t_stop)
    column[-1].plot(t, current, color=GREY, lw=1.2)
    column[-1].set_xlim(0, target.t_stop)
    tidy(column[-1])
    column[0].set_title(f"sweep {trial}{', held out' * is_held_out}", fontsize="medium")


def _label(part: Any, first: Any, rows: list[_Row], inputs: Inputs) -> None:
    for ax, row in zip(first, rows, strict=False):
        ax.set_ylabel(row.label)
    first[-1].set_ylabel(with_unit("current", inputs.current.unit))
    part.supxlabel("time (ms)", fontsize="medium")
    part.align_ylabels(first)


def _share_heights(blocks: list[Any]) -> None:
    """Give all sweeps the same scale, row by row, and numbers to the left ones only."""
    for row in zip(*blocks, strict=True):
        axes = [ax for block in row for ax in block]
        limits = np.array([ax.get_ylim() for ax in axes])
        for block in row:
            for k, ax in enumerate(block):
                ax.set_ylim(limits[:, 0].min(), limits[:, 1].max())
                ax.tick_params(labelleft=k == 0)


def _polyline(inputs: Inputs, trial: int, t_stop: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of the current of one trial, two at each jump."""
    current = jax.tree.map(itemgetter(trial), inputs.current)
    starts = np.asarray(current.start, dtype=float)
    inside = starts[(starts > 0) & (starts < t_stop)]
    t = np.sort(np.concatenate([[0.0, t_stop], np.nextafter(inside, -np.inf), inside]))
    return t, current(t)
