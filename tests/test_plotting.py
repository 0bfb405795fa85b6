"""Plots draw what they are given, into the axes that they are given, and show nothing."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import quantities as pq
import xarray as xr
from matplotlib.figure import Figure

import dendrax as dx

mpl.use("Agg")


@pytest.fixture(scope="module")
def sweeps():
    return dx.default_recording(every=1 * pq.ms)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.fixture
def ax():
    return Figure().subplots()


def test_traces_are_drawn_with_units(sweeps, ax):
    assert dx.plot_traces(sweeps.target, [0, 9], ax) is ax
    assert ax.get_ylabel() == "membrane potential (mV)"
    assert ax.get_xlabel() == "time (ms)"
    np.testing.assert_allclose(ax.lines[0].get_ydata(), sweeps.target.traces["v"][0, 0])
    np.testing.assert_allclose(ax.lines[-1].get_xdata(), sweeps.target.spikes(9))


def test_a_trace_that_was_not_recorded_is_named(sweeps, ax):
    with pytest.raises(dx.ModelError, match="'w' was not recorded; the result has v"):
        dx.plot_traces(sweeps.target, ax=ax, variable="w")


def test_a_raster_has_one_row_per_trial(sweeps, ax):
    assert dx.plot_raster(sweeps.target, ax) is ax
    counts = [len(row.get_positions()) for row in ax.collections]
    assert counts == sweeps.target.spike_counts[:, 0].tolist()


def test_rasters_are_compared_under_their_labels(sweeps, ax):
    dx.plot_raster({"data": sweeps.target, "model": sweeps.target}, ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["data", "model"]


def test_new_axes_are_made_where_none_are_given(sweeps):
    assert dx.plot_traces(sweeps.target).figure is not dx.plot_raster(sweeps.target).figure


def test_a_fit_is_on_one_page(sweeps, tmp_path):
    history = xr.Dataset({"loss": ("step", [3.0, 2.0, 1.0]), "tau_mem": ("step", [1.0, 2.0, 3.0])})
    figure = dx.plot_fit(sweeps.target, sweeps.target, sweeps.inputs, history, held_out=[3, 6, 9])
    figure.savefig(tmp_path / "fit.png")
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["sweep 0", "sweep 3, held out", "sweep 8", "sweep 9, held out"]
    current = figure.axes[4].lines[0]
    assert set(current.get_ydata()) == {0.0, -100.0}
    assert len(figure.axes[-1].lines) == 1


@pytest.mark.parametrize("held_out", [[], [0], [0, 1]])
def test_a_fit_of_few_sweeps_has_a_page_too(sweeps, held_out):
    few = dx.take(sweeps, [2, 5])
    figure = dx.plot_fit(few.target, few.target, few.inputs, held_out=held_out)
    figure.draw_without_rendering()
    assert len(figure.axes) == 5


def test_a_fit_of_other_trials_is_refused(sweeps):
    with pytest.raises(dx.ModelError, match=r"same number of trials; got \[1, 10\]"):
        dx.plot_fit(sweeps.target, dx.take(sweeps.target, 0), sweeps.inputs)
