"""The cells of the folder morphologies/ are what its manifest and its generator say."""

import hashlib
import json
import runpy
from pathlib import Path

import numpy as np
import pytest
import quantities as pq

import dendrax as dx

FOLDER = Path(__file__).parents[2] / "morphologies"
MANIFEST = json.loads((FOLDER / "manifest.json").read_text())
# By the dimensions of the source: membrane of soma and neurites, in um2.
AREA = {
    "ball_and_stick.swc": np.pi * (20 * 20 + 500 * 2),
    "granule_cell.swc": np.pi * (16.8**2 + 2 * 500 * 3),
    "l23_pyramidal.swc": np.pi
    * (15.3 * 21 + 35 * 2.5 + 200 * 2.3 + 180 * 2.4 + 140 * 2 + 50 * 2.5 + 2 * 150 * 1.6),
    "l5_pyramidal.swc": np.pi
    * (17 * 23 + 60 * 6 + 150 * 3 + 400 * 4.4 + 400 * 2.9 + 250 * 2 + 50 * 4 + 2 * 150 * 5),
    "rall_tree.swc": 16085,
}


def read(name, folder=FOLDER):
    return dx.read_swc(folder / name, repair="no_soma" if name == "rall_tree.swc" else ())


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_a_cell_is_as_its_source_has_it(entry):
    content = (FOLDER / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert entry["source"] in content.decode()
    cut = dx.discretize(read(entry["file"]), max_length=20 * pq.um)
    assert cut.area.sum() == pytest.approx(AREA[entry["file"]], rel=1e-3)


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_parameters_have_units_and_regions(entry):
    preset = json.loads((FOLDER / entry["parameters"]).read_text())
    cut = dx.discretize(read(entry["file"]), n_per_section=1)
    assert set(preset["regions"]["all"]) == {"c_m", "r_axial", "r_m", "e_leak"}
    for region, parameters in preset["regions"].items():
        assert dx.select(cut, region).any()
        for parameter in parameters.values():
            assert pq.Quantity(parameter["value"], parameter["unit"]).size == 1


def test_every_file_is_in_the_manifest():
    assert {path.name for path in FOLDER.glob("*.swc")} == {entry["file"] for entry in MANIFEST}


def test_the_generator_writes_what_is_here(tmp_path):
    runpy.run_path(str(FOLDER / "generate.py"))["write"](tmp_path)
    for entry in MANIFEST:
        written, kept = read(entry["file"], tmp_path), read(entry["file"])
        np.testing.assert_array_equal(written.parent, kept.parent)
        np.testing.assert_allclose(written.xyz, kept.xyz, atol=1e-9)
        np.testing.assert_allclose(written.radius, kept.radius)
