"""Electrophysiological features of the response to a step of current, as eFEL defines them."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from dendrax.fitting.losses._compared import INSTANT, Compared, Window
from dendrax.inputs import Current
from dendrax.simulation import peak

# By name, with the unit: one value for each spike, and one for each trial.
OF_SPIKES = {
    "peak_time": "ms",
    "peak_voltage": "mV",
    "AP_begin_voltage": "mV",
    "AP_amplitude": "mV",
    "spike_half_width": "ms",
    "AHP_depth": "mV",
}
OF_TRIALS = {
    "voltage_base": "mV",
    "maximum_voltage": "mV",
    "steady_state_voltage_stimend": "mV",
    "sag_amplitude": "mV",
    "ohmic_input_resistance_vb_ssse": "MOhm",
}
# A voltage that rises faster than this, in mV/ms, in so many samples is the onset of a spike.
_ONSET_SLOPE, _ONSET_WIDTH = 10.0, 3

Values = dict[str, Float[Array, "..."]]
Samples = Float[Array, " time"]
Mask = Bool[Array, " time"]
Index = Int[Array, ""]


class Step(NamedTuple):
    """A step of current, and how its response is read."""

    window: Window  # ms
    amplitude: Float[Array, " trial"]  # pA
    threshold: float  # mV; a spike passes it upward and downward
    max_spikes: int


def amplitude(current: Current, window: Window) -> Float[Array, " trial"]:
    """Return by how much the current in the middle of a window is above that before it."""
    start, stop = window
    return _at(current, 0.5 * (start + stop)) - _at(current, 0.95 * start)


@eqx.filter_jit
def features(
    v: Float[Array, "trial neuron time"], times: Float[Array, " time"], step: Step
) -> Values:
    """Return the features of ``OF_SPIKES`` and ``OF_TRIALS``, NaN where there is none.

    Returns
    -------
    dict of Array (trial, neuron, spike) or (trial, neuron)
    """

    def of(v: Samples, amplitude: Float[Array, ""]) -> Values:
        whole = _of_trial(v, times, step.window, amplitude)
        return whole | _of_spikes(v, times, whole["voltage_base"], step)

    return jax.vmap(jax.vmap(of, (0, None)))(v, step.amplitude)


def _at(current: Current, t: float) -> Float[Array, " trial"]:
    k = jnp.sum(current.start <= t, -1) - 1
    start, value, slope = (
        jnp.take_along_axis(each, jnp.maximum(k, 0)[:, None], 1)[:, 0]
        for each in (current.start, current.value, current.slope)
    )
    return jnp.where(k >= 0, value + slope * (t - jnp.where(k >= 0, start, 0.0)), 0.0)


def _of_trial(v: Samples, times: Samples, window: Window, amplitude: Float[Array, ""]) -> Values:
    start, stop = window
    base = _mean(v, (times >= 0.9 * start) & (times <= start + INSTANT))
    steady = _mean(v, Compared((stop - 0.1 * (stop - start), stop)).holds(times))
    inside = Compared(window).holds(times)
    highest, lowest = (sign * peak(jnp.where(inside, sign * v, -jnp.inf)) for sign in (1, -1))
    has_step = amplitude != 0
    resistance = 1000 * (steady - base) / jnp.where(has_step, amplitude, 1.0)
    return {
        "voltage_base": base,
        "maximum_voltage": _only(inside.any(), highest),
        "steady_state_voltage_stimend": steady,
        "sag_amplitude": _only(steady <= base, steady - lowest),
        "ohmic_input_resistance_vb_ssse": _only(has_step, resistance),
    }


def _of_spikes(v: Samples, times: Samples, base: Float[Array, ""], step: Step) -> Values:
    n, inside = len(v), Compared(step.window).holds(times)
    index = jnp.arange(n)
    begin, end = jnp.argmax(inside), n - jnp.argmax(inside[::-1])
    rises = inside[1:] & (v[1:] > step.threshold) & (v[:-1] <= step.threshold)
    up = 1 + jnp.flatnonzero(rises, size=step.max_spikes + 1, fill_value=n)
    following = jnp.minimum(up[1:], end)

    def peak_of(low: Index, high: Index) -> tuple[Index, Bool[Array, ""]]:
        peak = jnp.argmax(jnp.where((index >= low) & (index < high), v, -jnp.inf))
        falls = (index > peak) & (index < high) & (v < step.threshold)
        return peak, (low < high) & falls.any()

    peak, is_spike = jax.vmap(peak_of)(up[:-1], following)
    is_last = jnp.append(~is_spike[1:], True)
    until = jnp.where(is_last, end, jnp.append(peak[1:], end))

    trough = jax.vmap(lambda *at: _trough(v, *at))(peak, until)
    # At the end of the step it may go on falling.
    has_trough = is_spike & (trough != end - 1)
    since = jnp.append(begin, trough[:-1])
    width, has_width = jax.vmap(lambda *at: _half_width(v, times, *at))(since, peak, trough)
    onset, has_onset = jax.vmap(lambda *at: _onset(v, times, *at))(since, peak)
    found = {
        "peak_time": (is_spike, times[peak]),
        "peak_voltage": (is_spike, v[peak]),
        "AP_begin_voltage": (is_spike & has_onset, onset),
        "AP_amplitude": (is_spike & has_onset, v[peak] - onset),
        "spike_half_width": (has_trough & has_width, width),
        "AHP_depth": (has_trough, v[trough] - base),
    }
    return {name: _only(there, value) for name, (there, value) in found.items()}


def _trough(v: Samples, peak: Index, until: Index) -> Index:
    """Return the first sample that the next two do not undercut, or else the lowest."""
    index = jnp.arange(len(v))
    lies_low = (v <= jnp.roll(v, -1)) & (v <= jnp.roll(v, -2))
    turns = lies_low & (index >= peak) & (index < until - 2)
    lowest = jnp.argmin(jnp.where((index >= peak) & (index < until), v, jnp.inf))
    return jnp.where(turns.any(), jnp.argmax(turns), lowest)


def _half_width(
    v: Samples, times: Samples, since: Index, peak: Index, trough: Index
) -> tuple[Float[Array, ""], Bool[Array, ""]]:
    """Return the time that a spike spends above the middle between its peak and its trough."""
    index, half = jnp.arange(len(v)), 0.5 * (v[peak] + v[trough])
    rises = (index > since) & (index <= peak) & (v >= half)
    falls = (index > peak) & (index <= trough) & (v <= half)
    up, down = jnp.argmax(rises), jnp.argmax(falls)
    width = _crossing(times, v, half, down) - _crossing(times, v, half, up)
    return width, rises.any() & falls.any()


def _onset(
    v: Samples, times: Samples, since: Index, peak: Index
) -> tuple[Float[Array, ""], Bool[Array, ""]]:
    """Return the voltage at which a spike takes off: where it last begins to rise steeply."""
    index = jnp.arange(len(v))
    slope = _change(v) / _change(times)
    steep = slope >= _ONSET_SLOPE
    stays = steep
    for k in range(1, _ONSET_WIDTH):
        stays = stays & jnp.roll(steep, -k)
    begins = stays & jnp.roll(slope <= _ONSET_SLOPE, 1) & (index > since) & (index <= peak)
    at = len(v) - 1 - jnp.argmax(begins[::-1])
    return _crossing(v, slope, _ONSET_SLOPE, at), begins.any()


def _change(x: Samples) -> Samples:
    """Return the change per sample: central differences, of one side at the ends."""
    inner = 0.5 * (x[2:] - x[:-2])
    return jnp.concatenate([x[1:2] - x[:1], inner, x[-1:] - x[-2:-1]])


def _crossing(
    x: Samples, y: Samples, level: Float[Array, ""] | float, at: Index
) -> Float[Array, ""]:
    """Return where, on the way from the sample before, a line passes a level."""
    before = jnp.maximum(at - 1, 0)
    rise = y[at] - y[before]
    moves = rise != 0
    part = jnp.where(moves, (level - y[before]) / jnp.where(moves, rise, 1.0), 0.0)
    return x[before] + part * (x[at] - x[before])


def _mean(v: Samples, inside: Mask) -> Float[Array, ""]:
    mean = jnp.where(inside, v, 0.0).sum() / jnp.maximum(inside.sum(), 1)
    return _only(inside.any(), mean)


def _only(there: Bool[Array, "..."], value: Float[Array, "..."]) -> Float[Array, "..."]:
    return jnp.where(there, value, jnp.nan)
