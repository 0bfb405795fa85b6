"""A fit is a table, a file, a picture and a report; one small fit is enough for all of them."""

import base64
import dataclasses
from html.parser import HTMLParser
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import matplotlib as mpl
import numpy as np
import pytest
import quantities as pq
import xarray as xr
from matplotlib.figure import Figure

import dendrax as dx
from dendrax.fitting import table_of
from dendrax.fitting._history import to_history
from dendrax.fitting._score import score
from dendrax.report._findings import directions, warnings_of
from tests.fitting import small_fit

mpl.use("Agg")


TRAINED, HELD_OUT = (0, 1, 3, 4), (2, 5)


@pytest.fixture(scope="module")
def fitted():
    """Return a fit as it may come out; that it does so is tested where fits are run."""
    sweeps = small_fit.simulated_sweeps()
    model = small_fit.cell(small_fit.START)
    result = small_fit.SIMULATOR(model, sweeps.inputs)
    losses = {"loss": [3.0, 2.0, 1.0], "held_out_loss": [4.0, 3.0, 2.0]}
    values = {name: float(x.magnitude) for name, x in small_fit.START.items()}
    columns = losses | {name: [0.9 * x, 0.95 * x, x] for name, x in values.items()}
    history = to_history(model, {name: jnp.array([x]) for name, x in columns.items()}, 0, 3)
    outcome = {"best_loss": [2.0, 5.0, np.inf], "best_step": [2, 1, 0]}
    outcome |= {"has_failed": [False, False, False]}
    scattered = {name: [x, 1.05 * x, 0.95 * x] for name, x in values.items()}
    starts = to_history(
        model, {name: jnp.array([x]) for name, x in (outcome | scattered).items()}, 0, 3
    ).rename(step="start")
    parts = {"trained": list(TRAINED), "held_out": list(HELD_OUT)}
    close = dx.losses.voltage(1 * pq.mV, before=2 * pq.ms, after=10 * pq.ms)
    return dx.FitResult(
        model=model,
        result=result,
        history=history,
        starts=starts,
        trained=TRAINED,
        held_out=HELD_OUT,
        score={
            part: score(dx.take(result, trials), dx.take(sweeps, trials), close)
            for part, trials in parts.items()
        },
        sweeps=sweeps,
        provenance={"model": "LIF", "created": "today", "dendrax": "0", "data_sha256": "c0ffee"},
        uncertainty=uncertainty_of(values),
    )


def uncertainty_of(values):
    """Return a dataset as of ``dx.uncertainty``."""
    names = list(values)
    value = np.array(list(values.values()))
    bounds = np.array([small_fit.BOUNDS[name].magnitude for name in names])
    std = 0.01 * np.abs(value)
    along = {
        "value": value,
        "std": std,
        "lower": value - 2 * std,
        "upper": value + 2 * std,
        "low": bounds[:, 0],
        "high": bounds[:, 1],
        "is_at_bound": np.zeros(3, bool),
    }
    return xr.Dataset(
        {
            **{name: ("parameter", x) for name, x in along.items()},
            "covariance": (("parameter", "parameter_2"), np.diag(std**2)),
            "stiffness": ("direction", [4.0, 2.0, 1.0]),
            "weight": (("direction", "parameter"), np.eye(3)),
        },
        coords={"parameter": names, "unit": ("parameter", ["pF", "nS", "mV"])},
        attrs={"method": "gauss_newton", "level": 0.95, "residual_variance": 1.0},
    )


def same(a, b):
    """Return whether two pytrees are equal, bit for bit."""
    equal = jax.tree.map(lambda x, y: np.array_equal(x, y, equal_nan=True), a, b)
    return jax.tree.structure(a) == jax.tree.structure(b) and jax.tree.all(equal)


def test_the_table_has_values_with_units_bounds_and_uncertainty(fitted):
    table = dx.fitted_parameters(fitted)
    assert list(table.index) == ["c_m", "g_leak", "v_th"]
    assert list(table["unit"]) == ["pF", "nS", "mV"]
    for name, bounds in small_fit.BOUNDS.items():
        assert tuple(table.loc[name, ["low", "high"]]) == tuple(bounds.magnitude)
    np.testing.assert_array_equal(table["value"], [190.0, 10.0, -49.0])
    np.testing.assert_allclose(table["std"], [1.9, 0.1, 0.49])
    np.testing.assert_allclose(table["upper"] - table["lower"], 4 * table["std"])
    assert (table["at_bound"] == "").all()


def test_the_table_tells_what_is_at_a_bound_and_only_that(fitted):
    free = {
        "c_m": dx.learnable(51 * pq.pF, bounds=small_fit.BOUNDS["c_m"]),
        "v_th": dx.learnable(-40.01 * pq.mV, bounds=small_fit.BOUNDS["v_th"]),
        "tau_syn": dx.learnable(0.01 * pq.ms),  # between 0 and infinity: nothing is close
        "g_leak": dx.learnable(1.3 * pq.nS, bounds=small_fit.BOUNDS["g_leak"]),  # 1/15 of the way
    }
    moved = dataclasses.replace(fitted, model=dx.LIF(**free), uncertainty=None)
    table = dx.fitted_parameters(moved)
    assert table["at_bound"].to_dict() == {
        "c_m": "low",
        "g_leak": "",
        "tau_syn": "",
        "v_th": "high",
    }
    assert table["std"].isna().all()


def test_an_uncertainty_that_cannot_be_had_is_told_of(fitted):
    with pytest.warns(RuntimeWarning, match="no uncertainty: a fit that was read from a file"):
        again = dx.with_uncertainty(fitted)
    assert again.uncertainty is fitted.uncertainty


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_file_gives_back_the_whole_fit(fitted, suffix, tmp_path):
    path = tmp_path / f"fit{suffix}"
    dx.write(fitted, path)
    back = dx.read_fit(path, dx.LIF())
    assert same(back.model, fitted.model)  # bounds and what is learnable are of the structure
    assert same((back.result, back.sweeps), (fitted.result, fitted.sweeps))
    assert (back.trained, back.held_out) == (fitted.trained, fitted.held_out)
    assert back.provenance == fitted.provenance
    assert back.score.keys() == fitted.score.keys()
    assert repr(back.score) == repr(fitted.score)  # NaN is not equal to itself
    for name in ("history", "starts", "uncertainty"):
        assert getattr(back, name).identical(getattr(fitted, name)), name
    assert dx.to_xarray(back).identical(dx.to_xarray(fitted))


def test_a_classification_of_a_network_comes_back_too(fitted, tmp_path):
    """Labels instead of sweeps, several populations instead of one neuron."""
    labels = jnp.array([0, 1, 0, 1, 0, 1])
    network = dataclasses.replace(
        fitted,
        result={"hidden": fitted.result, "output": fitted.result},
        sweeps=dx.Sweeps(labels, fitted.sweeps.inputs),
        score={},
    )
    dx.write(network, tmp_path / "fit.nc")
    back = dx.read_fit(tmp_path / "fit.nc", fitted.model)
    assert same(back.result, network.result)
    assert same(back.sweeps, network.sweeps)
    assert back.score == {}
    assert "<h2>Sweeps" not in dx.write_report(back, tmp_path).read_text()


def test_values_of_a_cell_come_back_by_the_names_of_its_mechanisms(fitted, tmp_path):
    def cell(**options):
        shape = dx.discretize(dx.star(2, 10 * pq.um, 90 * pq.um, 1 * pq.um), n_per_section=1)
        return dx.Cell(shape, [dx.Passive(**options), dx.NaT("soma")], celsius=34.0)

    n = len(cell().compartments)
    leak = dx.learnable(np.linspace(0.02, 0.04, n) * pq.mS / pq.cm**2)
    model = cell(g_leak=leak)
    dx.write(dataclasses.replace(fitted, model=model), tmp_path / "fit.nc")
    back = dx.read_fit(tmp_path / "fit.nc", cell(g_leak=np.full(n, 1.0) * pq.mS / pq.cm**2)).model
    assert same(back, model)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (dx.AdEx(), "parameters must be those of AdEx; a is in one only"),
        (dx.LIF(c_m=[1.0, 2.0] * pq.pF), r"c_m must be of shape \(2,\) in pF; got \(\) in pF"),
    ],
    ids=["other parameters", "other shape"],
)
def test_values_do_not_go_into_another_model(fitted, model, message, tmp_path):
    dx.write(fitted, tmp_path / "fit.nc")
    with pytest.raises(dx.RecordingError, match=message):
        dx.read_fit(tmp_path / "fit.nc", model)


def test_a_fit_and_a_result_are_not_mistaken_for_each_other(fitted, tmp_path):
    dx.write(fitted, tmp_path / "fit.nc")
    with pytest.raises(dx.RecordingError, match=r"a fit is read by dx\.read_fit"):
        dx.read(tmp_path / "fit.nc")
    dx.write(fitted.result, tmp_path / "result.nc")
    with pytest.raises(dx.RecordingError, match=r"dendrax_fit must be 1; got None"):
        dx.read_fit(tmp_path / "result.nc", fitted.model)
    with pytest.raises(dx.RecordingError, match=r"a fit, or several results, go to \.nc or \.zarr"):
        dx.write(fitted, tmp_path / "fit.nix")


def test_starts_are_drawn_between_their_bounds(fitted):
    ax = Figure().subplots()
    assert dx.plot_starts(fitted.starts, ax) is ax
    assert [label.get_text() for label in ax.get_xticklabels()] == ["c_m", "g_leak", "v_th"]
    thick = max(ax.lines, key=lambda line: line.get_linewidth())
    low, high = small_fit.BOUNDS["v_th"].magnitude
    best = fitted.starts.v_th[int(np.argmin(fitted.starts.best_loss.values))]
    np.testing.assert_allclose(thick.get_ydata()[2], (best - low) / (high - low))
    with pytest.raises(dx.ModelError, match="must have a 'best_loss'"):
        dx.plot_starts(fitted.history)


def test_sweeps_have_a_panel_for_each_place(fitted):
    target = fitted.sweeps.target
    cell = jnp.stack([target.traces["v"] + k for k in range(5)], axis=2)
    traces = {"v_cell": cell, "v": target.traces["v"]}
    target = dataclasses.replace(target, traces=traces, units=(("v_cell", "mV"), ("v", "mV")))
    figure = dx.plot_sweeps(target, target, fitted.sweeps.inputs, held_out=[5])
    labels = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    block = ["membrane potential (mV)", *(f"v_cell[{k}] (mV)" for k in (0, 2, 4)), "current (pA)"]
    assert labels == block * 2  # four sweeps, and two below them
    visible = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert visible == [*(f"sweep {k}" for k in range(5)), "sweep 5, held out"]
    with pytest.raises(dx.ModelError, match="'w' was not recorded in both; there is v"):
        dx.plot_sweeps(target, target, fitted.sweeps.inputs, variables=["w"])


class Page(HTMLParser):
    """The pictures, links and text of a page, whose tags must be closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.sources, self.text = [], [], ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.sources += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data


def check_of(*pairs):
    """Return a check whose spikes and voltages are so far off."""

    def one(spike, v):
        counts = np.ones((1, 1), int)
        differences = np.array([spike])
        return dx.Comparison(
            counts, counts, 0, 0, differences, "v", "mV", np.array(v), np.array(v), 1.0
        )

    first, second = (one(*pair) for pair in pairs)
    return dx.Convergence((0.2, 0.1), (first, second), limit=second)


def test_the_report_needs_nothing_beside_it(fitted, tmp_path):
    path = dx.write_report(fitted, tmp_path / "new", check=check_of((1e-2, 1e-3), (1e-3, 1e-4)))
    assert path == tmp_path / "new" / "report.html"
    page = Page(path.read_text())
    start = "data:image/svg+xml;base64,"
    assert [source[: len(start)] for source in page.sources] == [start] * 4
    for source in page.sources:
        assert ElementTree.fromstring(base64.b64decode(source[len(start) :])).tag.endswith("svg")


def test_the_report_has_what_a_colleague_asks_for(fitted, tmp_path):
    check = check_of((1e-2, 1e-3), (1e-3, 1e-4))
    text = Page(dx.write_report(fitted, tmp_path, check=check).read_text()).text
    value = f"{float(fitted.model.c_m.value):.4g}"
    for wanted in (value, "95 % interval", "held out", "Best determined", "0.1 ms", "0.001"):
        assert wanted in text
    assert "c0ffee" in text
    assert "Every spike has its partner" in text
    unchecked = dx.write_report(fitted, tmp_path, check="a cell takes long.").read_text()
    assert "Not checked: a cell takes long." in unchecked


def told(fitted, check=None):
    groups = {name: child.to_dataset() for name, child in dx.to_xarray(fitted).children.items()}
    return warnings_of(groups, table_of(groups["parameters"], groups.get("uncertainty")), check)


def test_a_good_fit_is_not_warned_of(fitted):
    good = {"voltage_rmse": 1.0}
    score = {name: dataclasses.replace(each, **good) for name, each in fitted.score.items()}
    flat = fitted.history.assign(held_out_loss=("step", np.full(3, 1.0)))
    well = dataclasses.replace(fitted, score=score, history=flat)
    check = {"dt_ms": [0.2, 0.1], "spike_counts_equal": True}
    check |= {"max_spike_time_difference_ms": [1e-2, 1e-3], "voltage_rms_mV": [1e-7, 1e-7]}
    assert told(well, check) == []


def test_what_is_suspicious_is_said(fitted):
    silent = {"spike_counts": ((0, 0), (1, 0), (2, 0), (3, 0)), "voltage_rmse": 1.0}
    unseen = {"spike_counts": ((1, 0), (2, 0)), "voltage_rmse": 2.0}
    score = {
        "trained": dataclasses.replace(fitted.score["trained"], **silent),
        "held_out": dataclasses.replace(fitted.score["held_out"], **unseen),
    }
    failed = fitted.starts.assign(has_failed=("start", [True, False, False]))
    model = small_fit.cell({**small_fit.START, "c_m": 50.1 * pq.pF})
    bad = dataclasses.replace(fitted, model=model, score=score, starts=failed)
    check = {"dt_ms": [0.2, 0.1], "spike_counts_equal": False}
    check |= {"max_spike_time_difference_ms": [1e-2, 1e-2], "voltage_rms_mV": [1e-2, 1e-3]}
    said = told(bad, check)
    beginnings = (
        "c_m is at its lower bound, 50 pF",
        "1 of 3 starts failed",
        "the loss still fell in the last 1 of 3 steps",
        "the model never spikes",
        "held-out sweeps are worse than trained ones: 2 mV",
        "Brian2 finds other numbers of spikes",
        "the spike times of Brian2 do not come closer",
    )
    assert len(said) == len(beginnings)
    for sentence, beginning in zip(said, beginnings, strict=True):
        assert sentence.startswith(beginning)


def test_directions_are_said_in_words():
    found = xr.Dataset(
        {
            "stiffness": ("direction", [1e6, 10.0, 1.0]),
            "weight": (
                ("direction", "parameter"),
                [[0.1, -0.99, 0.05], [0.7, 0.1, 0.7], [-0.8, 0.0, 0.6]],
            ),
            "covariance": (
                ("parameter", "parameter_2"),
                [[4.0, 0.0, -1.98], [0.0, 1.0, 0.0], [-1.98, 0.0, 1.0]],
            ),
        },
        coords={"parameter": ["a", "b", "tau_w"]},
    )
    assert directions(found) == [
        "Best determined: b alone.",
        "Least determined: a up with tau_w down. The loss rises 1e+06 times less along it: sloppy.",
        "a and tau_w trade places: their errors are correlated by -0.99.",
    ]
