"""What of a result is compared with sweeps: a window of time, sweeps by their weights."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from dendrax.errors import FitError
from dendrax.results import SimulationResult
from dendrax.units import to_internal

Window = tuple[float, float]
# Residuals are squared and halved.
SQRT_2 = 2**0.5
# Times that differ by less, in ms, are the same but for rounding, in float32 too.
INSTANT = 1e-3


class Compared(eqx.Module):
    """A window of time, and how much each sweep counts.

    Attributes
    ----------
    window : tuple of (float, float)
        In ms; the start belongs to it, the stop does not.
    weights : tuple of float, optional
        One per sweep; all count alike by default.
    """

    window: Window = eqx.field(static=True, default=(-np.inf, np.inf))
    weights: tuple[float, ...] | None = eqx.field(static=True, default=None)

    def holds(self, times: Float[Array, "*shape"]) -> Bool[Array, "*shape"]:
        """Return which times lie in the window."""
        start, stop = self.window
        return (times >= start - INSTANT) & (times < stop - INSTANT)

    def spikes(self, result: SimulationResult) -> Float[Array, "trial neuron spike"]:
        """Return the spike times in the window, padded with inf as always."""
        times = result.spike_times
        return jnp.sort(jnp.where(self.holds(times), times, jnp.inf), axis=-1)

    def edges(self, result: SimulationResult) -> Window:
        """Return start and stop of the window within the trial."""
        return max(self.window[0], 0.0), min(self.window[1], result.t_stop)

    def mean(
        self, costs: Float[Array, "trial *rest"], counts: Bool[Array, "..."] | None = None
    ) -> Float[Array, ""]:
        """Return the mean of the costs that count, each sweep with its weight; 0 if none does.

        What counts is as the costs, or as their last axes.
        """
        return jnp.sum(self._share(costs, counts) * costs)

    def residuals(
        self, differences: Float[Array, "trial *rest"], counts: Bool[Array, "..."] | None = None
    ) -> Float[Array, " residual"]:
        """Return numbers whose squares add up to the mean of those of the differences."""
        return (jnp.sqrt(self._share(differences, counts)) * differences).ravel()

    def _share(
        self, costs: Float[Array, "trial *rest"], counts: Bool[Array, "..."] | None
    ) -> Float[Array, "trial *rest"]:
        """Return the part of each cost in the mean."""
        weight = self.each(costs)
        if counts is not None:
            weight = jnp.where(jnp.broadcast_to(counts, costs.shape), weight, 0.0)
        total = weight.sum()
        return weight / jnp.where(total > 0, total, 1.0)

    def each(self, costs: Float[Array, "trial *rest"]) -> Float[Array, "trial *rest"]:
        """Return the weight of each cost.

        Raises
        ------
        FitError
            If there is not one weight for each trial.
        """
        if self.weights is None:
            return jnp.ones_like(costs)
        if len(self.weights) != len(costs):
            raise FitError(
                f"weights must have one entry per sweep; got {len(self.weights)} for {len(costs)} "
                "sweeps. In a fit that holds sweeps out, name the weights of those that are fitted."
            )
        column = jnp.asarray(self.weights, costs.dtype).reshape(-1, *[1] * (costs.ndim - 1))
        return jnp.broadcast_to(column, costs.shape)


def compared(window: Any = None, weights: Any = None) -> Compared:
    """Make of what a user says what is compared.

    Parameters
    ----------
    window : Quantity [time] (2,), optional
        Start and stop.
    weights : array (trial,), optional
        Not negative, and not all zero.

    Raises
    ------
    UnitError
        If the window is no time.
    FitError
        If the window does not end after it starts, or the weights are no row of such numbers.
    """
    defaults = Compared()
    return Compared(
        defaults.window if window is None else interval(window, "window"),
        None if weights is None else _row(weights),
    )


def interval(value: Any, name: str) -> Window:
    """Return start and stop of a window, in ms.

    Raises
    ------
    UnitError
        If they are no times.
    FitError
        If they are not two, or the stop does not come after the start.
    """
    edges = to_internal(value, "ms", name)
    if edges.shape != (2,) or not edges[0] < edges[1]:
        raise FitError(
            f"{name} must be a start and a later stop, for example (50, 550) * pq.ms; got "
            f"{np.array2string(edges)} ms."
        )
    return float(edges[0]), float(edges[1])


def of_one_width(
    *trains: Float[Array, "trial neuron _"],
) -> list[Float[Array, "trial neuron spike"]]:
    """Return spike times with room for as many spikes in each, padded with inf as always."""
    width = max(each.shape[-1] for each in trains)
    return [
        jnp.pad(each, ((0, 0), (0, 0), (0, width - each.shape[-1])), constant_values=jnp.inf)
        for each in trains
    ]


def _row(weights: Any) -> tuple[float, ...]:
    row = to_internal(weights, "1", "weights")
    if row.ndim != 1 or not np.all(np.isfinite(row)) or np.any(row < 0) or not np.any(row > 0):
        raise FitError(
            f"weights must be one row of numbers, none negative and one positive; got {weights}."
        )
    return tuple(row.tolist())
