"""Measure one row: peer and dendrax in turn, and whether both compute the same."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from validation.benchmarks.processes import Interpreters, Run, WorkerError, measurement, started
from validation.benchmarks.records import (
    Agreement,
    Measurement,
    Record,
    agreement,
    gradient_error,
    is_reached,
    middle,
)
from validation.benchmarks.rows import Row

# Of the spikes that one has, the other may lack so many: those that graze the threshold.
MISSING = 0.02


class Bench:
    """A session of measurements: what rows have in common is measured once."""

    def __init__(self, folder: Path, pairs: int, by: Interpreters) -> None:
        self.folder, self.n_pairs, self.by = folder, pairs, by
        self.done: dict[str, Any] = {}

    def record(self, name: str, row: Row) -> Record:
        """Measure a row; one that cannot be measured says why, and is never passed."""
        asked = {"id": name, "title": row.title, "target": row.target, "at_least": row.at_least}
        try:
            return {**asked, **self._measured(row)}
        except WorkerError as error:
            return {**asked, "ratio": None, "spread": None, "pass": False, "reason": str(error)}

    def _measured(self, row: Row) -> Record:
        pairs = self._pairs(row)
        ratios = [row.compare(ours, peer) for peer, ours in pairs]
        ratio = middle(ratios)
        failed = [name for name, found in self._checks(row, pairs).items() if not found]
        found = is_reached(ratio, row.target, row.at_least)
        return {
            "ratio": ratio,
            "spread": [min(ratios), max(ratios)],
            "pairs": len(pairs),
            "unit": row.unit,
            **self._accuracy(row),
            "pass": found and not failed,
            "reason": "; ".join(([] if found else ["the target is not reached"]) + failed),
            "note": row.note,
            "median": medians([ours for _, ours in pairs]),
            "peer_median": medians([peer for peer, _ in pairs]),
            "settings": row.ours.settings,
            "peer_settings": row.peer.settings,
            "versions": {**pairs[0][0]["versions"], **pairs[0][1]["versions"]},
            "platform": pairs[0][1].get("platform", "cpu"),
        }

    def _pairs(self, row: Row) -> list[tuple[Measurement, Measurement]]:
        def both() -> list[tuple[Measurement, Measurement]]:
            return [
                (self._run(row, "peer", row.peer), self._run(row, "ours", row.ours))
                for _ in range(self.n_pairs)
            ]

        return self._once(f"{row.task} {row.peer} {row.ours}", both)

    def _run(self, row: Row, side: str, run: Run) -> Measurement:
        files = {"out": self._output(run, row)}
        if row.task:
            files["task"] = self._task(row.task)
        found = measurement(run, self.by, **files)
        print(f"  {side}: {json.dumps(found)}", flush=True)
        return found

    def _task(self, name: str) -> Path:
        path = self.folder / f"{name}.npz"
        if not path.exists():
            started("validation.benchmarks.tasks", name, str(path), by=self.by)
        return path

    def _output(self, run: Run, row: Row) -> Path:
        number = self._once(f"number of {row.task} {run}", lambda: len(self.done))
        return self.folder / f"computed_{number}.npz"

    def _once(self, key: str, make: Any) -> Any:
        if key not in self.done:
            made = make()  # which may add keys of its own
            self.done[key] = made
        return self.done[key]

    def _agreements(self, row: Row) -> tuple[dict[str, Agreement], dict[str, float]] | None:
        if row.reference is None:
            return None
        run = row.reference
        self._once(f"{row.task} {run}", lambda: self._run(row, "reference", run))
        computed = {
            side: dict(np.load(self._output(each, row)))
            for side, each in (("peer", row.peer), ("ours", row.ours), ("reference", run))
        }
        reference = computed.pop("reference")
        gaps = {k: agreement(x["values"], reference["values"]) for k, x in computed.items()}
        gradients = {
            side: gradient_error(x["gradient"], reference["gradient"])
            for side, x in computed.items()
            if "gradient" in x and len(x["values"]) == len(reference["values"])
        }
        return gaps, gradients

    def _accuracy(self, row: Row) -> Record:
        found = self._agreements(row)
        if found is None:
            return {"accuracy_ms": None, "peer_accuracy_ms": None}
        (gaps, gradients), record = found, {}
        for side, prefix in (("ours", ""), ("peer", "peer_")):
            record |= {
                f"{prefix}accuracy_ms": gaps[side].mean,
                f"{prefix}accuracy_largest_ms": gaps[side].largest,
                f"{prefix}missing": gaps[side].missing,
                f"{prefix}gradient_error": gradients.get(side),
            }
        return record

    def _checks(self, row: Row, pairs: list[tuple[Measurement, Measurement]]) -> dict[str, bool]:
        """Return what has to hold besides the target, by what to say where it does not."""
        checks = {"dendrax reports a failure": not any(o.get("failed", 0) for _, o in pairs)}
        found = self._agreements(row)
        if found is None:
            return checks
        ours, peer = found[0]["ours"], found[0]["peer"]
        return checks | {
            "the error of dendrax is too large": row.error is None or ours.mean <= row.error,
            "the peer computes something else": peer.mean <= row.peer_error,
            "spikes are missing": max(ours.missing, peer.missing) <= MISSING,
            "the error is not as much smaller as asked": row.gain is None
            or ours.mean * row.gain <= peer.mean,
        }


def medians(each: list[Measurement]) -> dict[str, float]:
    """Return the medians of what all processes of one side reported."""
    names = ("seconds", "first_call_s", "compile_s", "build_s", "temporary_mib", "peak_mb", "batch",
             "loss")  # fmt: skip
    return {k: middle(x[k] for x in each) for k in names if k in each[0]}
