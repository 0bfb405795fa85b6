"""The scenarios of ``validation/``: how they are reported, and those that take seconds."""

import json

import numpy as np
import pytest

from validation import report
from validation.__main__ import arguments, names
from validation._measured import Measured, at_least, at_most, near, not_measured
from validation.scenarios import (
    ball_and_stick,
    dcaap_smooth,
    dspike,
    nmda,
    rallpack1,
    rallpack2,
    reciprocity,
    taper,
)

CLAIMED = (
    "rallpack1 rallpack2 rallpack3 taper reciprocity ball_and_stick morphology dcaap dspike nmda "
    "gradient speed brian2_lif brian2_adaptive_lif brian2_leaky_integrator brian2_egru brian2_qif "
    "brian2_eif brian2_adex brian2_izhikevich brian2_dendritic brian2_refractory "
    "brian2_at_most_one_spike brian2_cell_passive brian2_cell_hodgkin_huxley brian2_cell_channels "
    "brian2_cell_calcium brian2_cell_synapses brian2_cell_clamps brian2_cell_dspike "
    "brian2_cell_dcaap"
    " brian2_network_feed_forward brian2_network_recurrent brian2_network_egru "
    "brian2_network_dendritic brian2_network_mixed recover_passive recover_adex "
    "recover_dendritic recover_ball_and_stick recover_dcaap"
)


def test_every_claim_has_a_scenario():
    assert [part for part in CLAIMED.split() if not any(part in name for name in names())] == []


def test_scenarios_are_chosen_by_parts_of_their_names():
    names = arguments(["--only", "dcaap"]).names
    assert names == ["brian2_cell_dcaap", "dcaap_event", "dcaap_smooth", "recover_dcaap"]
    quick = arguments(["--quick"]).names
    assert set(quick) < set(arguments([]).names)
    with pytest.raises(SystemExit):
        arguments(["--only", "no such scenario"])


def test_a_quantity_passes_within_its_tolerance_only():
    assert at_most("q", 1.0, "", 1.0, "").passes
    assert not at_most("q", 1.1, "", 1.0, "").passes
    assert at_least("q", 1.1, "", 1.0, "").passes
    assert not at_least("q", 0.9, "", 1.0, "").passes
    assert near("q", 2.05, "", 2.0, 0.1, "").passes
    assert not near("q", 2.15, "", 2.0, 0.1, "").passes
    assert not at_most("q", np.nan, "", 1.0, "").passes
    assert not not_measured("q", "", 1.0, "").passes


def test_a_report_keeps_what_was_not_measured_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "REPORTS", tmp_path)
    monkeypatch.setattr(report, "JSON", tmp_path / "latest.json")
    monkeypatch.setattr(report, "MARKDOWN", tmp_path / "scenarios.md")
    order = ["one", "two"]
    report.updated("two", [at_most("q", 3.0, "ms", 2.0, "why")], order)
    report.updated("one", [near("p", 1.0, "mV", 1.0, 0.1, "because")], order)
    report.updated("two", [at_most("q", 1.0, "ms", 2.0, "why")], order)
    entries = json.loads((tmp_path / "latest.json").read_text())
    assert [(e["scenario"], e["quantity"], e["pass"]) for e in entries] == [
        ("one", "p", True),
        ("two", "q", True),
    ]
    assert {"value", "unit", "tolerance"} <= set(entries[0])
    text = (tmp_path / "scenarios.md").read_text()
    assert "2 of 2 quantities" in text
    assert "| q | 1 ms | <= 2 ms | yes | why |" in text


def failures(found: list[Measured]) -> list[str]:
    return [report.line(each) for each in found if not each.passes]


# Tolerances are those of the scenarios, which say why.
@pytest.mark.parametrize("scenario", [taper, dspike], ids=lambda module: module.__name__)
def test_fast_scenarios_are_within_their_tolerances(scenario):
    assert failures(scenario.measure()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "scenario",
    [rallpack1, rallpack2, reciprocity, ball_and_stick, dcaap_smooth, nmda],
    ids=lambda module: module.__name__,
)
def test_slow_scenarios_are_within_their_tolerances(scenario):
    found = [each for each in scenario.measure() if each.value is not None]
    assert len(found) >= 2
    assert failures(found) == []


def test_the_series_of_the_cables_are_those_of_rallpack():
    """Values of the published references (mV), which have six digits behind the point."""
    t = np.array([0.5, 5.0, 250.0])
    one = [[-49.003917, -16.242861, 101.935052], [-65.0, -63.039879, 43.096468]]
    two = [[-64.638056, -62.024909, -40.127018], [-64.717591, -62.104444, -40.206553]]
    rallpack = rallpack1.rallpack
    r = rallpack.resistance(1.0, 1000.0), rallpack.resistance(16.0, 4000.0)
    found = [rallpack.series(t, x, 1.0, r[0]) for x in (0.0, 1.0)]
    np.testing.assert_allclose(found, one, atol=1e-6)
    found = [rallpack.series(t, x, 0.08, r[1]) for x in (0.0, 0.08)]
    np.testing.assert_allclose(found, two, atol=1e-6)
