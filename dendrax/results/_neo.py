"""Results to Neo: one segment per trial."""

import json
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

import jax
import numpy as np

from dendrax.errors import RecordingError
from dendrax.inputs import Current, Inputs, SpikeTrains
from dendrax.morphology import path_distance
from dendrax.neurons import AbstractNeuron, Cell
from dendrax.results._places import as_cell, compartments_of
from dendrax.results._result import SimulationResult
from dendrax.results._schema import READOUT, VERSION, attributes, per_ms, place_dimensions
from dendrax.results._sweeps import Sweeps, apart
from dendrax.units import to_quantity


def to_neo(
    result: SimulationResult | Sweeps,
    inputs: Inputs | None = None,
    *,
    model: AbstractNeuron | None = None,
) -> Any:
    """Turn a result into a Neo block.

    Parameters
    ----------
    result : SimulationResult or Sweeps
    inputs : Inputs, optional
        What drove the model; Sweeps have them already.
    model : Cell, optional
        Of which the result is, to say where in the cell each channel is.

    Returns
    -------
    neo.Block
        One segment per trial. In it: one analog signal per variable, its channels named ``v`` or
        ``v_dend[1]``, with the ``neuron`` and the place of each as array annotations; given the
        cell, these are ``compartment``, ``place`` (``"apic[3](0.25)"``), ``region`` and
        ``path_distance`` (from the soma along the tree, um), of probes too; one spike train per
        neuron; the injected current as an analog signal, sampled like the traces, and exactly as
        the event ``"current"``, whose array annotations are ``value`` and ``slope`` of each piece;
        the input spikes, as spike trains with the annotation ``role="input"``.

    Raises
    ------
    RecordingError
        If result and inputs differ in their number of trials, or the model has no such traces.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> simulator = dx.Simulator(100 * pq.ms, record=dx.Record("v", every=1 * pq.ms))
    >>> drive = dx.Inputs(current=dx.step_current(300 * pq.pA, 10 * pq.ms, 90 * pq.ms))
    >>> segment = dx.to_neo(simulator(dx.LIF(), drive), drive).segments[0]
    >>> [signal.name for signal in segment.analogsignals], len(segment.spiketrains)
    (['v', 'current'], 1)
    """
    import neo

    (output, inputs), cell = apart(result, inputs), as_cell(model)
    # Slicing NumPy arrays costs nothing, where every slice of a JAX array is a program of its own.
    output, inputs = jax.tree.map(np.asarray, (output, inputs))
    about = {
        "dendrax_schema": VERSION,
        "spike_capacity": output.spike_times.shape[-1],
        "t_stop": output.t_stop,
    }
    block = neo.Block(name="dendrax")
    block.annotate(**about, **dict(output.provenance))
    for trial in range(output.n_trials):
        segment = neo.Segment(name=f"trial {trial}", index=trial)
        segment.analogsignals.extend([*_signals(output, trial, cell)])
        segment.spiketrains.extend([*_trains(output, trial)])
        if inputs is not None:
            given = jax.tree.map(itemgetter(trial), inputs)
            segment.analogsignals.extend([*_sampled(given.current, output)])
            segment.events.append(_pieces(given.current))
            segment.spiketrains.extend([*_input_trains(given.spikes, output.t_stop)])
        block.segments.append(segment)
    return block


def _signal(samples: Any, unit: str, times: Any, **about: Any) -> Any:
    import neo

    period = times[1] - times[0] if len(times) > 1 else 1.0
    # Times in float32 are as irregular as their rounding.
    if len(times) > 2 and np.ptp(np.diff(times)) > 0.01 * abs(period):
        raise RecordingError(
            "a Neo signal is sampled regularly. Record with every=..., or use dx.to_xarray."
        )
    return neo.AnalogSignal(
        to_quantity(samples, unit),
        sampling_period=to_quantity(period, "ms"),
        t_start=to_quantity(times[0], "ms"),
        unit=unit,
        **about,
    )


def _signals(result: SimulationResult, trial: int, cell: Cell | None) -> Iterator[Any]:
    for name, unit in result.units:
        trace = result.traces[name][trial]
        places = np.indices(trace.shape[:-1]).reshape(trace.ndim - 1, -1)
        labels = dict(zip(("neuron", *place_dimensions(name, trace.ndim - 2)), places, strict=True))
        if cell is not None:
            labels |= _where(name, trace.shape[:-1], cell)
        names = [_channel_name(name, place) for place in places[1:].T]
        yield _signal(
            trace.reshape(-1, trace.shape[-1]).T,
            unit,
            result.times,
            name=name,
            description=attributes(name, unit)["long_name"],
            array_annotations={"channel_names": np.array(names), **labels},
            shape=" ".join(map(str, trace.shape[:-1])),
        )


def _where(name: str, shape: tuple[int, ...], cell: Cell) -> dict[str, Any]:
    """Return where in its cell each channel is."""
    at, compartments = np.ravel(compartments_of(name, shape, cell)), cell.compartments
    return {
        "compartment": at,
        "place": compartments.place[at],
        "region": compartments.region[at],
        "path_distance": path_distance(compartments)[at],
    }


def _channel_name(name: str, place: np.ndarray) -> str:
    return f"{name}[{', '.join(map(str, place))}]" if len(place) else name


def _trains(result: SimulationResult, trial: int) -> Iterator[Any]:
    import neo

    for neuron, row in enumerate(result.spike_times[trial]):
        kept = np.isfinite(row)
        train = neo.SpikeTrain(
            to_quantity(row[kept], "ms"),
            t_stop=to_quantity(max([result.t_stop, *row[kept]]), "ms"),
            name=f"neuron {neuron}",
            array_annotations={"slope": result.spike_slope[trial, neuron][kept]},
            status=int(result.status[trial, neuron]),
            n_steps=int(result.n_steps[trial, neuron]),
            t_reached=float(result.t_reached[trial, neuron]),
        )
        for name, value in result.readouts.items():
            train.annotations[READOUT + name] = _annotation(value[trial, neuron])
        yield train


def _annotation(value: Any) -> float | str:
    """Return a number as it is, and several, which not every format takes, as text."""
    return json.dumps(value.tolist()) if np.ndim(value) else float(value)


def _sampled(current: Current, result: SimulationResult) -> Iterator[Any]:
    if len(result.times):
        samples = current(result.times)[:, None]
        about = {"name": "current", "description": "injected current"}
        yield _signal(samples, current.unit, result.times, **about)


def _pieces(current: Current) -> Any:
    import neo

    kept = np.isfinite(current.start)
    annotations = {
        "value": to_quantity(current.value[kept], current.unit),
        "slope": to_quantity(current.slope[kept], per_ms(current.unit)),
    }
    return neo.Event(
        to_quantity(current.start[kept], "ms"),
        labels=np.full(kept.sum(), "piece"),
        name="current",
        array_annotations=annotations,
        unit=current.unit,
    )


def _input_trains(trains: SpikeTrains, t_stop: float) -> Iterator[Any]:
    import neo

    for source, (row, weight) in enumerate(zip(trains.times, trains.weight, strict=True)):
        times = np.sort(row[np.isfinite(row)])
        yield neo.SpikeTrain(
            to_quantity(times, "ms"),
            t_stop=to_quantity(max([t_stop, *times]), "ms"),
            name=f"source {source}",
            role="input",
            weight=_annotation(weight),
            unit=trains.unit,
        )
