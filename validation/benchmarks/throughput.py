"""Throughput: samples per second against batch, for some steps and widths, beside eventax."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from validation.benchmarks.processes import Interpreters, Run, WorkerError, measurement, started
from validation.benchmarks.report import REPORTS
from validation.benchmarks.rows import QIF, dendrax, eventax

MODES = {"forward": "forward", "train": "forward and backward"}
# The most that a sample of the narrowest network needs; wider ones need more in proportion.
NARROW, ARRIVALS, EVENTS = 50, 80, 400


class Line(NamedTuple):
    """A simulator with one step and one width."""

    label: str
    style: str
    color: str
    width: int
    batches: tuple[int, ...]
    run: Run


def _of_dendrax(color: str, dt: float, width: int) -> Line:
    room = {"max_spikes": 3, "max_arrivals": ARRIVALS * width // NARROW}
    label = f"dendrax, cells of {dt:g} ms, {width} hidden"
    return Line(label, "o-", color, width, (16, 64, 256, 1024, 4096), dendrax(**QIF, dt=dt, **room))


def _of_eventax(color: str, dt: float, width: int, batches: tuple[int, ...]) -> Line:
    euler = {"solver": "Euler", "dt": dt, "max_event_steps": EVENTS * width // NARROW}
    label = f"eventax, Euler {dt:g} ms, {width} hidden"
    return Line(label, "x--", color, width, batches, eventax(**QIF, **euler))


LINES = [
    _of_dendrax("C0", 4.0, 50),
    _of_dendrax("C1", 1.0, 50),
    _of_dendrax("C2", 4.0, 200),
    _of_eventax("C0", 0.1, 50, (16, 64, 256)),
    _of_eventax("C1", 1.0, 50, (16, 64, 256)),
    # Larger ones take minutes.
    _of_eventax("C2", 1.0, 200, (16, 64)),
]


def measured(folder: Path, by: Interpreters) -> None:
    """Run all lines, forward and with the gradient; write the points and their picture."""
    points = []
    for line in LINES:
        task = folder / f"qif-{line.width}.npz"
        if not task.exists():
            started("validation.benchmarks.tasks", task.stem, str(task), by=by)
        for mode in MODES:
            for batch in line.batches:
                run = line.run._replace(
                    settings={**line.run.settings, "mode": mode, "batch": batch}
                )
                point = {"line": line.label, "mode": mode, "batch": batch}
                points.append(point | _throughput(run, task, by))
                print(f"  {points[-1]}", flush=True)
                _written(points)


def _throughput(run: Run, task: Path, by: Interpreters) -> dict[str, Any]:
    try:
        found = measurement(run, by, task=task, out=task.with_name("computed.npz"))
    except WorkerError as error:
        return {"samples_per_s": None, "reason": str(error)}
    if found.get("failed"):
        return {"samples_per_s": None, "reason": f"{found['failed']} simulations failed"}
    return {"samples_per_s": found["batch"] / found["seconds"]}


def _written(points: list[dict[str, Any]]) -> None:
    REPORTS.mkdir(exist_ok=True)
    (REPORTS / "throughput.json").write_text(json.dumps(points, indent=1) + "\n")
    _drawn(points)


def _drawn(points: list[dict[str, Any]]) -> None:
    from matplotlib.figure import Figure  # the harness stays small until all is measured

    figure = Figure(figsize=(9, 5), layout="constrained")
    each = figure.subplots(1, 2, sharey=True)
    for axes, (mode, title) in zip(each, MODES.items(), strict=True):
        for line in LINES:
            of = [p for p in points if (p["line"], p["mode"]) == (line.label, mode)]
            of = [p for p in of if p["samples_per_s"]]
            batches, rates = [p["batch"] for p in of], [p["samples_per_s"] for p in of]
            axes.loglog(batches, rates, line.style, color=line.color, label=line.label)
        axes.set(xlabel="batch", title=title)
    each[0].set_ylabel("samples per second")
    handles, labels = each[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize="small")
    figure.suptitle("QIF 5-H-3, Yin-Yang, first spikes, float32")
    figure.savefig(REPORTS / "throughput.png", dpi=100)
