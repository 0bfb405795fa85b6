"""The signals of a Neo segment, sorted into sweeps of plain numbers."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from dendrax.errors import UnitError
from dendrax.units import to_internal


class Channel(NamedTuple):
    """One channel of an analog signal.

    Attributes
    ----------
    name : str
    samples : ndarray (time,)
        In mV or pA.
    t_start, period : float
        In ms.
    """

    name: str
    samples: np.ndarray
    t_start: float
    period: float


class RawSweep(NamedTuple):
    """What a segment holds of one sweep: voltages, currents, and the segment itself.

    The segment is None where it holds other sweeps too, so that its spikes and events cannot be
    assigned.
    """

    voltages: list[Channel]
    currents: list[Channel]
    segment: Any


def channels(signals: Iterable[Any], unit: str) -> list[Channel]:
    """List the channels of one dimension, ``"mV"`` or ``"pA"``, among analog signals."""
    found = []
    for signal in signals:
        samples = _samples(signal, unit)
        if samples is None or "VoltageClamp" in _nwb_type(signal):
            continue
        names = signal.array_annotations.get("channel_names", [signal.name] * samples.shape[1])
        t_start = float(to_internal(signal.t_start, "ms", "t_start"))
        period = float(to_internal(signal.sampling_period, "ms", "sampling_period"))
        found += [
            Channel(str(name), column, t_start, period)
            for name, column in zip(names, samples.T, strict=True)
        ]
    return found


def _samples(signal: Any, unit: str) -> np.ndarray | None:
    try:
        return to_internal(signal, unit, "signal")
    except UnitError:
        return None


def _nwb_type(signal: Any) -> str:
    return str(signal.annotations.get("nwb_neurodata_type", ""))


def raw_sweeps(segment: Any) -> list[RawSweep]:
    """Sort the signals of a segment into sweeps.

    A segment is one sweep, but Neo reads all sweeps of an NWB file into one: there, signals that
    start at different times are different sweeps, and so are NWB series that start together but
    end their names on different numbers. Such sweeps come in the order of these numbers, or of
    time.
    """
    volts, amps = (channels(segment.analogsignals, unit) for unit in ("mV", "pA"))
    if len({_start(channel) for channel in volts}) > 1:
        key = _start
    elif len(volts) > 1 and all(_is_nwb_sweep(signal) for signal in segment.analogsignals):
        key = _number
    else:
        return [RawSweep(volts, amps, segment)]
    sweeps = [
        RawSweep([v for v in volts if key(v) == which], _partners(first, key, amps), None)
        for which, first in {key(v): v for v in reversed(volts)}.items()
    ]
    numbers = {_number(sweep.voltages[0]) for sweep in sweeps}
    order = _number if len(numbers) == len(sweeps) else _start
    return sorted(sweeps, key=lambda sweep: order(sweep.voltages[0]))


def _partners(voltage: Channel, key: Any, amps: list[Channel]) -> list[Channel]:
    alike = [a for a in amps if key(a) == key(voltage)]
    return alike or [a for a in amps if _number(a) == _number(voltage)]


def _start(channel: Channel) -> float:
    return round(channel.t_start, 6)


def _number(channel: Channel) -> int:
    numbers = re.findall(r"\d+", channel.name)
    return int(numbers[-1]) if numbers else -1


def _is_nwb_sweep(signal: Any) -> bool:
    return "Clamp" in _nwb_type(signal)
