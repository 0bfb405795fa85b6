"""Losses: how far a model's sweeps are from recorded ones.

A loss is called with a simulation and the sweeps that it should reproduce, and returns a number.
Losses add up with ``+`` and are weighted with ``*``. They are functions of voltages and of spike
times, whose gradients are exact; see each for what happens where spike counts differ.
"""

from abc import abstractmethod
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dendrax.results import SimulationResult, Sweeps
from dendrax.units import scalar


class AbstractLoss(eqx.Module):
    """A function of a simulation and of the sweeps that it should reproduce.

    Attributes
    ----------
    records : tuple of str
        The traces that it needs.
    terms : tuple of str
        The names of its parts.
    """

    records: ClassVar[tuple[str, ...]] = ()
    terms: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def parts(self, result: SimulationResult, sweeps: Sweeps) -> dict[str, Float[Array, ""]]:
        """Return the terms of the loss by name."""

    def __call__(self, result: SimulationResult, sweeps: Sweeps) -> Float[Array, ""]:
        """Return the loss."""
        return sum(self.parts(result, sweeps).values(), jnp.asarray(0.0))

    def __add__(self, other: "AbstractLoss") -> "Total":
        return Total(((1.0, self), (1.0, other)))

    def __mul__(self, weight: float) -> "Total":
        return Total(((float(weight), self),))

    __rmul__ = __mul__


class Total(AbstractLoss):
    """A weighted sum of losses."""

    weighted: tuple[tuple[float, AbstractLoss], ...] = eqx.field(static=True)

    @property
    def records(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The traces that any summand needs."""
        return tuple(sorted({name for _, loss in self.weighted for name in loss.records}))

    @property
    def terms(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The names of all parts."""
        return tuple(name for _, loss in self.weighted for name in loss.terms)

    def parts(self, result: SimulationResult, sweeps: Sweeps) -> dict[str, Float[Array, ""]]:
        return {
            name: weight * value
            for weight, loss in self.weighted
            for name, value in loss.parts(result, sweeps).items()
        }


class Voltage(AbstractLoss):
    """Mean square of the voltage difference, in units of ``scale``, away from spikes.

    A model of the integrate-and-fire kind has no action potential: samples from ``before`` until
    ``after`` a spike of either side do not count.
    """

    scale: float = eqx.field(static=True)
    before: float = eqx.field(static=True)
    after: float = eqx.field(static=True)

    records = ("v",)
    terms = ("voltage",)

    def parts(self, result: SimulationResult, sweeps: Sweeps) -> dict[str, Float[Array, ""]]:
        counts = self.counts(result, sweeps)
        difference = result.traces["v"] - sweeps.target.traces["v"]
        square = jnp.where(counts, difference, 0.0) ** 2 / self.scale**2
        return {"voltage": square.sum() / jnp.maximum(counts.sum(), 1)}

    def counts(self, result: SimulationResult, sweeps: Sweeps) -> Bool[Array, "trial neuron time"]:
        """Return which samples count."""
        near = self._near(result) | self._near(sweeps.target)
        return ~jax.lax.stop_gradient(near)

    def _near(self, result: SimulationResult) -> Bool[Array, "trial neuron time"]:
        # The first sample that counts again after each spike, found by counting spikes on both sides
        # of the window that ends at each sample.
        def count(spikes: Array, t: Array) -> Array:
            return jnp.searchsorted(spikes, t, side="right")

        each = jax.vmap(jax.vmap(count, (0, None)), (0, None))
        started = each(result.spike_times, result.times + self.before)
        ended = each(result.spike_times, result.times - self.after)
        return started > ended


def voltage(scale: Any, before: Any, after: Any) -> Voltage:
    """Compare voltages between spikes.

    Parameters
    ----------
    scale : Quantity [voltage]
        A difference that counts as 1.
    before, after : Quantity [time]
        How long before and after a spike, of model or recording, samples do not count.

    Returns
    -------
    Voltage

    Raises
    ------
    UnitError
        If an argument has another dimension.
    """
    return Voltage(
        scalar(scale, "mV", "scale"), scalar(before, "ms", "before"), scalar(after, "ms", "after")
    )


class SpikeTimes(AbstractLoss):
    r"""Distance of the k-th model spike to the k-th recorded spike of each stretch of constant input.

    The stretches are those between the breakpoints of the injected current, so that a missing spike
    of one pulse does not shift the pairs of the next. With ``d`` the time difference in units of
    ``scale``, a pair costs ``sqrt(1 + d^2) - 1``: quadratic near zero, linear far away. The sum over all
    pairs is divided by the number of recorded spikes.

    Where the counts differ, spikes are born and die at the end of the stretch:

    * a model spike too many is paired with the end: the loss pushes it out, by its exact gradient;
    * a model spike too few has the time *end* + ``reach`` x (how far the guard stayed below zero at its
      highest after the last spike): the loss pulls the guard up until the spike appears at the end,
      where both expressions agree.

    The extrapolation of silent neurons beyond the trial is an idea of Klos & Memmesheimer 2025.
    """

    scale: float = eqx.field(static=True)
    reach: float = eqx.field(static=True)

    records = ("guard",)
    terms = ("spike_times",)

    def parts(self, result: SimulationResult, sweeps: Sweeps) -> dict[str, Float[Array, ""]]:
        def trial(model, data, guard, start):
            edges = jnp.clip(jnp.concatenate([jnp.asarray([0.0]), start, jnp.asarray([jnp.inf])]), 0.0, result.t_stop)
            return jax.vmap(
                lambda low, high: self._stretch(model, data, result.times, guard, low, high)
            )(edges[:-1], edges[1:]).sum()

        guard = result.traces["guard"][:, 0]
        recorded = sweeps.target.spike_times[:, 0]
        costs = jax.vmap(trial)(
            result.spike_times[:, 0], recorded, guard, sweeps.inputs.current.start
        )
        n_recorded = jnp.isfinite(recorded).sum()
        return {"spike_times": costs.sum() / jnp.maximum(n_recorded, 1)}

    def _stretch(self, model, data, times, guard, low, high):
        last, n_model, model = _within(model, low, high, self._width(data, model))
        _, n_data, data = _within(data, low, high, self._width(data, model))
        free = (times >= jnp.maximum(last, low)) & (times < high)
        gap = jnp.maximum(-jnp.max(jnp.where(free, guard, -jnp.inf)), 0.0)
        unborn = high + self.reach * jnp.where(free.any(), gap, 0.0)
        k = jnp.arange(model.shape[0])
        model = jnp.where(k < n_model, model, unborn)
        data = jnp.where(k < n_data, data, high)
        d = jnp.where(k < jnp.maximum(n_model, n_data), (model - data) / self.scale, 0.0)
        return (jnp.sqrt(1 + d**2) - 1).sum()

    def _width(self, *trains: Array) -> int:
        return max(train.shape[0] for train in trains)


def _within(spikes: Array, low: Array, high: Array, width: int) -> tuple[Array, Array, Array]:
    """Return the last spike in [low, high), their number, and all of them from the front."""
    first = jnp.searchsorted(spikes, low)
    n = jnp.searchsorted(spikes, high) - first
    padded = jnp.append(spikes, jnp.full(width, jnp.inf))
    chosen = jax.lax.dynamic_slice(padded, (first,), (width,))
    chosen = jnp.where(jnp.arange(width) < n, chosen, low)
    last = jnp.where(n > 0, chosen[jnp.maximum(n - 1, 0)], -jnp.inf)
    return jax.lax.stop_gradient(last), n, chosen


def spike_times(scale: Any, reach: Any) -> SpikeTimes:
    """Compare spike times by their order within each stretch of constant input.

    Parameters
    ----------
    scale : Quantity [time]
        A difference that counts as 1.
    reach : Quantity [time]
        How far beyond the end of a stretch a missing spike is placed for each unit of the guard (mV;
        1 for models without unit) by which the model failed to make it.

    Returns
    -------
    SpikeTimes

    Raises
    ------
    UnitError
        If an argument has another dimension.
    """
    return SpikeTimes(scalar(scale, "ms", "scale"), scalar(reach, "ms", "reach"))
