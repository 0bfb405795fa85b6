"""NWB files of ours, read back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dendrax.errors import RecordingError
from dendrax.results._xarray import from_xarray
from dendrax.results.formats._reading import optional, reading

_KEYS = {"id", "block", "segment", "trial", "neuron", "spike_times", "obs_intervals", "slope"}


def load(path: Path) -> Any:
    import xarray as xr

    pynwb = optional("pynwb", "nwb")
    with reading(path, "pynwb"), pynwb.NWBHDF5IO(str(path), "r", load_namespaces=True) as reader:
        file = reader.read()
        about = _about(file, path)
        t_stop = about.pop("t_stop")
        variables = (
            dict(_spikes(file.units))
            | dict(_traces(file, about.pop("units")))
            | {"t_stop": ((), t_stop)}
        )
        if "inputs" in file.processing:
            variables |= dict(_current(file)) | dict(_input_spikes(file))
    # Seconds are float64 in NWB, whatever they were before.
    dtype = variables["spike_slope"][1].dtype
    for name in ("spike_time", "time"):
        variables[name] = (variables[name][0], variables[name][1].astype(dtype))
    return from_xarray(xr.Dataset(variables, attrs=about))


def _about(file: Any, path: Path) -> dict[str, Any]:
    notes = file.notes or ""
    if "dendrax_schema" not in notes:
        raise RecordingError(
            f"{path}: only NWB files of dx.write can be read back. Read recordings with "
            "dx.read_recording."
        )
    return json.loads(notes)


def _spikes(units: Any) -> Iterator[tuple[str, tuple]]:
    trial, neuron = units["trial"].data[:], units["neuron"].data[:]
    shape = int(trial.max()) + 1, int(neuron.max()) + 1
    counts = np.diff(units["spike_times"].data[:], prepend=0)
    yield "spike_time", ("spike", units["spike_times"].target.data[:] * 1e3)
    yield "spike_slope", ("spike", units["slope"].target.data[:])
    yield "spike_trial", ("spike", np.repeat(trial, counts))
    yield "spike_neuron", ("spike", np.repeat(neuron, counts))
    for name in set(units.colnames) - _KEYS:
        values = units[name].data[:].reshape(*shape, *units[name].data.shape[1:])
        places = [f"{name}_{k}" for k in range(values.ndim - 2)]
        yield name, (("trial", "neuron", *places), values)


def _traces(file: Any, units: dict[str, str]) -> Iterator[tuple[str, tuple]]:
    found: dict[str, dict[tuple[int, int], Any]] = {}
    for series in file.acquisition.values():
        about = json.loads(series.comments)
        found.setdefault(about["variable"], {})[about["trial"], about["neuron"]] = series
    times = np.zeros(0)
    for name, unit in units.items():
        by_place = found[name]
        n_trials, n_neurons = (1 + max(place[axis] for place in by_place) for axis in (0, 1))
        samples = np.stack([by_place[place].data[:] for place in sorted(by_place)])
        samples = np.moveaxis(samples.reshape(n_trials, n_neurons, *samples.shape[1:]), 2, -1)
        places = [f"{name}_{k}" for k in range(samples.ndim - 3)]
        yield name, (("trial", "neuron", *places, "time"), samples, {"units": unit})
        times = _times(by_place[0, 0])
    yield "time", ("time", times)


def _times(series: Any) -> np.ndarray:
    if series.rate is None:
        return series.timestamps[:] * 1e3
    return series.starting_time * 1e3 + np.arange(len(series.data)) * (1e3 / series.rate)


def _current(file: Any) -> Iterator[tuple[str, tuple]]:
    """Yield the pieces, padded with inf as they were."""
    table = file.processing["inputs"]["current"]
    trial = table["trial"].data[:]
    counts = np.bincount(trial, minlength=int(file.units["trial"].data[:].max()) + 1)
    piece = np.arange(len(trial)) - np.repeat(np.cumsum(counts) - counts, counts)
    for name, padding in (("start", np.inf), ("value", 0.0), ("slope", 0.0)):
        column = table[f"current_{name}"]
        rows = np.full((len(counts), counts.max(initial=0)), padding)
        rows[trial, piece] = column.data[:]
        yield f"current_{name}", (("trial", "piece"), rows, {"units": column.description})


def _input_spikes(file: Any) -> Iterator[tuple[str, tuple]]:
    table = file.processing["inputs"]["input_spikes"]
    trial, source = table["trial"].data[:], table["source"].data[:]
    column = table["input_weight"]
    n_trials = int(file.units["trial"].data[:].max()) + 1
    weight = column.data[:].reshape(n_trials, -1, *column.data.shape[1:])
    channel = ("channel",) * (weight.ndim - 2)
    unit = {"units": column.description}
    yield "input_weight", (("trial", "source", *channel), weight, unit)
    counts = np.diff(table["input_time"].data[:], prepend=0)
    yield "input_time", ("input_spike", table["input_time"].target.data[:])
    yield "input_trial", ("input_spike", np.repeat(trial, counts))
    yield "input_source", ("input_spike", np.repeat(source, counts))
