"""The page: pictures, tables and sentences, put into a template."""

import base64
import io
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dendrax.fitting import FitResult, table_of
from dendrax.plotting import plot_history, plot_raster, plot_starts, plot_sweeps
from dendrax.report._check import agreement
from dendrax.report._findings import directions, warnings_of
from dendrax.results import Sweeps, from_xarray, to_xarray
from dendrax.validation import Convergence

if TYPE_CHECKING:
    import xarray

# With more samples than this a picture is smaller as pixels than as lines.
_MANY = 100_000
_SCORES = {
    "voltage_rmse": "voltage between spikes, rms",
    "subthreshold_rmse": "voltage of sweeps without spikes, rms",
    "spike_time_error": "spike times, mean absolute difference",
    "latency_error": "first spike, mean difference",
}


def write_report(
    fitted: FitResult, folder: str | PathLike, *, check: Convergence | str | None = None
) -> Path:
    """Write a fit as one HTML file that anybody can open, with nothing beside it.

    It has the sweeps with the model over them, the losses, the starts, the parameters with their
    uncertainty, what is suspicious in sentences, and where all of it comes from.

    Parameters
    ----------
    fitted : FitResult
        After :func:`with_uncertainty`, if the uncertainty is wanted.
    folder : str or path
        Made if it is missing.
    check : Convergence or str, optional
        What Brian2 says of the fitted model, by :func:`convergence`, or why it was not asked.

    Returns
    -------
    pathlib.Path
        Of ``report.html``.

    Examples
    --------
    >>> import dendrax as dx
    >>> fitted = dx.read_fit("fit.nc", dx.AdEx())  # doctest: +SKIP
    >>> dx.write_report(fitted, "report")  # doctest: +SKIP
    PosixPath('report/report.html')
    """
    path = Path(folder) / "report.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    found = None if check is None else agreement(check)
    path.write_text(page(to_xarray(fitted), found), encoding="utf-8")
    return path


def page(tree: "xarray.DataTree", check: dict[str, Any] | None = None) -> str:
    """Return the report of a fit, given as the tree of :func:`to_xarray`, as HTML.

    Parameters
    ----------
    tree : xarray.DataTree
    check : dict, optional
        As of ``agreement``.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("dendrax.report", "")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.filters["short"] = _short
    groups = {
        name: child.to_dataset() for name, child in tree.children.items() if not child.children
    }
    found = groups.get("uncertainty")
    table = table_of(groups["parameters"], found)
    fixed = [
        (name, each.values.mean(), each.attrs["units"])
        for name, each in groups["parameters"].items()
        if not each.attrs["is_learnable"]
    ]
    return environment.get_template("page.html").render(
        provenance=tree.attrs,
        table=[(name, row) for name, row in table.iterrows()],
        level=None if found is None else found.attrs["level"],
        fixed=fixed,
        scores=_scores(groups["scores"]),
        counts=_counts(groups["scores"]),
        warnings=warnings_of(groups, table, check),
        directions=[] if found is None else directions(found),
        check=check,
        pictures=_pictures(groups),
        starts=groups["starts"].sizes["start"],
        steps=groups["history"].sizes["step"],
        best_loss=float(groups["starts"]["best_loss"].min()),
    )


def _scores(scores: "xarray.Dataset") -> list[tuple[str, list[float]]]:
    if "part" not in scores:
        return []
    return [
        (f"{title} ({scores[name].attrs['units']})", scores[name].values.tolist())
        for name, title in _SCORES.items()
    ]


def _counts(scores: "xarray.Dataset") -> list[tuple[int, int, int, bool]]:
    if "part" not in scores:
        return []
    columns = (scores[name].values.tolist() for name in ("trial", "n_recorded", "n_simulated"))
    held_out = (scores["belongs_to"].values == "held_out").tolist()
    return list(zip(*columns, held_out, strict=True))


def _pictures(groups: "dict[str, xarray.Dataset]") -> dict[str, str]:
    """Return the pictures by name as data URIs."""
    from matplotlib.figure import Figure

    starts = groups["starts"]
    figure = Figure((5.4, 3.4), layout="constrained")
    plot_history(groups["history"], figure.subplots())
    pictures = {"history": _embedded(figure)}
    scalars = [name for name in groups["parameters"] if name in starts and starts[name].ndim == 1]
    if starts.sizes["start"] > 1 and scalars:
        figure = Figure((5.4, 3.4), layout="constrained")
        plot_starts(starts, figure.subplots())
        pictures["starts"] = _embedded(figure)
    if any("v" not in groups.get(name, ()) for name in ("recording", "simulation")):
        return pictures
    sweeps, simulated = (_sweeps(groups[name]) for name in ("recording", "simulation"))
    held_out = np.flatnonzero(groups["scores"]["belongs_to"].values == "held_out").tolist()
    figure = plot_sweeps(sweeps.target, simulated.target, sweeps.inputs, held_out=held_out)
    pictures["sweeps"] = _embedded(figure, sweeps.target.traces["v"].size > _MANY)
    figure = Figure((11, 1.2 + 0.25 * sweeps.target.n_trials), layout="constrained")
    spikes = {"recording": sweeps.target, "model": simulated.target}
    plot_raster(spikes, figure.subplots(), held_out=held_out).set_ylabel("sweep")
    return pictures | {"spikes": _embedded(figure)}


def _sweeps(dataset: "xarray.Dataset") -> Sweeps:
    found = from_xarray(dataset)
    assert isinstance(found, Sweeps)  # a fit is written together with its inputs
    return found


def _embedded(figure: Any, as_pixels: bool = False) -> str:
    """Return a figure as a data URI."""
    form, media = ("png", "image/png") if as_pixels else ("svg", "image/svg+xml")
    file = io.BytesIO()
    figure.savefig(file, format=form, dpi=150, metadata={} if as_pixels else {"Date": None})
    return f"data:{media};base64,{base64.b64encode(file.getvalue()).decode()}"


def _short(value: Any) -> str:
    """Write a number for people; a dash where there is none."""
    if value is None or np.isnan(value):
        return "\N{EN DASH}"
    return f"{value:.4g}".replace("inf", "∞").replace("-", "\N{MINUS SIGN}")
