"""Results to xarray and back."""

import json
from collections.abc import Mapping
from functools import singledispatch
from typing import Any

import jax.numpy as jnp
import numpy as np

from dendrax.errors import RecordingError
from dendrax.inputs import Current, Inputs, SpikeTrains
from dendrax.morphology import Compartments
from dendrax.neurons import AbstractNeuron, Cell
from dendrax.results._places import as_cell, compartments_of
from dendrax.results._ragged import flatten, unflatten
from dendrax.results._result import SimulationResult
from dendrax.results._schema import (
    CONVENTIONS,
    READOUT,
    RESERVED,
    VERSION,
    attributes,
    per_ms,
    place_dimensions,
)
from dendrax.results._sweeps import Sweeps, apart


@singledispatch
def to_xarray(
    result: SimulationResult | Sweeps | Mapping[str, Any],
    inputs: Inputs | None = None,
    *,
    model: AbstractNeuron | Mapping[str, AbstractNeuron] | None = None,
) -> Any:
    """Turn a result into an xarray Dataset, with named dimensions and units.

    Parameters
    ----------
    result : SimulationResult or Sweeps, or dict of them, or FitResult
    inputs : Inputs, optional
        What drove the model; Sweeps have them already.
    model : Cell, or dict of them by the names of results, optional
        Of which the result is, to say where in the cell the traces are.

    Returns
    -------
    xarray.Dataset, or xarray.DataTree
        Traces (trial, neuron, ..., time) under their own names; spikes as a ragged array:
        ``spike_time``, ``spike_trial`` and ``spike_neuron`` (spike,). All is listed in
        ``results/_schema.py``. Given the cell, the dimension ``compartment`` has the coordinates
        ``place`` (``"apic[3](0.25)"``), ``region`` and ``path_distance`` (from the soma along the
        tree, um), and every other trace the attribute ``compartment``. Results of unlike shapes,
        as of the populations of a network, make a tree of such datasets under their names; a fit
        makes one with the groups ``parameters``, ``uncertainty``, ``history``, ``starts``,
        ``simulation``, ``recording`` and ``scores``, and its provenance in the attributes.

    Raises
    ------
    RecordingError
        If result and inputs differ in their number of trials, or the model has no such traces.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> simulator = dx.Simulator(100 * pq.ms, record=dx.Record("v", every=1 * pq.ms))
    >>> drive = dx.Inputs(current=dx.step_current(300 * pq.pA, 10 * pq.ms, 90 * pq.ms))
    >>> dx.to_xarray(simulator(dx.LIF(), drive)).v.sel(time=5).item()
    -70.0
    """
    import xarray as xr

    if isinstance(result, Mapping):
        trunk = xr.Dataset(attrs=dict(zip(RESERVED[:2], (CONVENTIONS, VERSION), strict=True)))
        if not isinstance(model, Mapping | None):
            raise RecordingError("model must be a dict of cells, by the names of the results.")
        cells = model or {}
        leaves = {
            name: to_xarray(each, inputs, model=cells.get(name)) for name, each in result.items()
        }
        return xr.DataTree.from_dict({"/": trunk, **leaves})
    (result, inputs), cell = apart(result, inputs), as_cell(model)
    n_trials, n_neurons, capacity = result.spike_times.shape
    variables = _traces(result, cell) | _spikes(result) | _readouts(result)
    for name, unit in (("status", "1"), ("n_steps", "1"), ("t_reached", "ms")):
        value = np.asarray(getattr(result, name))
        variables[name] = (("trial", "neuron"), value, attributes(name, unit))
    variables["t_stop"] = ((), result.t_stop, attributes("t_stop", "ms"))
    if inputs is not None:
        variables |= _current(inputs.current) | _input_spikes(inputs.spikes)
    coordinates = {
        "trial": ("trial", np.arange(n_trials), attributes("trial", "1")),
        "neuron": ("neuron", np.arange(n_neurons), attributes("neuron", "1")),
        "time": ("time", np.asarray(result.times), attributes("time", "ms") | {"axis": "T"}),
    }
    if cell is not None:
        coordinates |= _places(cell.compartments)
    # Not every format keeps the order of variables.
    about = (CONVENTIONS, VERSION, capacity, json.dumps([name for name, _ in result.units]))
    return xr.Dataset(
        variables, coordinates, dict(zip(RESERVED, about, strict=True)) | dict(result.provenance)
    )


def _readouts(result: SimulationResult) -> dict[str, tuple]:
    variables = {}
    for name, value in result.readouts.items():
        places = tuple(f"{name}_{i}" for i in range(value.ndim - 2))
        about = {"long_name": f"readout {name!r} of the trial"}
        variables[READOUT + name] = (("trial", "neuron", *places), np.asarray(value), about)
    return variables


def _places(shape: Compartments) -> dict[str, tuple]:
    columns = {
        "compartment": (np.arange(len(shape)), "1"),
        "place": (shape.place, "1"),
        "region": (shape.region, "1"),
        "path_distance": (shape.path_distance, "um"),
    }
    return {
        name: ("compartment", value, attributes(name, unit))
        for name, (value, unit) in columns.items()
    }


def _traces(result: SimulationResult, cell: Cell | None) -> dict[str, tuple]:
    sizes: dict[str, int] = {}
    variables = {}
    for name, unit in result.units:
        value = np.asarray(result.traces[name])
        sizes_here = value.shape[2:-1]
        place = place_dimensions(name, len(sizes_here))
        if any(sizes.get(dim, n) != n for dim, n in zip(place, sizes_here, strict=True)):
            place = tuple(f"{name}_{dim}" for dim in place)
        sizes |= dict(zip(place, sizes_here, strict=True))
        about: dict[str, Any] = attributes(name, unit)
        if cell is not None:
            at = compartments_of(name, value.shape[1:-1], cell)
            about |= {"compartment": int(at[0])} if at.ndim == 1 else {}
        variables[name] = (("trial", "neuron", *place, "time"), value, about)
    return variables


def _spikes(result: SimulationResult) -> dict[str, tuple]:
    times = np.asarray(result.spike_times)
    trial, neuron, where = flatten(times)
    guard = dict(result.units).get("v", "1")
    columns = {
        "spike_time": (times[where], "ms"),
        "spike_trial": (trial, "1"),
        "spike_neuron": (neuron, "1"),
        "spike_slope": (np.asarray(result.spike_slope)[where], per_ms(guard)),
    }
    return {
        name: ("spike", value, attributes(name, unit)) for name, (value, unit) in columns.items()
    }


def _current(current: Current) -> dict[str, tuple]:
    units = {"start": "ms", "value": current.unit, "slope": per_ms(current.unit)}
    return {
        f"current_{leaf}": (
            ("trial", "piece"),
            np.asarray(getattr(current, leaf)),
            attributes(f"current_{leaf}", unit),
        )
        for leaf, unit in units.items()
    }


def _input_spikes(trains: SpikeTrains) -> dict[str, tuple]:
    times = np.asarray(trains.times)
    trial, source, where = flatten(times)
    weight = np.asarray(trains.weight)
    channel = ("channel",) * (weight.ndim - 2)
    columns = {
        "input_time": ("input_spike", times[where], "ms"),
        "input_trial": ("input_spike", trial, "1"),
        "input_source": ("input_spike", source, "1"),
        "input_weight": (("trial", "source", *channel), weight, trains.unit),
    }
    return {
        name: (dims, value, attributes(name, unit)) for name, (dims, value, unit) in columns.items()
    }


def from_xarray(dataset: Any) -> SimulationResult | Sweeps | dict[str, Any]:
    """Turn a Dataset of :func:`to_xarray` back into the result that it came from.

    Parameters
    ----------
    dataset : xarray.Dataset or xarray.DataTree

    Returns
    -------
    SimulationResult or Sweeps, or dict of them
        Sweeps if the dataset holds the inputs too; of a tree one entry per child.

    Raises
    ------
    RecordingError
        If the dataset does not follow the schema.
    """
    came = dataset.attrs.get("dendrax_schema")
    if came != VERSION:
        raise RecordingError(
            f"dataset: dendrax_schema must be {VERSION}; got {came}. Only datasets of dx.to_xarray "
            "can be read back; a fit is read by dx.read_fit."
        )
    if "spike_time" not in dataset:
        return {name: from_xarray(child) for name, child in dataset.children.items()}
    shape = dataset.sizes["trial"], dataset.sizes["neuron"]
    index = dataset.spike_trial.values, dataset.spike_neuron.values
    capacity = int(dataset.attrs["spike_capacity"])
    traces = json.loads(dataset.attrs["traces"])
    readouts = [name for name in map(str, dataset.data_vars) if name.startswith(READOUT)]
    result = SimulationResult(
        spike_times=jnp.asarray(unflatten(dataset.spike_time.values, *index, shape, capacity)),
        spike_slope=jnp.asarray(unflatten(dataset.spike_slope.values, *index, shape, capacity)),
        times=jnp.asarray(dataset.time.values),
        traces={name: jnp.asarray(dataset[name].values) for name in traces},
        status=jnp.asarray(dataset.status.values),
        n_steps=jnp.asarray(dataset.n_steps.values),
        t_reached=jnp.asarray(dataset.t_reached.values),
        t_stop=float(dataset.t_stop),
        units=tuple((name, dataset[name].attrs["units"]) for name in traces),
        provenance=tuple(
            (key, str(value)) for key, value in dataset.attrs.items() if key not in RESERVED
        ),
        readouts={
            name.removeprefix(READOUT): jnp.asarray(dataset[name].values) for name in readouts
        },
    )
    return Sweeps(result, _inputs(dataset)) if "current_value" in dataset else result


def _inputs(dataset: Any) -> Inputs:
    """Stack the inputs of single trials anew, as :class:`Inputs` does it."""
    weight = dataset.input_weight.values
    times = unflatten(
        dataset.input_time.values,
        dataset.input_trial.values,
        dataset.input_source.values,
        weight.shape[:2],
        0,
    )
    unit, weight_unit = (dataset[name].attrs["units"] for name in ("current_value", "input_weight"))
    pieces = (dataset[f"current_{leaf}"].values for leaf in ("start", "value", "slope"))
    currents = [
        Current(jnp.asarray(start), jnp.asarray(value), jnp.asarray(slope), unit)
        for start, value, slope in zip(*pieces, strict=True)
    ]
    trains = [
        SpikeTrains(jnp.asarray(table), jnp.asarray(row), weight_unit)
        for table, row in zip(times, weight, strict=True)
    ]
    return Inputs(currents, trains)
