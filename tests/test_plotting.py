"""Plots draw what they are given, into the axes that they are given, and show nothing."""

import jax.numpy as jnp
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


@pytest.fixture(scope="module")
def spiking():
    """Return a trial whose v rises by 2 mV per ms, and falls by 10 mV at its spike at 5.1 ms."""
    times = jnp.arange(0.0, 10.0, 0.5)
    v = 2 * times - 10 * (times > 5.1)
    one = (1, 1)
    return dx.SimulationResult(
        spike_times=jnp.full((1, 1, 1), 5.1),
        spike_slope=jnp.ones((1, 1, 1)),
        times=times,
        traces={"v": v[None, None], "w": 3 * v[None, None], "v_cell": _cell_voltages(times)},
        status=jnp.zeros(one, int),
        n_steps=jnp.zeros(one, int),
        t_reached=jnp.full(one, 10.0),
        t_stop=10.0,
        units=(("v", "mV"), ("w", "pA"), ("v_cell", "mV")),
    )


def _cell_voltages(times):
    return (jnp.arange(3.0)[:, None] + times[None])[None, None]


def test_a_phase_plot_has_no_line_through_the_reset(spiking, ax):
    assert dx.plot_phase(spiking, ax=ax) is ax
    rate = ax.lines[0].get_ydata()
    np.testing.assert_allclose(rate[np.isfinite(rate)], 2.0)
    assert np.isnan(rate).sum() == 1
    assert ax.get_ylabel() == "dv/dt (mV/ms)"
    dx.plot_phase(spiking, "v", "w", ax)
    v, w = ax.lines[-1].get_data()
    np.testing.assert_allclose(w, 3 * v)
    with pytest.raises(dx.ModelError, match="'v_cell' must be a recorded trace of one place"):
        dx.plot_phase(spiking, "v_cell", ax=ax)


def test_a_history_is_drawn_on_a_logarithmic_scale(ax):
    history = xr.Dataset({"loss": ("step", [4.0, 2.0, 1.0]), "tau": ("step", [1.0, 1.0, 1.0])})
    assert dx.plot_history(history, ax) is ax
    assert ax.get_yscale() == "log"
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [4, 2, 1])
    with pytest.raises(dx.ModelError, match="end on 'loss'"):
        dx.plot_history(history.drop_vars("loss"), ax)


def test_a_comparison_lies_over_each_other(spiking, ax):
    assert dx.plot_comparison(spiking, spiking, ax, labels=("ours", "theirs")) is ax
    traces = [line for line in ax.lines if len(line.get_xdata()) == 20]
    np.testing.assert_allclose(traces[0].get_ydata(), traces[1].get_ydata())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["ours", "theirs"]
    with pytest.raises(dx.ModelError, match="'i_syn' was not recorded in a"):
        dx.plot_comparison(spiking, spiking, ax, trace="i_syn")


def test_work_and_precision_are_logarithmic(ax):
    measured = {"Heun": ([1, 2, 4], [1e-2, 1e-3, 1e-4]), "Tsit5": ([2, 4], [1e-5, 1e-7])}
    assert dx.plot_work_precision(measured, ax) is ax
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    np.testing.assert_allclose(ax.lines[1].get_data(), measured["Tsit5"])
    with pytest.raises(dx.ModelError, match="'Heun' must be positive and of one length"):
        dx.plot_work_precision({"Heun": ([1, 2], [1.0])}, ax)


def test_a_movie_has_one_frame_per_sample(spiking, ax, tmp_path):
    from PIL import Image

    cell = dx.discretize(dx.cylinder(100 * pq.um, 2 * pq.um), max_length=34 * pq.um)
    few = dx.thin(spiking, 2 * pq.ms)
    movie = dx.animate_morphology(cell, few, ax, path=tmp_path / "cell.gif")
    movie._draw_frame(4)
    np.testing.assert_allclose(ax.collections[0].get_array(), np.tile([8.0, 9.0, 10.0], 2))
    with Image.open(tmp_path / "cell.gif") as saved:
        assert saved.n_frames == len(few.times) == 5
    with pytest.raises(dx.ModelError, match="'v_dend' must be recorded in 3 compartments"):
        dx.animate_morphology(cell, few, ax, trace="v_dend")
