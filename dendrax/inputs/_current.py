"""Injected currents as functions of time, continuous but at known instants."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dendrax.errors import ModelError
from dendrax.units import carries_unit, scalar, to_internal


class Current(eqx.Module):
    """A piecewise linear current: ``value + slope (t - start)`` from each ``start`` to the next.

    Steps, ramps and sampled waveforms are all of this kind; the simulator stops at each ``start``.
    Currents add up with ``+``. Before the first start the current is zero.

    Attributes
    ----------
    start : Array (segment,)
        Increasing, in ms; a segment that starts at inf is padding.
    value, slope : Array (segment,)
        In ``unit``, and in ``unit`` per ms.
    unit : str
        ``"pA"``, or ``"1"`` for models without unit.
    """

    start: Float[Array, "*trial segment"]
    value: Float[Array, "*trial segment"]
    slope: Float[Array, "*trial segment"]
    unit: str = eqx.field(static=True, default="pA")

    def __call__(self, t: Any) -> np.ndarray:
        """Evaluate one trial at times in ms."""
        k = np.searchsorted(np.asarray(self.start), t, side="right") - 1
        segment = np.maximum(k, 0)
        at = [np.asarray(leaf)[segment] for leaf in (self.start, self.value, self.slope)]
        return np.where(k >= 0, at[1] + at[2] * (np.asarray(t) - at[0]), 0.0)

    def __add__(self, other: "Current") -> "Current":
        if self.unit != other.unit:
            raise ModelError(f"currents in {self.unit} and in {other.unit} do not add up.")
        starts = np.union1d(np.asarray(self.start), np.asarray(other.start))
        starts = starts[np.isfinite(starts)]
        slope = _slope(self, starts) + _slope(other, starts)
        return _current(starts, self(starts) + other(starts), slope, self.unit)


def _slope(current: Current, t: np.ndarray) -> np.ndarray:
    k = np.searchsorted(np.asarray(current.start), t, side="right") - 1
    return np.where(k >= 0, np.asarray(current.slope)[np.maximum(k, 0)], 0.0)


def _current(start: Any, value: Any, slope: Any, unit: str) -> Current:
    start, value, slope = (jnp.asarray(leaf, dtype=float) for leaf in (start, value, slope))
    return Current(start, value, slope, unit)


def current_unit(value: Any) -> str:
    """Return the unit of currents for a value: ``"1"`` for plain numbers, else ``"pA"``."""
    return "pA" if carries_unit(value) else "1"


def no_current(unit: str) -> Current:
    """Return the current that injects nothing."""
    return _current([0.0], [0.0], [0.0], unit)


def step_current(amplitude: Any, start: Any, stop: Any) -> Current:
    """Return a current that is constant between two times and zero elsewhere.

    Parameters
    ----------
    amplitude : Quantity [current], or number for a model without unit
    start, stop : Quantity [time]

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If ``stop`` is not after ``start``.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> pulse = dx.step_current(100 * pq.pA, start=50 * pq.ms, stop=550 * pq.ms)
    >>> holding = dx.step_current(-20 * pq.pA, start=0 * pq.ms, stop=1 * pq.s)
    >>> float((pulse + holding)(100.0))
    80.0
    """
    unit = current_unit(amplitude)
    level = scalar(amplitude, unit, "amplitude")
    edges = _edges(start, stop)
    return _current(edges, [level, 0.0], [0.0, 0.0], unit)


def ramp_current(initial: Any, final: Any, start: Any, stop: Any) -> Current:
    """Return a current that goes linearly from one value to another, and is zero elsewhere.

    Parameters
    ----------
    initial, final : Quantity [current], or numbers for a model without unit
    start, stop : Quantity [time]

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If ``stop`` is not after ``start``.
    """
    unit = current_unit(initial)
    low, high = scalar(initial, unit, "initial"), scalar(final, unit, "final")
    edges = _edges(start, stop)
    return _current(edges, [low, 0.0], [(high - low) / (edges[1] - edges[0]), 0.0], unit)


def _edges(start: Any, stop: Any) -> tuple[float, float]:
    edges = scalar(start, "ms", "start"), scalar(stop, "ms", "stop")
    if not edges[0] < edges[1]:
        raise ModelError(f"stop must come after start = {edges[0]:g} ms; got {edges[1]:g} ms.")
    return edges


def sampled_current(
    samples: Any, sampling_period: Any, *, t_start: Any = None, interpolation: str = "previous"
) -> Current:
    """Return the current of a sampled waveform.

    Samples in which the waveform only goes on as before cost nothing: a step command of 60,000
    samples becomes its few steps. After the last sample its value is held.

    Parameters
    ----------
    samples : Quantity [current] (time,), or numbers for a model without unit
    sampling_period : Quantity [time]
    t_start : Quantity [time], optional
        Time of the first sample. Default: 0 ms.
    interpolation : {"previous", "linear"}
        ``"previous"`` holds each sample until the next, as a digital-to-analog converter does;
        ``"linear"`` joins the samples by straight lines.

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If samples are not one row of finite numbers, the period is not positive, or the
        interpolation is another one.
    """
    unit = current_unit(samples)
    values = _one_row(to_internal(samples, unit, "samples"))
    period = scalar(sampling_period, "ms", "sampling_period")
    t_0 = 0.0 if t_start is None else scalar(t_start, "ms", "t_start")
    if not period > 0:
        raise ModelError(f"sampling_period must be positive; got {period:g} ms.")
    if interpolation not in ("previous", "linear"):
        raise ModelError(f"interpolation must be 'previous' or 'linear'; got {interpolation!r}.")
    slopes = np.zeros_like(values)
    if interpolation == "linear":
        slopes[:-1] = np.diff(values) / period
    # A sample starts a new segment unless the old one passes through it and goes on alike, to
    # rounding error: a wider tolerance would add up over many samples of a slow waveform.
    atol = 4 * np.finfo(float).eps * np.max(np.abs(values))
    goes_on = np.isclose(values[:-1] + slopes[:-1] * period, values[1:], rtol=0, atol=atol)
    goes_on &= np.isclose(slopes[:-1], slopes[1:], rtol=0, atol=atol / period)
    first = np.flatnonzero(np.concatenate([[True], ~goes_on]))
    return _current(t_0 + period * first, values[first], slopes[first], unit)


def _one_row(samples: np.ndarray) -> np.ndarray:
    row = samples[:, 0] if samples.ndim == 2 and samples.shape[1] == 1 else samples  # as in Neo
    if row.ndim != 1 or row.size == 0:
        raise ModelError(f"samples must be one row of numbers; got the shape {samples.shape}.")
    if not np.all(np.isfinite(row)):
        bad = int(np.flatnonzero(~np.isfinite(row))[0])
        raise ModelError(f"samples must be finite; sample {bad} is {row[bad]}.")
    return row


def voltage_command(levels: Any, start: Any, r_series: Any) -> Current:
    """Return what the electrode injects to hold a ``VoltageClamp`` at one level after another.

    That is the command over the series resistance. What flows into the cell is this current less
    the voltage of the cell over the series resistance.

    Parameters
    ----------
    levels : Quantity [voltage] (step,)
    start : Quantity [time] (step,)
        When each level begins, increasing; before the first the command is 0 mV.
    r_series : Quantity [resistance]
        That of the clamp.

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If there is not one increasing start for each level.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.voltage_command([-70, 0] * pq.mV, [0, 5] * pq.ms, r_series=10 * pq.MOhm).value
    Array([-7000.,     0.], dtype=float64)
    """
    volts, times = to_internal(levels, "mV", "levels"), to_internal(start, "ms", "start")
    if volts.ndim != 1 or volts.shape != times.shape or np.any(np.diff(times) <= 0):
        raise ModelError(
            f"every level must have its start, later than the one before; got {volts} mV at "
            f"{times} ms."
        )
    return _current(times, 1000 * volts / scalar(r_series, "MOhm", "r_series"), 0 * volts, "pA")
