"""What a fit leaves in its folder."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dendrax.cli._plan import Plan
from dendrax.fitting import FitResult, Score
from dendrax.parameters import parameters
from dendrax.report import agreement, number, write_report
from dendrax.results import Sweeps, write
from dendrax.validation import Convergence


def save(
    out: Path, planned: Plan, fitted: FitResult, check: Convergence | str, seconds: float
) -> None:
    """Write the fit, its picture, its report and its summary."""
    from dendrax.plotting import plot_fit

    sweeps = planned.sweeps
    write(fitted, out / "fit.nc")
    write(Sweeps(fitted.result, sweeps.inputs), out / "fit.nix")
    figure = plot_fit(
        sweeps.target,
        fitted.result,
        sweeps.inputs,
        fitted.history,
        starts=fitted.starts,
        held_out=fitted.held_out,
    )
    figure.savefig(out / "fit.png", dpi=150)
    write_report(fitted, out, check=check)
    summary = _summary(fitted, check, seconds)
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")


def _summary(fitted: FitResult, check: Convergence | str, seconds: float) -> dict[str, Any]:
    trials = {"trained": fitted.trained, "held_out": fitted.held_out}
    return {
        "recording": fitted.provenance["recording"],
        "model": type(fitted.model).__name__,
        "parameters": {
            name: {
                "value": entry.value.tolist(),
                "unit": entry.unit,
                "learnable": entry.is_learnable,
                "bounds": [number(bound) for bound in entry.bounds],
            }
            for name, entry in parameters(fitted.model).items()
        },
        **{name: _scored(fitted, name, trials[name]) for name in fitted.score},
        "brian2": agreement(check),
        "versions": {name: version(name) for name in ("dendrax", "jax", "diffrax", "brian2")},
        "wall_s": round(seconds, 1),
    }


def _scored(fitted: FitResult, name: str, trials: Sequence[int]) -> dict[str, Any]:
    score = asdict(fitted.score[name])
    counts = score.pop("spike_counts")
    return {
        **{f"{key}_{Score.units[key]}": number(value) for key, value in score.items()},
        "spike_counts": [
            {"sweep": trial, "recorded": recorded, "model": model}
            for trial, (recorded, model) in zip(trials, counts, strict=True)
        ],
    }
