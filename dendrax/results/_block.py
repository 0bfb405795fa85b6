"""Blocks of ``to_neo``, read back into the results that they came from."""

import json
from collections.abc import Iterable
from typing import Any

import jax.numpy as jnp
import numpy as np

from dendrax.errors import RecordingError
from dendrax.inputs import Current, Inputs, SpikeTrains, spike_trains
from dendrax.results._crossings import padded
from dendrax.results._result import SimulationResult
from dendrax.results._schema import READOUT, VERSION
from dendrax.results._sweeps import Sweeps
from dendrax.units import scalar

_RESERVED = ("dendrax_schema", "spike_capacity", "t_stop", "nix_name")


def from_block(block: Any) -> SimulationResult | Sweeps:
    """Turn a block of :func:`to_neo` back into the result that it came from.

    Returns
    -------
    SimulationResult or Sweeps
        Sweeps if the block holds the inputs too.

    Raises
    ------
    RecordingError
        If the block is not one of ``to_neo``.
    """
    about = block.annotations
    if about.get("dendrax_schema") != VERSION:
        raise RecordingError(
            f"{block.file_origin or 'block'}: dendrax_schema must be {VERSION}; got "
            f"{about.get('dendrax_schema')}. Read recordings with dx.read_recording."
        )
    trains = [outputs(segment) for segment in block.segments]
    signals = [_traces(segment) for segment in block.segments]
    units = tuple((signal.name, signal.annotations["unit"]) for signal in signals[0])
    width = int(about["spike_capacity"])
    # Of array annotations not every format keeps the type.
    dtype = trains[0][0].dtype
    slopes = [[train.array_annotations["slope"] for train in row] for row in trains]
    result = SimulationResult(
        spike_times=_table(trains, width, dtype),
        spike_slope=_table(slopes, width, dtype),
        times=jnp.asarray(_sample_times(signals[0]), dtype=dtype),
        traces={
            name: jnp.stack([_trace(row[k]) for row in signals])
            for k, (name, _) in enumerate(units)
        },
        status=_each(trains, "status", int),
        n_steps=_each(trains, "n_steps", int),
        t_reached=_each(trains, "t_reached", dtype),
        t_stop=float(about["t_stop"]),
        units=units,
        provenance=tuple((k, str(v)) for k, v in about.items() if k not in _RESERVED),
        readouts={
            name.removeprefix(READOUT): _each(trains, name, dtype)
            for name in trains[0][0].annotations
            if name.startswith(READOUT)
        },
    )
    currents = exact_currents(block.segments)
    if not currents:
        return result
    return Sweeps(result, Inputs(currents, [_input_spikes(segment) for segment in block.segments]))


def outputs(segment: Any) -> list[Any]:
    """List the spike trains that were fired, without those that came in."""
    return [train for train in segment.spiketrains if train.annotations.get("role") != "input"]


def exact_currents(segments: Iterable[Any]) -> list[Current]:
    """List the currents that ``to_neo`` left as events, if every segment has one."""
    events = [_current_event(segment) for segment in segments]
    return [] if any(event is None for event in events) else [*map(_current, events)]


def _current_event(segment: Any) -> Any:
    for event in segment.events if segment is not None else []:
        if event.name == "current" and {"value", "slope"} <= event.array_annotations.keys():
            return event
    return None


def _current(event: Any) -> Current:
    about = event.array_annotations
    start, value, slope = (
        jnp.asarray(_plain(leaf), dtype=float) for leaf in (event, about["value"], about["slope"])
    )
    return Current(start, value, slope, event.annotations["unit"])


def _plain(quantity: Any) -> np.ndarray:
    """Return the numbers, which are in the units of the schema already."""
    return np.asarray(quantity.magnitude)


def _traces(segment: Any) -> list[Any]:
    return [signal for signal in segment.analogsignals if "shape" in signal.annotations]


def _trace(signal: Any) -> np.ndarray:
    shape = map(int, signal.annotations["shape"].split())
    return _plain(signal).T.reshape(*shape, len(signal))


def _sample_times(signals: list[Any]) -> Any:
    if not signals:
        return np.zeros(0)
    start = scalar(signals[0].t_start, "ms", "t_start")
    period = scalar(signals[0].sampling_period, "ms", "sampling_period")
    return start + period * np.arange(len(signals[0]))


def _table(rows: list[list[Any]], width: int, dtype: Any) -> Any:
    flat = padded([np.asarray(entry) for row in rows for entry in row], width)
    return jnp.asarray(flat.reshape(len(rows), len(rows[0]), -1), dtype=dtype)


def _each(trains: list[list[Any]], name: str, dtype: Any) -> Any:
    values = [[_number(train.annotations[name]) for train in row] for row in trains]
    return jnp.asarray(np.asarray(values), dtype=dtype)


def _number(annotation: Any) -> Any:
    """Return what was annotated: a number, or several of them as text."""
    return json.loads(annotation) if isinstance(annotation, str) else annotation


def _input_spikes(segment: Any) -> SpikeTrains:
    trains = [train for train in segment.spiketrains if train.annotations.get("role") == "input"]
    if not trains:
        return spike_trains([])
    times = padded([train.magnitude for train in trains], 0)
    weights = np.asarray([_number(train.annotations["weight"]) for train in trains])
    return SpikeTrains(jnp.asarray(times), jnp.asarray(weights), trains[0].annotations["unit"])
