"""Dendritic spikes by channels and by receptors, as in ``validation/scenarios``."""

import pytest

from validation.scenarios import dcaap_smooth, nmda


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [dcaap_smooth, nmda], ids=lambda module: module.__name__)
def test_every_number_is_within_its_tolerance(scenario):
    rows = scenario.measure()
    assert len(rows) >= 8
    assert [each for each in rows if not each.passes] == []
