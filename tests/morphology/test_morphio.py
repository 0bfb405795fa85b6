"""Files of other formats, through MorphIO."""

import builtins

import numpy as np
import pytest

import dendrax as dx

NEUROLUCIDA = """\
("CellBody" (Color Red) (CellBody)
 (-10 0 0 0) (0 -10 0 0) (10 0 0 0) (0 10 0 0))
((Dendrite)
 (10 0 0 2) (50 0 0 2)
 ((80 10 0 1) (100 10 0 1) | (80 -10 0 1) (100 -10 0 1)))
((Apical) (0 10 0 4) (0 100 0 2))
"""


@pytest.fixture
def path(tmp_path):
    (tmp_path / "cell.asc").write_text(NEUROLUCIDA)
    return tmp_path / "cell.asc"


def test_a_neurolucida_file_is_read(path):
    pytest.importorskip("morphio", reason="MorphIO is not installed")
    cell = dx.read_morphology(path)
    assert cell.names == ("soma[0]", "dend[0]", "dend[1]", "dend[2]", "apic[0]")
    assert cell.parent.tolist() == [-1, 0, 1, 1, 0]
    assert cell.attachment.tolist() == [1, 0.5, 1, 1, 0.5]
    branch = np.hypot(30, 10) + 20
    np.testing.assert_allclose(cell.length, [20, 40, branch, branch, 90], rtol=1e-6)
    np.testing.assert_allclose(cell.area[0], np.pi * 20**2, rtol=1e-6)


def test_what_morphio_cannot_read_is_refused(tmp_path):
    pytest.importorskip("morphio", reason="MorphIO is not installed")
    (tmp_path / "cell.asc").write_text("(((")
    with pytest.raises(dx.MorphologyError, match=r"cell\.asc: MorphIO cannot read it: "):
        dx.read_morphology(tmp_path / "cell.asc")
    (tmp_path / "cell.asc").write_text("((Dendrite) (0 0 0 2) (50 0 0 2))")
    with pytest.raises(dx.MorphologyError, match=r"cell\.asc: has no soma"):
        dx.read_morphology(tmp_path / "cell.asc")


def test_without_morphio_it_is_named(path, monkeypatch):
    load = builtins.__import__

    def refuse(name, *rest):
        if name == "morphio":
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(dx.MorphologyError, match=r"need MorphIO. Run: pip install 'dendrax\[mor"):
        dx.read_morphology(path)


def test_swc_files_need_no_morphio(tmp_path):
    (tmp_path / "cell.SWC").write_text("1 1 0 0 0 9 -1\n")
    assert dx.read_morphology(tmp_path / "cell.SWC") == dx.read_swc(tmp_path / "cell.SWC")
