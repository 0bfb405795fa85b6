"""Recordings come in: a Neo block becomes a target and the inputs that made it."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from dendrax.errors import RecordingError
from dendrax.inputs import Current, Inputs, sampled_current
from dendrax.results._block import exact_currents, outputs
from dendrax.results._crossings import crossings, padded
from dendrax.results._result import SimulationResult
from dendrax.results._signals import Channel, RawSweep, channels, raw_sweeps
from dendrax.results._sweeps import Sweeps, thin
from dendrax.units import scalar, to_internal, to_quantity


def from_neo(
    block: Any,
    *,
    stimulus: Any = None,
    channel: int | str | None = None,
    spike_threshold: Any = None,
    every: Any = None,
) -> Sweeps:
    """Turn a current-clamp recording into a target and the inputs that made it.

    Parameters
    ----------
    block : neo.Block, neo.Segment, or sequence of neo.Segment
        One sweep per segment; the sweeps that Neo reads from NWB files into one segment are told
        apart by their start times or the numbers in their names.
    stimulus : neo.AnalogSignal, or sequence of neo.AnalogSignal or neo.Segment, optional
        The injected current of each sweep, or one for all; of a segment its first signal in units
        of current, as in ``neo.io.AxonIO(path).read_protocol()``. It begins with its sweep.
        Default: the signal in units of current that is recorded with the voltage.
    channel : int or str, optional
        Number or name of the voltage channel, where there are several.
    spike_threshold : Quantity [voltage], optional
        A spike is an upward crossing of it, linearly interpolated between the samples. Default:
        -10 mV. Spike trains that come with the segment go before.
    every : Quantity [time], optional
        Keep only samples at this interval, a multiple of the sampling period. Spikes are detected
        before.

    Returns
    -------
    Sweeps
        ``target`` and ``inputs``; each sweep begins at 0 ms.

    Raises
    ------
    RecordingError
        If voltage or current is missing, ambiguous or not finite, or the sweeps differ in sampling
        period.

    Warns
    -----
    UserWarning
        If sweeps differ in length, and are cut to the shortest; if the voltage crosses the
        threshold twice within 0.5 ms.

    Examples
    --------
    >>> import dendrax as dx, neo, quantities as pq
    >>> rate, start = 10 * pq.kHz, 0 * pq.ms
    >>> v = neo.AnalogSignal([-70, -65, 20, -75] * pq.mV, sampling_rate=rate, t_start=start)
    >>> i = neo.AnalogSignal([0, 100, 100, 0] * pq.pA, sampling_rate=rate, t_start=start)
    >>> segment = neo.Segment()
    >>> segment.analogsignals += [v, i]
    >>> target, inputs = dx.from_neo(segment)
    >>> target.traces["v"].shape
    (1, 1, 4)
    """
    segments = _segments(block)
    source = _name(block)
    sweeps = [sweep for segment in segments for sweep in raw_sweeps(segment) if sweep.voltages]
    if not sweeps:
        raise RecordingError(
            f"{source}: no voltage; a recording must hold an analog signal in units of voltage. "
            f"It has {_contents(segments)}."
        )
    chosen = [_chosen(sweep.voltages, channel, source) for sweep in sweeps]
    voltages = _of_one_length(
        [sweep.voltages[k] for sweep, k in zip(sweeps, chosen, strict=True)], source
    )
    period = voltages[0].period
    t_stop = round(period * len(voltages[0].samples), 9)
    currents = _currents(sweeps, voltages, stimulus, t_stop, source, segments)
    threshold = (
        -10.0 if spike_threshold is None else scalar(spike_threshold, "mV", "spike_threshold")
    )
    spikes = [
        _spikes(*each, threshold, f"{source}: sweep {i}")
        for i, each in enumerate(zip(sweeps, chosen, voltages, strict=True))
    ]
    target = _target(voltages, spikes, t_stop, source, threshold)
    return Sweeps(target if every is None else thin(target, every), Inputs(current=currents))


def _segments(block: Any) -> list[Any]:
    if hasattr(block, "segments"):
        return list(block.segments)
    return [block] if hasattr(block, "analogsignals") else list(block)


def _name(block: Any) -> str:
    origin = getattr(block, "file_origin", None)
    return Path(origin).name if origin else getattr(block, "name", None) or "recording"


def _contents(segments: Sequence[Any]) -> str:
    signals = [signal for segment in segments for signal in segment.analogsignals]
    units = sorted({str(signal.units.dimensionality) for signal in signals})
    count = f"{len(segments)} segments with {len(signals)} analog signals"
    return f"{count} (in {', '.join(units)})" if units else count


def _chosen(voltages: list[Channel], channel: int | str | None, source: str) -> int:
    """Return the number of the voltage channel to take."""
    names = [each.name for each in voltages]
    if channel is None:
        # Command channels that were not in use are exactly zero.
        live = [k for k, each in enumerate(voltages) if np.any(each.samples)] or [0]
        if len(live) == 1:
            return live[0]
    elif channel in names:
        return names.index(channel)
    elif isinstance(channel, int) and 0 <= channel < len(names):
        return channel
    listed = ", ".join(f"{k} {name!r}" for k, name in enumerate(names))
    came = "" if channel is None else f"; got channel={channel!r}"
    raise RecordingError(
        f"{source}: one voltage channel must be chosen from {listed}{came}. Pass channel=..., a "
        "number or a name."
    )


def _of_one_length(voltages: list[Channel], source: str) -> list[Channel]:
    """Check the sweeps, and cut them to the shortest."""
    first = voltages[0]
    for i, each in enumerate(voltages):
        if not np.isclose(each.period, first.period, rtol=1e-6, atol=0):
            raise RecordingError(
                f"{source}: all sweeps must have one sampling period; sweep 0 has {first.period:g} "
                f"ms, sweep {i} has {each.period:g} ms. Read sweeps of one period at a time."
            )
    lengths = [len(each.samples) for each in voltages]
    shortest = min(lengths)
    if shortest < 2:
        raise RecordingError(
            f"{source}: sweep {lengths.index(shortest)} has {shortest} samples; a sweep must have "
            "at least 2. Remove the sweep."
        )
    if max(lengths) > shortest:
        warnings.warn(
            f"{source}: sweeps have {shortest} to {max(lengths)} samples; all are cut to "
            f"{shortest * first.period:g} ms.",
            stacklevel=3,
        )
    cut = [each._replace(samples=each.samples[:shortest]) for each in voltages]
    for i, each in enumerate(cut):
        _must_be_finite(each, f"{source}: sweep {i}")
    return cut


def _must_be_finite(channel: Channel, which: str) -> None:
    bad = np.flatnonzero(~np.isfinite(channel.samples))
    if bad.size:
        raise RecordingError(
            f"{which} has {bad.size} samples of {channel.name!r} that are not finite, the first at "
            f"{bad[0] * channel.period:g} ms. Remove the sweep or mend the file."
        )


def _currents(
    sweeps: list[RawSweep],
    voltages: list[Channel],
    stimulus: Any,
    t_stop: float,
    source: str,
    segments: Sequence[Any],
) -> list[Current]:
    if stimulus is not None:
        given = _given(stimulus, len(sweeps), source)
        starts = [0.0] * len(given)
    elif exact := exact_currents([each.segment for each in sweeps]):
        return exact
    else:
        given = [_recorded(each.currents, i, source, segments) for i, each in enumerate(sweeps)]
        starts = [a.t_start - v.t_start for a, v in zip(given, voltages, strict=True)]
    for i, each in enumerate(given):
        _must_be_finite(each, f"{source}: sweep {i}")
    return [_current(each, start, t_stop) for each, start in zip(given, starts, strict=True)]


def _given(stimulus: Any, n: int, source: str) -> list[Channel]:
    entries = [stimulus] * n if hasattr(stimulus, "sampling_period") else _segments(stimulus)
    if len(entries) != n:
        raise RecordingError(
            f"{source}: stimulus must have one entry per sweep, {n}; got {len(entries)}."
        )
    found = [channels(getattr(entry, "analogsignals", [entry]), "pA") for entry in entries]
    for i, each in enumerate(found):
        if not each:
            raise RecordingError(
                f"{source}: stimulus must be in units of current; that of sweep {i} has no signal "
                "of this kind. Pass currents as neo.AnalogSignal."
            )
    return [each[0] for each in found]


def _recorded(found: list[Channel], i: int, source: str, segments: Sequence[Any]) -> Channel:
    live = [each for each in found if np.any(each.samples)] or found[:1]
    if len(live) == 1:
        return live[0]
    if found:
        names = ", ".join(repr(each.name) for each in live)
        raise RecordingError(
            f"{source}: a sweep must have one injected current; sweep {i} has {names}. Pass the "
            "right ones as stimulus=[...]."
        )
    raise RecordingError(
        f"{source}: sweep {i} has no injected current; a voltage alone cannot be fitted. It has "
        f"{_contents(segments)}. Pass stimulus=..., one neo.AnalogSignal in units of current per "
        "sweep; of ABF files neo.io.AxonIO(path).read_protocol(), as dx.read_recording does."
    )


def _current(channel: Channel, start: float, t_stop: float) -> Current:
    """Return the stimulus from the beginning of its sweep to the end, without what is outside."""
    first = max(0, int(np.floor(-start / channel.period + 1e-6)))
    last = max(first + 1, int(np.ceil((t_stop - start) / channel.period - 1e-6)))
    return sampled_current(
        to_quantity(channel.samples[first:last], "pA"),
        to_quantity(channel.period, "ms"),
        t_start=to_quantity(max(0.0, start + first * channel.period), "ms"),
    )


def _spikes(
    sweep: RawSweep, k: int, voltage: Channel, threshold: float, which: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return times (ms from the start of the sweep) and slopes of the spikes."""
    trains = outputs(sweep.segment) if sweep.segment is not None else []
    if len(trains) == 1 or len(trains) == len(sweep.voltages):
        train = trains[k if len(trains) > 1 else 0]
        times = np.sort(to_internal(train.times, "ms", "spiketrain")) - voltage.t_start
        kept = (times >= 0) & (times <= voltage.period * len(voltage.samples))
        slopes = train.array_annotations.get("slope", np.full(len(times), np.inf))
        return times[kept], np.asarray(slopes)[kept]
    times, slopes = crossings(voltage.samples, voltage.period, threshold)
    if np.any(np.diff(times) < 0.5):
        warnings.warn(
            f"{which} crosses {threshold:g} mV upward twice within 0.5 ms: noise at the threshold, "
            "rather than spikes. Choose another spike_threshold.",
            stacklevel=4,
        )
    return times, slopes


def _target(
    voltages: list[Channel],
    spikes: list[tuple[np.ndarray, np.ndarray]],
    t_stop: float,
    source: str,
    threshold: float,
) -> SimulationResult:
    n, period = len(voltages), voltages[0].period
    times, slopes = (padded(list(rows))[:, None] for rows in zip(*spikes, strict=True))
    v = np.stack([each.samples for each in voltages])[:, None]
    return SimulationResult(
        spike_times=jnp.asarray(times, dtype=float),
        spike_slope=jnp.asarray(slopes, dtype=float),
        times=jnp.asarray(period * np.arange(v.shape[-1]), dtype=float),
        traces={"v": jnp.asarray(v, dtype=float)},
        status=jnp.zeros((n, 1), dtype=int),
        n_steps=jnp.zeros((n, 1), dtype=int),
        t_reached=jnp.full((n, 1), t_stop, dtype=float),
        t_stop=t_stop,
        units=(("v", "mV"),),
        provenance=(
            ("source", source),
            ("channel", voltages[0].name),
            ("sampling_period", f"{period:g} ms"),
            ("spike_threshold", f"{threshold:g} mV"),
        ),
    )
