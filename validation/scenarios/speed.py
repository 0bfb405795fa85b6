"""Speed of cells against other simulators: rows m to r of the benchmark report."""

import tempfile
from pathlib import Path
from typing import Any

from validation._measured import Measured
from validation.benchmarks.__main__ import RECORDS
from validation.benchmarks.measure import Bench
from validation.benchmarks.processes import machine
from validation.benchmarks.report import updated
from validation.benchmarks.rows import CABLE, ROWS
from validation.scenarios import _peers

PAIRS = 3


def measure() -> list[Measured]:
    """Measure all rows of cells, and update the benchmark report too."""
    by = _peers.interpreters()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), PAIRS, by)
        records = [bench.record(name, ROWS[name]) for name in CABLE]
    updated(records, RECORDS, by.platform, machine())
    return [measured(record) for record in records]


def measured(record: dict[str, Any]) -> Measured:
    """Return a record of the benchmark report as a quantity."""
    row, sense = ROWS[record["id"]], ">=" if record["at_least"] else "<="
    reason = "the target of the benchmark report; the median over pairs on one machine"
    if record["reason"]:
        reason = record["reason"]
    name, unit = f"{record['id']}: {record['title']}", row.unit.strip()
    return Measured(name, record["ratio"], unit, record["target"], reason, sense)
