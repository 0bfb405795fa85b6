from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "../shared/data/morphologies"


@pytest.fixture(params=["ca1_n120", "human_l23_171122005"])
def real_cell(request):
    """The path of a reconstructed neuron."""
    path = FOLDER / f"{request.param}.swc"
    if not path.exists():
        pytest.skip("the reconstructions are not part of the repository")
    return path
