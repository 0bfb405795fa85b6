"""What the benchmarks make of measurements, without measuring anything."""

import math

import numpy as np
import pytest

from validation.benchmarks import records, report
from validation.benchmarks.measure import Bench
from validation.benchmarks.processes import Interpreters, Run
from validation.benchmarks.rows import CABLE, ROWS, Row

PEER = {"seconds": 6.0, "batch": 32, "first_call_s": 30.0}
OURS = {"seconds": 2.0, "batch": 64, "first_call_s": 6.0}
MACHINE = {"processor": "abacus", "cores": 2, "system": "none", "python": "3"}


def record(name, **rest):
    return {
        "id": name, "title": name, "ratio": 3.0, "spread": [2.0, 4.0], "target": 2.0,
        "at_least": True, "pass": True, **rest,
    }  # fmt: skip


def test_a_speedup_is_per_sample():
    assert records.speedup(OURS, PEER) == 6.0


def test_a_cost_is_ours_relative_to_the_peers():
    assert records.cost("first_call_s")(OURS, PEER) == pytest.approx(0.2)


def test_the_median_of_ratios_is_not_the_ratio_of_medians():
    ours, peer = [1.0, 2.0, 4.0], [8.0, 2.0, 12.0]
    assert records.middle(p / o for o, p in zip(ours, peer, strict=True)) == 3.0


@pytest.mark.parametrize(
    ("ratio", "at_least", "reached"), [(2, True, True), (1, True, False), (1, False, True)]
)
def test_a_target_is_reached_from_its_side(ratio, at_least, reached):
    assert records.is_reached(ratio, 2, at_least) is reached


def test_errors_are_of_the_spikes_that_both_have():
    found = records.agreement(np.array([[1.0, np.inf]]), np.array([[1.5, 3.0], [9.0, 9.0]]))
    assert found == (0.5, 0.5, 0.5)


def test_without_common_spikes_all_are_missing():
    found = records.agreement(np.array([np.inf]), np.array([1.0]))
    assert math.isnan(found.mean)
    assert found.missing == 1.0


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_exponent_is_that_of_a_power_law(power):
    sizes = np.geomspace(10, 1000, 5)
    assert records.exponent(sizes, 3e-4 * sizes**power) == pytest.approx(power)


def test_rows_that_were_not_run_are_kept():
    old = [record("a"), record("b")]
    found = records.merged(old, [record("b", ratio=5.0), record("l")], ["a", "b", "c", "l"])
    assert [(each["id"], each["ratio"]) for each in found] == [("a", 3.0), ("b", 5.0), ("l", 3.0)]


def test_what_could_not_be_measured_is_said_and_does_not_pass(tmp_path):
    row = Row("a title", Run("no_such_peer", {}), Run("import_jax", {}), 1.0)
    found = Bench(tmp_path, 1, Interpreters("no_such_interpreter")).record("a", row)
    assert found["pass"] is False
    assert found["ratio"] is None
    assert "FileNotFoundError" in found["reason"]
    text = "\n".join(report.lines([{**found, "machine": MACHINE}]))
    assert "0 of 1 rows" in text
    assert "Not measured: FileNotFoundError" in text


def test_a_failure_is_told():
    failed = record("a", **{"pass": False}, reason="the target is not reached", machine=MACHINE)
    text = "\n".join(report.lines([failed, {**record("b"), "machine": MACHINE}]))
    assert "1 of 2 rows" in text
    assert "**no**" in text
    assert "Not reached: the target is not reached." in text


def test_a_report_changes_only_the_rows_that_were_run(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "REPORTS", tmp_path)
    order = list(ROWS)
    report.updated([record("a"), record("b")], order, "cpu", MACHINE)
    report.updated([record("b", ratio=7.0)], order, "cpu", {**MACHINE, "cores": 64})
    text = (tmp_path / "benchmarks.md").read_text()
    assert "| a | a | 3 (2 to 4) |" in text
    assert "| b | b | 7 (2 to 4) |" in text
    assert "- a: abacus, 2 cores" in text
    assert "- b: abacus, 64 cores" in text


@pytest.mark.parametrize("name", ROWS)
def test_the_two_sides_of_a_row_do_the_same_task(name):
    row = ROWS[name]
    if name in CABLE:
        assert row.peer.settings["compartments"] == row.ours.settings["compartments"]
        return
    for key in ("model", "mode"):
        assert row.peer.settings.get(key) == row.ours.settings.get(key)
    if row.compare is not records.speedup:
        assert row.peer.settings.get("batch") == row.ours.settings.get("batch")
