"""Recordings to fit."""

from pathlib import Path

import pytest

import dendrax as dx
from tests.fitting import small_fit

RECORDING = Path(__file__).parents[2] / "../shared/data/recordings/171116sh_0018.abf"


@pytest.fixture(scope="session")
def recording() -> Path:
    if not RECORDING.is_file():
        pytest.skip("the recordings are not part of the project and are not here")
    return RECORDING


@pytest.fixture(scope="session")
def sweeps() -> dx.Sweeps:
    return small_fit.simulated_sweeps()
