"""Pictures: accuracies beside the paper, learning curves, and first spikes over the disc."""

from typing import Any

import equinox as eqx
import matplotlib.pyplot as plt
import numpy as np
import quantities as pq

import dendrax as dx
from validation.paper import model, report
from validation.paper.rows import ROWS, Row
from validation.paper.settings import Settings

OURS, PAPER, FAINT = "#1f5fa8", "#c0562f", 0.35
PIXELS = 61
LEAST = 84  # %, drawn


def accuracies(entries: list[dict[str, Any]]) -> None:
    """Draw every seed of every row that was trained, beside mean and deviation of the paper."""
    there = [each for each in entries if each["settings"] == "ours"]
    figure, axes = plt.subplots(figsize=(6.5, 0.9 + 0.34 * len(there)), layout="constrained")
    for y, entry in enumerate(there):
        published = ROWS[entry["name"]].published
        if published:
            label = {"label": "paper"} if y == 0 else {}
            axes.errorbar(
                published.mean, y + 0.18, xerr=published.std, fmt="s", ms=4, c=PAPER, **label
            )
        tests = np.array([run["test"] for run in entry["runs"]])
        for marker, shown in (("o", tests >= LEAST), ("<", tests < LEAST)):
            x = np.maximum(tests[shown], LEAST)
            axes.plot(x, np.full_like(x, y - 0.18), marker, ms=4, c=OURS, alpha=FAINT, mew=0)
        label = {"label": "dendrax, every seed and the mean"} if y == 0 else {}
        axes.plot(entry["mean"], y - 0.18, "|", ms=12, mew=2, c=OURS, **label)
        if target := entry["target"]:
            axes.plot(target["mean"], y, "k:", marker="|", ms=16, mew=0.8)
    axes.set_yticks(range(len(there)), [each["name"] for each in there])
    axes.set_ylim(len(there) - 0.5, -0.5)
    axes.set_xlim(LEAST - 0.2, 100.2)
    axes.set_xlabel("test accuracy (%)\nthin line: target; at the left edge: below")
    figure.legend(frameon=False, loc="outside upper center", ncols=2)
    _save(figure, "accuracy")


def learning_curves(entries: list[dict[str, Any]]) -> None:
    """Draw the validation accuracy of every seed after each epoch."""
    n_columns = min(4, len(entries))
    n_rows = -(-len(entries) // n_columns)
    size = 1 + 2.1 * n_columns, 0.6 + 1.8 * n_rows
    figure, grid = plt.subplots(
        n_rows, n_columns, figsize=size, sharey=True, squeeze=False, layout="constrained"
    )
    for axes in grid.flat[len(entries) :]:
        axes.set_axis_off()
    for axes, entry in zip(grid.flat, entries, strict=False):
        for run in entry["runs"]:
            epochs = np.arange(1, len(run["validation"]) + 1)
            axes.plot(epochs, run["validation"], c=OURS, lw=1, alpha=0.6)
        axes.set_title(f"{entry['name']} ({entry['settings']})", fontsize=9)
        axes.set_ylim(60, 100)
    figure.supxlabel("epoch", fontsize=9)
    figure.supylabel("validation accuracy (%)", fontsize=9)
    _save(figure, "learning")


def latency_map(row: Row, settings: Settings, network: dx.Network) -> None:
    """Draw the first spike of each output over the disc, and the class that it makes."""
    line = (np.arange(PIXELS) + 0.5) / PIXELS
    x, y = (each.ravel() for each in np.meshgrid(line, line))
    inside = np.hypot(x - 0.5, y - 0.5) <= 0.5
    points = np.stack([x, y, 1 - x, 1 - y], axis=1)[inside]
    simulator = model.simulator(row, model.whole(settings))
    # Compiled, it does not raise: without slots for later spikes there is a first one all the same.
    results = eqx.filter_jit(simulator)(network, dx.latency(points, t_max=30 * pq.ms))
    first = np.asarray(results["output"].spike_times[:, :, 0])
    figure, grid = plt.subplots(1, 4, figsize=(9.5, 2.4), layout="constrained")
    shown = None
    for k, axes in enumerate(grid[:3]):
        shown = axes.imshow(_disc(first[:, k], inside), vmin=0, vmax=settings.t_stop, **_VIEW)
        axes.set_title(("yin", "yang", "dot")[k])
    figure.colorbar(shown, ax=grid[2], label="first spike (ms)")
    grid[3].imshow(_disc(first.argmin(1), inside), cmap="Set2", **_VIEW)
    grid[3].set_title("first of all")
    for axes in grid:
        axes.set_axis_off()
    _save(figure, f"latency-{row.name}")


_VIEW: dict[str, Any] = {"origin": "lower", "interpolation": "nearest"}


def _disc(values: np.ndarray, inside: np.ndarray) -> np.ndarray:
    picture = np.full(PIXELS**2, np.nan)
    picture[inside] = np.where(np.isfinite(values), values, np.nan)
    return picture.reshape(PIXELS, PIXELS)


def _save(figure: Any, name: str) -> None:
    folder = report.REPORTS / "paper"
    folder.mkdir(exist_ok=True)
    figure.savefig(folder / f"{name}.png", dpi=100)
    plt.close(figure)
