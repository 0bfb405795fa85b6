"""A fit as a tree of labelled datasets, to a file and back.

============  =======================================================================
group         content
============  =======================================================================
/             attributes: the provenance
parameters    each parameter of the model, with unit, bounds, and whether it was learnable
uncertainty   as of ``with_uncertainty``, where it was asked for
history       the losses and learnable parameters at each ``step``
starts        the best of each ``start``
simulation    what the model does on all sweeps, and the inputs; of a network, one per population
recording     the sweeps, or the ``target`` of a classification
scores        by ``part``, and the spikes of each trial
============  =======================================================================
"""

import json
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from dendrax.errors import RecordingError
from dendrax.fitting._result import FitResult
from dendrax.fitting._score import Score
from dendrax.fitting._values import to_dataset
from dendrax.inputs import Inputs
from dendrax.parameters import Parameter, parameters, with_parameters
from dendrax.results import SimulationResult, Sweeps, from_xarray, read_xarray, to_xarray

if TYPE_CHECKING:
    import xarray

VERSION = 1
_KIND = "dendrax_fit"


@to_xarray.register(FitResult)
def _(result: FitResult, inputs: Inputs | None = None, *, model: Any = None) -> "xarray.DataTree":
    import xarray

    if inputs is None and result.sweeps is not None:
        inputs = result.sweeps.inputs
    trials = {"trained": list(result.trained), "held_out": list(result.held_out)}
    groups = {
        "/": xarray.Dataset(attrs={_KIND: VERSION, **result.provenance, **_as_json(trials)}),
        "parameters": to_dataset(result.model),
        "history": result.history,
        "starts": result.starts,
        "scores": to_scores(result),
    }
    if result.uncertainty is not None:
        groups["uncertainty"] = result.uncertainty
    tree = xarray.DataTree.from_dict(groups)
    simulation = to_xarray(result.result, inputs, model=model)
    whole = isinstance(simulation, xarray.DataTree)
    tree["simulation"] = simulation if whole else xarray.DataTree(simulation)
    if result.sweeps is not None:
        tree["recording"] = xarray.DataTree(_recording(result.sweeps))
    return tree


def read_fit(path: str | PathLike, model: Any) -> FitResult:
    """Read a fit that :func:`write` wrote, and put its values into a model.

    Parameters
    ----------
    path : str or path
        ``.nc`` or ``.zarr``.
    model : AbstractNeuron or Network
        Of the same structure as the one that was fitted; values, bounds and what is learnable are
        those of the file.

    Returns
    -------
    FitResult
        All but the ``objective``, which a file cannot hold.

    Raises
    ------
    RecordingError
        If the file is missing, damaged or no fit, or the parameters of the model are others.
    ImportError
        If the library of the format is not installed.
    """
    tree = read_xarray(path)
    if tree.attrs.get(_KIND) != VERSION:
        raise RecordingError(
            f"{path}: {_KIND} must be {VERSION}; got {tree.attrs.get(_KIND)}. Fits are written by "
            "dx.write(fitted, path); other results are read by dx.read."
        )
    groups = {name: child.to_dataset() for name, child in tree.children.items()}
    about = dict(tree.attrs)
    del about[_KIND]
    trained, held_out = (tuple(json.loads(about.pop(name))) for name in ("trained", "held_out"))
    simulation, sweeps = _data(tree)
    scores = groups["scores"]
    parts = scores["part"].values.tolist() if "part" in scores else []
    return FitResult(
        model=_with_values(model, groups["parameters"], str(path)),
        result=simulation,
        history=groups["history"],
        starts=groups["starts"],
        trained=trained,
        held_out=held_out,
        score={part: _score(scores, part) for part in parts},
        sweeps=sweeps,
        provenance=about,
        uncertainty=groups.get("uncertainty"),
    )


def _as_json(values: dict[str, list[int]]) -> dict[str, str]:
    return {name: json.dumps(value) for name, value in values.items()}


def _with_values(model: Any, found: "xarray.Dataset", path: str) -> Any:
    known = parameters(model)
    if differing := sorted(set(known) ^ set(map(str, found))):
        raise RecordingError(
            f"{path}: the parameters must be those of {type(model).__name__}; {differing[0]} is in "
            "one only. Pass a model of the structure that was fitted."
        )
    return with_parameters(
        model, {name: _entry(entry, found[name], name, path) for name, entry in known.items()}
    )


def _entry(entry: Parameter, found: "xarray.DataArray", name: str, path: str) -> Parameter:
    unit = found.attrs["units"]
    if found.shape != entry.value.shape or unit != entry.unit:
        raise RecordingError(
            f"{path}: {name} must be of shape {entry.value.shape} in {entry.unit}; got "
            f"{found.shape} in {unit}. Pass a model of the structure that was fitted."
        )
    return replace(
        entry,
        value=jnp.asarray(found.values),
        bounds=(float(found.attrs["low"]), float(found.attrs["high"])),
        is_learnable=bool(found.attrs["is_learnable"]),
    )


def _recording(sweeps: Sweeps) -> "xarray.Dataset":
    import xarray

    if isinstance(sweeps.target, SimulationResult):
        return to_xarray(sweeps)
    values = np.asarray(sweeps.target)
    dims = ("trial", *(f"target_{i}" for i in range(values.ndim - 1)))
    return xarray.Dataset({"target": (dims, values, {"units": "1"})})


def _data(tree: "xarray.DataTree") -> tuple[Any, Sweeps | None]:
    """Return the simulation, and the sweeps whose inputs it shares where they are no recording."""
    simulated = from_xarray(_whole(tree["simulation"]))
    parts = simulated if isinstance(simulated, dict) else {"": simulated}
    alone = {
        name: each.target if isinstance(each, Sweeps) else each for name, each in parts.items()
    }
    simulation = alone if isinstance(simulated, dict) else alone[""]
    if "recording" not in tree.children:
        return simulation, None
    recording = tree["recording"].to_dataset()
    if "target" not in recording:
        recorded = from_xarray(recording)
        assert isinstance(recorded, Sweeps)  # a recording is written together with its inputs
        return simulation, recorded
    inputs = next(each.inputs for each in parts.values() if isinstance(each, Sweeps))
    target: Any = jnp.asarray(recording["target"].values)
    return simulation, Sweeps(target, inputs)


def _whole(group: Any) -> Any:
    return group if group.children else group.to_dataset()


def to_scores(fitted: FitResult) -> "xarray.Dataset":
    """Return the scores by ``part``, and the spikes of each ``trial``."""
    import xarray

    parts = list(fitted.score)
    variables: dict[str, Any] = {
        name: ("part", [getattr(fitted.score[part], name) for part in parts], {"units": unit})
        for name, unit in Score.units.items()
    }
    counts = {}
    for part in parts:
        trials = getattr(fitted, part)
        counts |= dict(zip(trials, fitted.score[part].spike_counts, strict=True))
    trials = sorted(counts)
    for k, name in enumerate(("n_recorded", "n_simulated")):
        variables[name] = ("trial", [counts[trial][k] for trial in trials], {"units": "1"})
    belongs = ["held_out" if trial in fitted.held_out else "trained" for trial in trials]
    variables["belongs_to"] = ("trial", belongs)
    return (
        xarray.Dataset(variables, {"part": parts, "trial": trials}) if parts else xarray.Dataset()
    )


def _score(scores: "xarray.Dataset", part: str) -> Score:
    here = scores.sel(part=part)
    mine = scores["belongs_to"].values == part
    counts = zip(scores["n_recorded"].values[mine], scores["n_simulated"].values[mine], strict=True)
    return Score(
        **{name: float(here[name]) for name in Score.units},
        spike_counts=tuple((int(recorded), int(model)) for recorded, model in counts),
    )
