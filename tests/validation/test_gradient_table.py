"""A part of ``validation/gradients.py``, and whether its report is of today's models."""

import pytest

import dendrax as dx
from validation.gradients import CASES, MODES, REPORT, TARGET, measured


@pytest.mark.slow  # as many other tests do for fewer models
@pytest.mark.parametrize(
    ("name", "execution", "kept"),
    [("LIF", "auto", "first"), ("QIF", "auto", "trace")],
)
def test_exact_gradients_are_differences_in_both_modes(name, execution, kept):
    rows = list(measured(name, execution, kept))
    assert {row.parameter for row in rows} >= set(dx.parameters(CASES[name].model))
    assert not all(row.is_zero for row in rows)
    for row in rows:
        assert row.n_void == 0, row
        assert row.error <= TARGET, row
        assert row.modes <= MODES, row


def test_the_report_has_all_cases():
    headings = {line[3:] for line in REPORT.read_text().splitlines() if line.startswith("## ")}
    wanted = {f"{name}, {run[0]}" for name, case in CASES.items() for run in case.runs()}
    assert headings == wanted | {"Summary"}


def test_every_model_has_a_case():
    # Cells have the scenario "gradient", with all that makes up a cell.
    elsewhere = {dx.AbstractNeuron, dx.Cell}
    models = {
        value.__name__
        for value in vars(dx).values()
        if isinstance(value, type)
        and issubclass(value, dx.AbstractNeuron)
        and value not in elsewhere
    }
    named = " ".join(CASES)
    assert {name for name in models if name not in named} == set()
