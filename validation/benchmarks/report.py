"""The report: one table for people, one list of records for programs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from validation.benchmarks.records import Record, merged

REPORTS = Path(__file__).resolve().parents[1] / "reports"

HEAD = """# How fast dendrax is

Made by `python -m validation.benchmarks`. Peer and dendrax run in turn, each in a process of its
own, on the same weights and inputs; a ratio is the median over such pairs, with the smallest and
the largest in brackets. Time of a process: the median of its repetitions, after a first call that
compiles. Errors are means over the spikes that both have, against dendrax in float64 by another
execution (flat loop, eighth order); the tests compare that with SciPy. *Gradient*: the relative
error of the gradient of the loss with respect to the first weights.

Work against precision of several solvers and steps is drawn by
`python -m validation.benchmarks work-precision`, into `work_precision.png`; throughput against
batch, step and width (Fig. 6 of König et al. 2026) by `throughput`, into `throughput.png`.
"""


def path(platform: str, suffix: str) -> Path:
    """Return where the report of a platform is; each has its own."""
    return REPORTS / f"benchmarks{'' if platform == 'cpu' else f'_{platform}'}.{suffix}"


def updated(new: list[Record], order: list[str], platform: str, machine: dict[str, Any]) -> None:
    """Write the report, in which rows that were not run stay as they were."""
    file = path(platform, "json")
    old = json.loads(file.read_text()) if file.exists() else []
    records = merged(old, [{**record, "machine": machine} for record in new], order)
    REPORTS.mkdir(exist_ok=True)
    file.write_text(json.dumps(records, indent=1) + "\n")
    path(platform, "md").write_text("\n".join([HEAD, *lines(records)]))


def lines(records: list[Record]) -> Iterator[str]:
    """Yield the lines of the report below its head."""
    passed = sum(record["pass"] for record in records)
    yield f"{passed} of {len(records)} rows reach their target."
    yield ""
    yield "| # | task | ratio | target | reached | error (ms) | peer's error | gradient | peer's |"
    yield "|---|---|---|---|---|---|---|---|---|"
    yield from map(row, records)
    yield from ["", "## Of each row", ""]
    for record in records:
        yield from details(record)
    yield from ["", "## Where and with what", ""]
    for found in dict.fromkeys(json.dumps(r["machine"]) for r in records):
        of = json.loads(found)
        names = ", ".join(r["id"] for r in records if r["machine"] == of)
        yield (
            f"- {names}: {of['processor']}, {of['cores']} cores, {of['system']}, Python "
            f"{of['python']}."
        )
    versions: dict[str, set[str]] = {}
    for record in records:
        for name, number in record.get("versions", {}).items():
            versions.setdefault(name, set()).add(number)
    yield "- " + ", ".join(f"{k} {' and '.join(sorted(v))}" for k, v in sorted(versions.items()))
    yield ""


def row(record: Record) -> str:
    """Return the line of one record in the table."""
    unit, sign = record.get("unit", ""), ">=" if record["at_least"] else "<="
    target = f"{sign} {record['target']:.3g}{unit}"
    if record["ratio"] is None:
        found, reached = "not measured", "not measured"
    else:
        low, high = record["spread"]
        found = f"{record['ratio']:.3g}{unit} ({low:.3g} to {high:.3g})"
        reached = "yes" if record["pass"] else "**no**"
    errors = ("accuracy_ms", "peer_accuracy_ms", "gradient_error", "peer_gradient_error")
    shown = " | ".join("" if (x := record.get(k)) is None else f"{x:.1e}" for k in errors)
    return f"| {record['id']} | {record['title']} | {found} | {target} | {reached} | {shown} |"


def details(record: Record) -> Iterator[str]:
    """Yield what there is to say of a record besides its numbers."""
    said = []
    if record.get("reason"):
        said.append(f"Not reached: {record['reason']}." if record["ratio"] is not None
                    else f"Not measured: {record['reason']}.")  # fmt: skip
    for key, name in (("median", "dendrax"), ("peer_median", "other side")):
        if found := record.get(key):
            said.append(f"{name}: {', '.join(told(found))}.")
    if record.get("note"):
        said.append(record["note"])
    yield f"- **{record['id']}** {' '.join(said)}"


def told(found: dict[str, float]) -> Iterator[str]:
    """Yield the medians of one side in words."""
    if "batch" in found:
        yield f"{found['batch'] / found['seconds']:,.0f} samples/s"
    else:
        yield f"{found['seconds']:.3g} s"
    if "first_call_s" in found:
        yield f"first call {found['first_call_s']:.3g} s"
    if "peak_mb" in found:
        yield f"peak {found['peak_mb']:,.0f} MB"
