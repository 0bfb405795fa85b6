"""Work against precision: what an error of spike times costs, of dendrax and its peers."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from validation.benchmarks.processes import Interpreters, Run, WorkerError, measurement, started
from validation.benchmarks.records import agreement
from validation.benchmarks.report import REPORTS
from validation.benchmarks.rows import QIF, dendrax, eventax, qif_exact

BATCH = 64
COMMON = {**QIF, "batch": BATCH}
DOUBLE = {**COMMON, "dtype": "float64"}


class Line(NamedTuple):
    """One solver: the runs of it, which differ in their step, and how it is drawn."""

    label: str
    style: str
    steps: tuple[float, ...]
    run: Any

    def runs(self) -> list[Run]:
        """Return the runs of this solver."""
        return [self.run(dt=dt) for dt in self.steps]


def with_settings(make: Any, **settings: Any) -> Any:
    """Return what makes a run with these settings for a given step."""
    return lambda dt: make(**settings, dt=dt)


FLAT = {**DOUBLE, "execution": "flat"}
LINES = [
    Line("dendrax, float32", "o-", (8.0, 4.0, 2.0, 1.0), with_settings(dendrax, **COMMON)),
    Line("dendrax, float64", "s-", (8.0, 4.0, 2.0, 1.0), with_settings(dendrax, **DOUBLE)),
    *(
        Line(
            f"dendrax, flat loop, {solver}", "^--", (2.0, 0.5),
            with_settings(dendrax, **FLAT, solver=solver),
        )
        for solver in ("Bosh3", "Tsit5", "Dopri8")
    ),
    Line(
        "eventax, Euler, float32", "x-", (0.4, 0.1),
        with_settings(eventax, **COMMON, solver="Euler"),
    ),
    Line(
        "eventax, Tsit5, roots to 1e-10, float64", "x-", (0.2,),
        with_settings(eventax, **DOUBLE, solver="Tsit5", root=1e-10),
    ),
]  # fmt: skip


def measured(folder: Path, by: Interpreters) -> list[dict[str, Any]]:
    """Run all solvers with all steps, and write the points and their picture."""
    task, exact = folder / "qif.npz", folder / "exact.npz"
    if not task.exists():
        started("validation.benchmarks.tasks", "qif", str(task), by=by)
    files = {"task": task, "out": exact}
    measurement(qif_exact._replace(settings={**qif_exact.settings, "batch": BATCH}), by, **files)
    reference = np.load(exact)["values"]
    points = [
        {"line": line.label, **_point(run, files, reference, by)}
        for line in LINES
        for run in line.runs()
    ]
    REPORTS.mkdir(exist_ok=True)
    (REPORTS / "work_precision.json").write_text(json.dumps(points, indent=1) + "\n")
    _drawn(points)
    return points


def _point(run: Run, files: Any, reference: np.ndarray, by: Interpreters) -> dict[str, Any]:
    out = files["task"].with_name("computed.npz")
    try:
        found = measurement(run, by, **{**files, "out": out})
    except WorkerError as error:
        point = {"dt": run.settings["dt"], "error_ms": None, "reason": str(error)}
    else:
        point = {
            "dt": run.settings["dt"],
            "error_ms": agreement(np.load(out)["values"], reference).mean,
            "ms_per_sample": 1e3 * found["seconds"] / found["batch"],
        }
    print(f"  {run.worker}: {point}", flush=True)
    return point


def _drawn(points: list[dict[str, Any]]) -> None:
    from matplotlib.figure import Figure  # the harness stays small until all is measured

    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    for line in LINES:
        of = [p for p in points if p["line"] == line.label and p["error_ms"]]
        errors, costs = [p["error_ms"] for p in of], [p["ms_per_sample"] for p in of]
        axes.loglog(errors, costs, line.style, label=line.label)
    axes.set(
        xlabel="mean error of first spikes (ms)", ylabel="time of a gradient (ms per sample)",
        title=f"QIF 5-50-3, Yin-Yang, batch {BATCH}",
    )  # fmt: skip
    axes.legend(fontsize="x-small")
    figure.savefig(REPORTS / "work_precision.png", dpi=100)
