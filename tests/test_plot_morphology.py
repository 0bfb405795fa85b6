"""Cells are drawn to scale, in the colors of their regions or of values with a unit."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import quantities as pq
from matplotlib.figure import Figure

import dendrax as dx

mpl.use("Agg")


@pytest.fixture(scope="module")
def cell():
    return dx.ball_and_stick(20 * pq.um, 400 * pq.um, 2 * pq.um)


@pytest.fixture(scope="module")
def compartments(cell):
    return dx.discretize(cell, max_length=100 * pq.um)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.fixture
def ax():
    return Figure().subplots()


def test_cones_are_drawn_to_scale(cell, ax):
    assert dx.plot_morphology(cell, ax=ax) is ax
    soma, dendrite = (path.get_extents() for path in ax.collections[0].get_paths())
    assert (soma.width, soma.height) == (20, 20)
    assert (dendrite.width, dendrite.height) == (400, 2)
    assert ax.get_aspect() == 1
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["soma", "basal"]


def test_a_bar_has_a_round_length(cell, ax):
    dx.plot_morphology(cell, ax=ax)
    assert np.ptp(ax.lines[0].get_xdata()) == 100
    assert [text.get_text() for text in ax.texts] == ["100 um"]


def test_values_have_a_color_bar_with_their_unit(compartments, ax):
    v = np.linspace(-70, -60, len(compartments)) * pq.mV
    dx.plot_morphology(compartments, v, ax, label="potential", clim=(-80, 0))
    shapes = ax.collections[0]
    assert shapes.get_clim() == (-80, 0)
    assert sorted(set(shapes.get_array())) == v.magnitude.tolist()
    assert ax.figure.axes[1].get_ylabel() == "potential (mV)"


def test_values_may_be_plain_numbers_per_section(cell, ax):
    dx.plot_morphology(cell, [1.0, 2.0], ax)
    assert ax.collections[0].get_array().tolist() == [1, 2]


def test_a_region_is_marked(compartments, ax):
    dx.plot_morphology(compartments, dx.select(compartments, "soma"), ax)
    assert len(np.unique(ax.collections[0].get_facecolor(), axis=0)) == 2
    assert len(ax.figure.axes) == 1


@pytest.mark.parametrize("plane", ["xy", "xz", "yz", "xyz"])
def test_every_view_is_drawn(compartments, plane):
    ax = dx.plot_morphology(compartments, plane=plane)
    ax.figure.draw_without_rendering()
    assert hasattr(ax, "set_zlim") == (plane == "xyz")


def test_what_cannot_be_drawn_is_refused(cell, compartments):
    with pytest.raises(dx.MorphologyError, match=r"one value per compartment, 5 .* shape \(2,\)"):
        dx.plot_morphology(compartments, [1.0, 2.0])
    with pytest.raises(dx.MorphologyError, match=r"one value per section, 2 .* shape \(5,\)"):
        dx.plot_morphology(cell, np.ones(5))
    with pytest.raises(dx.MorphologyError, match=r"plane must be 'xy', .*; got 'zx'"):
        dx.plot_morphology(cell, plane="zx")
