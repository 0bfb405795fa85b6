"""The report of the scenarios: one list of records for programs, one table for people."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from validation._measured import Measured

REPORTS = Path(__file__).parent / "reports"
JSON, MARKDOWN = REPORTS / "latest.json", REPORTS / "scenarios.md"

HEAD = """# What was measured

Made by `python -m validation`, on CPU in float64. Every number stands beside what it may be, and
why. `latest.json` has the same for programs.
"""


def updated(scenario: str, found: Sequence[Measured], order: Sequence[str]) -> None:
    """Write the report; entries of other scenarios stay as they were."""
    old = json.loads(JSON.read_text()) if JSON.exists() else []
    entries = merged(old, [each.entry(scenario) for each in found], scenario, order)
    REPORTS.mkdir(exist_ok=True)
    JSON.write_text(json.dumps(entries, indent=1) + "\n")
    MARKDOWN.write_text("\n".join([HEAD, *lines(entries)]))


def merged(
    old: list[dict[str, Any]], new: list[dict[str, Any]], scenario: str, order: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the old entries, with those of one scenario replaced and those of no scenario gone."""
    kept = [each for each in old if each["scenario"] != scenario and each["scenario"] in order]
    return sorted([*kept, *new], key=lambda each: order.index(each["scenario"]))


def lines(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of the report below its head."""
    passed = sum(each["pass"] for each in entries)
    yield f"{passed} of {len(entries)} quantities are within their tolerances."
    for scenario, group in groupby(entries, key=lambda each: each["scenario"]):
        yield from ["", f"## {scenario}", ""]
        yield "| quantity | value | tolerance | within | reason of the tolerance |"
        yield "|---|---|---|---|---|"
        yield from map(_row, group)
    yield ""


def line(each: Measured) -> str:
    """Return what is printed of a quantity as soon as it is measured."""
    verdict = "ok  " if each.passes else "FAIL"
    unit = f" {each.unit}" if each.unit else ""
    return f"{verdict} {each.quantity}: {shown(each.value, each.digits)}{unit} ({each.wanted})"


def shown(value: float | None, digits: int = 3) -> str:
    """Return a number with the digits that matter."""
    return "not measured" if value is None else f"{value:.{digits}g}"


def _row(entry: dict[str, Any]) -> str:
    keys = ("quantity", "value", "unit", "tolerance", "reason", "sense", "expected")
    each = Measured(**{key: entry[key] for key in keys})
    unit = f" {each.unit}" if each.unit else ""
    within = "yes" if each.passes else "**no**"
    value = shown(each.value, each.digits) + (unit if each.value is not None else "")
    return f"| {each.quantity} | {value} | {each.wanted}{unit} | {within} | {each.reason} |"
