"""Row k: how the cost of a gradient grows with the task, and a picture of it."""

from typing import Any

import numpy as np

from validation.benchmarks.processes import Interpreters, Run, WorkerError, measurement
from validation.benchmarks.records import Record, exponent, is_reached
from validation.benchmarks.report import REPORTS

TITLE = (
    "QIF 5-50-3, gradient of first spikes: exponent of the cost against batch, width, number of "
    "input spikes and t_stop, the worst of the four"
)
TARGET = 1.05
NUMERICS = {"dt": 2.0, "max_spikes": 8}
AXES = {
    "batch": [16, 50, 160, 500, 1600],
    "width": [16, 50, 160, 500, 1600],
    "events": [5, 15, 50, 150, 500],
    "t_stop": [30.0, 90.0, 300.0, 900.0, 3000.0],
}


def record(by: Interpreters) -> Record:
    """Measure all axes, each in a process of its own."""
    asked = {"id": "k", "title": TITLE, "target": TARGET, "at_least": False}
    try:
        found = {axis: _measured(axis, by) for axis in AXES}
    except WorkerError as error:
        return {**asked, "ratio": None, "spread": None, "pass": False, "reason": str(error)}
    exponents = {k: exponent(x["sizes"], x["seconds"]) for k, x in found.items()}
    REPORTS.mkdir(exist_ok=True)
    _drawn(found, exponents)
    ratio, is_whole = max(exponents.values()), not any(x["failed"] for x in found.values())
    is_linear = is_reached(ratio, TARGET, at_least=False)
    reasons = ["the target is not reached"] * (not is_linear)
    reasons += ["dendrax reports a failure"] * (not is_whole)
    shown = ", ".join(f"{axis} {value:.2f}" for axis, value in exponents.items())
    return {
        **asked,
        "ratio": ratio,
        "spread": [min(exponents.values()), ratio],
        "accuracy_ms": None,
        "pass": is_linear and is_whole,
        "reason": "; ".join(reasons),
        "note": f"Exponents: {shown}, fitted over two decades of each: ![scaling](scaling.png)",
        "exponents": exponents,
        "points": {k: [x["sizes"], x["seconds"]] for k, x in found.items()},
        "settings": NUMERICS,
        "versions": found["batch"]["versions"],
    }


def _measured(axis: str, by: Interpreters) -> dict[str, Any]:
    run = Run("dendrax_scaling", {"axis": axis, "sizes": AXES[axis], **NUMERICS})
    found = measurement(run, by)
    print(f"  {axis}: {found}", flush=True)
    return found


def _drawn(found: dict[str, Any], exponents: dict[str, float]) -> None:
    """Draw cost against size, each relative to the first, and what is linear."""
    from matplotlib.figure import Figure  # the harness stays small until all is measured

    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    for axis, x in found.items():
        relative = np.asarray(x["sizes"]) / x["sizes"][0]
        label = f"{axis}, from {x['sizes'][0]:g}: exponent {exponents[axis]:.2f}"
        axes.loglog(relative, np.asarray(x["seconds"]) / x["seconds"][0], "o-", label=label)
    axes.loglog([1, 100], [1, 100], "k:", label="linear")
    axes.set(xlabel="size, relative to the first", ylabel="time, relative to the first")
    axes.legend(fontsize="small")
    figure.savefig(REPORTS / "scaling.png", dpi=100)
