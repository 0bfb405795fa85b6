"""Intracellular recordings of NWB files: sweeps with the stimuli that the file assigns to them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dendrax.errors import RecordingError
from dendrax.results.formats._reading import optional
from dendrax.units import to_quantity


def icephys_segments(path: Path) -> list[Any]:
    """List one Neo segment per current-clamp sweep of an NWB file.

    What belongs together is what the table of intracellular recordings says or, in files before
    NWB 2.3, the number of the sweep.

    Returns
    -------
    list of neo.Segment
        Empty where the file says nothing of this kind.

    Raises
    ------
    RecordingError
        If there are gaps between samples.
    ImportError
        If pynwb is not installed.
    """
    pynwb = optional("pynwb", "nwb")
    with pynwb.NWBHDF5IO(str(path), "r", load_namespaces=True) as reader:
        file = reader.read()
        pairs = [*_by_table(file)] or [*_by_number(file)]
        return [_segment(response, stimulus, path) for response, stimulus in pairs]


def _by_table(file: Any) -> Iterator[tuple[Any, Any]]:
    table = file.intracellular_recordings
    if table is None or not len(table):
        return
    responses = table["responses"]["response"][:]
    stimuli = table["stimuli"]["stimulus"][:]
    for response, stimulus in zip(responses, stimuli, strict=True):
        if type(response.timeseries).__name__ == "CurrentClampSeries":
            yield response, stimulus if (stimulus.count or 0) > 0 else None


def _by_number(file: Any) -> Iterator[tuple[Any, Any]]:
    from pynwb.base import TimeSeriesReference

    def whole(series: Any) -> Any:
        return TimeSeriesReference(0, len(series.data), series)

    stimuli = {
        series.sweep_number: whole(series)
        for series in file.stimulus.values()
        if type(series).__name__ == "CurrentClampStimulusSeries"
    }
    responses = [
        series
        for series in file.acquisition.values()
        if type(series).__name__ == "CurrentClampSeries" and series.sweep_number is not None
    ]
    for series in sorted(responses, key=lambda series: series.sweep_number):
        yield whole(series), stimuli.get(series.sweep_number)


def _segment(response: Any, stimulus: Any, path: Path) -> Any:
    import neo

    segment = neo.Segment(name=response.timeseries.name)
    for reference, unit in ((response, "V"), (stimulus, "A")):
        if reference is not None:
            segment.analogsignals.append(_signal(reference, unit, path))
    return segment


def _signal(reference: Any, unit: str, path: Path) -> Any:
    import neo

    series, first = reference.timeseries, int(reference.idx_start)
    part = slice(first, first + int(reference.count))
    samples = np.asarray(series.data[part], dtype=float) * series.conversion + series.offset
    if series.rate is None:
        start, period = _clock(series.timestamps[part], f"{path}: {series.name}")
    else:
        period = 1 / series.rate
        start = series.starting_time + first * period
    return neo.AnalogSignal(
        to_quantity(samples, unit),
        sampling_period=to_quantity(period, "s"),
        t_start=to_quantity(start, "s"),
        name=series.name,
    )


def _clock(times: np.ndarray, which: str) -> tuple[float, float]:
    """Return start and period of samples whose times are listed."""
    steps = np.diff(times)
    period = float(np.median(steps)) if len(steps) else np.nan
    gaps = np.flatnonzero(~(np.abs(steps - period) <= 0.01 * period))
    if not len(steps) or gaps.size:
        at = f", the first at {1e3 * times[gaps[0]]:g} ms" if gaps.size else ""
        raise RecordingError(
            f"{which}: samples must be equally spaced; there are {gaps.size} gaps between "
            f"{len(times)} samples{at}. Cut the sweep there."
        )
    return float(times[0]), (times[-1] - times[0]) / len(steps)
