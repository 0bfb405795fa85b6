"""Spike times, in pairs that are born and die at the ends of stretches of constant input."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from dendrax.fitting.losses._loss import AbstractLoss, Scalar
from dendrax.fitting.losses._pseudo_huber import pseudo_huber, pseudo_huber_residual
from dendrax.results import SimulationResult, Sweeps
from dendrax.simulation import peak
from dendrax.units import scalar


class SpikeTimes(AbstractLoss):
    """Distance of the k-th model spike to the k-th recorded spike of each stretch of input.

    The stretches are those between the breakpoints of the injected current, so that a missing
    spike of one pulse does not shift the pairs of the next. With ``d`` the time difference in units
    of ``scale``, a pair costs ``sqrt(1 + d^2) - 1``: quadratic near zero, linear far away. The sum
    over all pairs is divided by the number of recorded spikes.

    Where the counts differ, spikes are born and die at the end of the stretch:

    * a model spike too many is paired with the end: the loss pushes it out, by its exact gradient;
    * a model spike too few has the time *end* + ``reach`` x (how far the guard stayed below zero,
      at its highest after the last spike): the loss pulls the guard up until the spike appears.

    Attributes
    ----------
    scale : float
        In ms.
    reach : float
        In ms per unit of the guard.

    Notes
    -----
    That silent neurons are extrapolated beyond the trial is an idea of Klos & Memmesheimer 2025.
    """

    scale: float = eqx.field(static=True)
    reach: float = eqx.field(static=True)

    records = ("guard",)
    terms = ("spike_time_loss",)

    def parts(self, result: SimulationResult, sweeps: Sweeps, /) -> dict[str, Scalar]:
        """Return the loss as ``spike_time_loss``."""
        costs = pseudo_huber(self._differences(result, sweeps))
        return {"spike_time_loss": costs.sum() / _n_recorded(sweeps)}

    def residuals(self, result: SimulationResult, sweeps: Sweeps, /) -> Float[Array, " residual"]:
        """Return the residual of each pair."""
        differences = pseudo_huber_residual(self._differences(result, sweeps))
        return (differences / jnp.sqrt(_n_recorded(sweeps))).ravel()

    def _differences(
        self, result: SimulationResult, sweeps: Sweeps
    ) -> Float[Array, "trial stretch pair"]:
        starts = sweeps.inputs.current.start
        whole_trial = jnp.asarray([[0.0, jnp.inf]]).repeat(len(starts), 0)
        edges = jnp.sort(jnp.concatenate([whole_trial, starts], 1), 1)
        edges = jnp.clip(edges, 0.0, result.t_stop)

        def stretch(model: Array, data: Array, guard: Array, low: Scalar, high: Scalar) -> Array:
            return self._stretch(model, data, result.times, guard, low, high)

        over_stretches = jax.vmap(stretch, (None, None, None, 0, 0))
        return jax.vmap(over_stretches)(
            result.spike_times[:, 0],
            sweeps.target.spike_times[:, 0],
            result.traces["guard"][:, 0],
            edges[:, :-1],
            edges[:, 1:],
        )

    def _stretch(
        self,
        model: Float[Array, " spike"],
        data: Float[Array, " recorded"],
        times: Float[Array, " time"],
        guard: Float[Array, " time"],
        low: Scalar,
        high: Scalar,
    ) -> Float[Array, " pair"]:
        """Return the time differences of the pairs of a stretch, in units of ``scale``."""
        width = max(len(model), len(data))
        ours, theirs = _within(model, low, high, width), _within(data, low, high, width)
        quiet = (times >= ours.last) & (times < high)
        gap = jnp.maximum(-peak(jnp.where(quiet, guard, -jnp.inf)), 0.0)
        unborn = high + self.reach * jnp.where(quiet.any(), gap, 0.0)
        k = jnp.arange(width)
        d = jnp.where(k < ours.n, ours.times, unborn) - jnp.where(k < theirs.n, theirs.times, high)
        return jnp.where(k < jnp.maximum(ours.n, theirs.n), d / self.scale, 0.0)


def _n_recorded(sweeps: Sweeps) -> Int[Array, ""]:
    return jnp.maximum(jnp.isfinite(sweeps.target.spike_times[:, 0]).sum(), 1)


class _Stretch(NamedTuple):
    """The spikes of one stretch: from the front, their number, and the last one (or the start)."""

    times: Float[Array, " spike"]
    n: Int[Array, ""]
    last: Scalar


def _within(spikes: Array, low: Scalar, high: Scalar, width: int) -> _Stretch:
    first = jnp.searchsorted(spikes, low)
    n = jnp.searchsorted(spikes, high) - first
    padded = jnp.concatenate([spikes, jnp.full(width, jnp.inf)])
    times = lax.dynamic_slice(padded, (first,), (width,))
    times = jnp.where(jnp.arange(width) < n, times, low)
    last = lax.stop_gradient(jnp.where(n > 0, times[jnp.maximum(n - 1, 0)], low))
    return _Stretch(times, n, last)


def spike_times(scale: Any, reach: Any) -> SpikeTimes:
    """Compare spike times by their order within each stretch of constant input.

    Parameters
    ----------
    scale : Quantity [time]
        A difference that counts as 1.
    reach : Quantity [time]
        How far beyond the end of a stretch a missing spike is placed, for each unit of the guard
        (mV; 1 for models without unit) by which the model failed to make it.

    Returns
    -------
    SpikeTimes

    Raises
    ------
    UnitError
        If an argument has another dimension.
    """
    return SpikeTimes(scalar(scale, "ms", "scale"), scalar(reach, "ms", "reach"))
