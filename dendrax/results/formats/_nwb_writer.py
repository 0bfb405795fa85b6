"""Results to NWB: sweeps as intracellular recordings, spikes as units, inputs as tables."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import jax.numpy as jnp
import numpy as np

from dendrax.inputs import Current
from dendrax.results._xarray import to_xarray
from dendrax.results.formats._reading import optional

# What NWB calls a unit, and how many of it are one of ours; samples stay in ours.
SI = {"mV": ("volts", 1e-3), "pA": ("amperes", 1e-12), "nS": ("siemens", 1e-9)}


def save(result: Any, path: Path, inputs: Any) -> None:
    from datetime import UTC, datetime

    pynwb = optional("pynwb", "nwb")
    dataset = to_xarray(result, inputs)
    traces = json.loads(dataset.attrs["traces"])
    about = dataset.attrs | {
        "t_stop": float(dataset.t_stop),
        "units": {name: dataset[name].attrs["units"] for name in traces},
    }
    file = pynwb.NWBFile(
        session_description="Trials of a simulation or recording, by dendrax",
        identifier=str(uuid4()),
        session_start_time=datetime.now(UTC),
        notes=json.dumps(about),
    )
    file.units = _units(dataset, pynwb)
    responses = _add_traces(dataset, traces, file, pynwb)
    if "current_value" in dataset:
        module = file.create_processing_module("inputs", "What was injected, and what arrived")
        module.add(_pieces(dataset))
        module.add(_input_spikes(dataset))
        _add_stimuli(dataset, file, responses, pynwb)
    with pynwb.NWBHDF5IO(str(path), "w") as writer:
        writer.write(file)


def _time_base(dataset: Any) -> dict[str, Any]:
    """Return what a series says of its times, in s."""
    times = np.asarray(dataset.time.values, dtype=float)
    steps = np.diff(times)
    # Times in float32 are as irregular as their rounding.
    if len(times) > 1 and steps.min() > 0 and np.ptp(steps) <= 0.01 * steps.mean():
        period = (times[-1] - times[0]) / len(steps)
        return {"starting_time": float(times[0]) / 1e3, "rate": 1e3 / period}
    return {"timestamps": times / 1e3}


def _add_traces(
    dataset: Any, names: list[str], file: Any, pynwb: Any
) -> dict[tuple[int, int], Any]:
    """Add all traces, and return those of the voltage by trial and neuron."""
    amplifier = file.create_device(name="dendrax", description="A simulator, or an amplifier")
    electrodes = [
        file.create_icephys_electrode(
            name=f"neuron {j}",
            cell_id=f"neuron {j}",
            description="Where v is",
            device=amplifier,
        )
        for j in range(dataset.sizes["neuron"])
    ]
    responses = {}
    for name in names:
        variable = dataset[name].transpose("trial", "neuron", "time", ...)
        unit, conversion = SI.get(variable.attrs["units"], (variable.attrs["units"], 1.0))
        is_voltage = name == "v" and unit == "volts"
        for i, j in np.ndindex(variable.shape[:2]):
            about: dict[str, Any] = {
                "name": f"{name}_neuron{j:03d}_trial{i:04d}".replace("/", "_").replace(":", "_"),
                "data": variable.values[i, j],
                "conversion": conversion,
                "description": variable.attrs["long_name"],
                "comments": _comments(i, name, j),
                **_time_base(dataset),
            }
            if is_voltage:
                series = pynwb.icephys.CurrentClampSeries(
                    **about, electrode=electrodes[j], gain=1.0, sweep_number=np.uint32(i)
                )
                responses[i, j] = series
            else:
                series = pynwb.TimeSeries(**about, unit=unit)
            file.add_acquisition(series)
    return responses


def _add_stimuli(
    dataset: Any, file: Any, responses: dict[tuple[int, int], Any], pynwb: Any
) -> None:
    """Add the current as it was sampled, and which response it belongs to."""
    unit = dataset.current_value.attrs["units"]
    if unit != "pA":
        return
    start, value, slope = (
        dataset[f"current_{leaf}"].values for leaf in ("start", "value", "slope")
    )
    for (i, j), response in responses.items():
        current = Current(jnp.asarray(start[i]), jnp.asarray(value[i]), jnp.asarray(slope[i]), unit)
        stimulus = pynwb.icephys.CurrentClampStimulusSeries(
            name=f"current_neuron{j:03d}_trial{i:04d}",
            description="injected current",
            comments=_comments(i, "current", j),
            data=current(dataset.time.values),
            conversion=SI[unit][1],
            electrode=response.electrode,
            gain=1.0,
            sweep_number=np.uint32(i),
            **_time_base(dataset),
        )
        file.add_stimulus(stimulus, use_sweep_table=False)
        file.add_intracellular_recording(
            electrode=response.electrode, stimulus=stimulus, response=response
        )


def _comments(trial: int, name: str, neuron: int) -> str:
    """Return what Neo takes for the names of block and segment, and the rest for ourselves."""
    about = {"block": "dendrax", "segment": f"trial {trial:04d}", "variable": name}
    return json.dumps(about | {"trial": trial, "neuron": neuron})


def _column(name: str, description: str, data: Any, ends: Any = None) -> list[Any]:
    """Return a column of a table, and of a ragged one where its rows end."""
    from hdmf.common import VectorData, VectorIndex

    column = VectorData(name=name, description=description, data=data)
    if ends is None:
        return [column]
    return [column, VectorIndex(name=f"{name}_index", target=column, data=ends)]


def _ends(dataset: Any, what: str, who: str, shape: tuple[int, int]) -> np.ndarray:
    """Return where the spikes of each row end; they are listed row by row."""
    row = dataset[f"{what}_trial"].values * shape[1] + dataset[f"{what}_{who}"].values
    return np.cumsum(np.bincount(row, minlength=shape[0] * shape[1])).astype(np.uint32)


def _units(dataset: Any, pynwb: Any) -> Any:
    shape = dataset.sizes["trial"], dataset.sizes["neuron"]
    trial, neuron = np.indices(shape).reshape(2, -1)
    n = len(trial)
    ends = _ends(dataset, "spike", "neuron", shape)
    seconds = np.asarray(dataset.spike_time.values, dtype=float) / 1e3
    observed = np.tile([0.0, float(dataset.t_stop) / 1e3], (n, 1))
    slope = dataset.spike_slope
    columns = [
        # The names of Neo's block and segment, as in the comments of the series.
        *_column("block", "Block", ["dendrax"] * n),
        *_column("segment", "Segment", [f"trial {i:04d}" for i in trial]),
        *_column("trial", "Trial", trial),
        *_column("neuron", "Neuron", neuron),
        *_column("spike_times", "Spike times in s since the start of the trial", seconds, ends),
        *_column("obs_intervals", "The trial, in s", observed, np.arange(1, n + 1)),
        *_column("slope", slope.attrs["long_name"], slope.values, ends),
    ]
    for name in dataset.data_vars:
        if dataset[name].dims[:2] == ("trial", "neuron") and "time" not in dataset[name].dims:
            values = dataset[name].values
            about = f"{dataset[name].attrs['long_name']} ({dataset[name].attrs.get('units', '1')})"
            columns += _column(str(name), about, values.reshape(n, *values.shape[2:]))
    # Spikes are not sampled: what limits their times is the float.
    resolution = float(np.spacing(slope.dtype.type(dataset.t_stop))) / 1e3
    return pynwb.misc.Units(
        name="units",
        description=f"Spikes; slope in {slope.attrs['units']}",
        columns=columns,
        resolution=resolution,
    )


def _pieces(dataset: Any) -> Any:
    from hdmf.common import DynamicTable

    there = np.isfinite(dataset.current_start.values)
    columns = _column("trial", "Trial", np.nonzero(there)[0])
    for name in ("current_start", "current_value", "current_slope"):
        columns += _column(name, dataset[name].attrs["units"], dataset[name].values[there])
    return DynamicTable(name="current", description="Current, piece by piece", columns=columns)


def _input_spikes(dataset: Any) -> Any:
    from hdmf.common import DynamicTable

    weight = dataset.input_weight.values
    shape = weight.shape[0], weight.shape[1]
    trial, source = np.indices(shape).reshape(2, -1)
    ends = _ends(dataset, "input", "source", shape)
    weights = weight.reshape(len(trial), *weight.shape[2:])
    columns = [
        *_column("trial", "Trial", trial),
        *_column("source", "Source", source),
        *_column("input_weight", dataset.input_weight.attrs["units"], weights),
        *_column("input_time", "ms", dataset.input_time.values, ends),
    ]
    return DynamicTable(name="input_spikes", description="Spikes that arrive", columns=columns)
