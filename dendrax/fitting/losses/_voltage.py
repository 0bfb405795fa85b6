"""The voltage between spikes."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from dendrax.fitting.losses._loss import AbstractLoss, Scalar
from dendrax.fitting.losses._robust import half_squared
from dendrax.results import SimulationResult, Sweeps
from dendrax.units import scalar


class Voltage(AbstractLoss):
    """Difference of the voltages away from spikes.

    With ``d`` the difference in units of ``scale``, a sample costs ``sqrt(1 + d^2) - 1``, half the
    square of a small difference; large ones, between spikes that are not in place yet, count
    linearly. The loss is the mean over samples. A model of the integrate-and-fire kind has no
    action potential: samples from ``before`` until ``after`` a spike of either side do not count.

    Attributes
    ----------
    scale : float
        In mV.
    before, after : float
        In ms.
    """

    scale: float = eqx.field(static=True)
    before: float = eqx.field(static=True)
    after: float = eqx.field(static=True)

    records = ("v",)
    terms = ("voltage_loss",)

    def parts(self, result: SimulationResult, sweeps: Sweeps, /) -> dict[str, Scalar]:
        """Return the loss as ``voltage_loss``."""
        counts = self.counts(result, sweeps)
        difference = jnp.where(counts, result.traces["v"] - sweeps.target.traces["v"], 0.0)
        costs = jnp.sqrt(1 + (difference / self.scale) ** 2) - 1
        return {"voltage_loss": costs.sum() / jnp.maximum(counts.sum(), 1)}

    def residuals(self, result: SimulationResult, sweeps: Sweeps, /) -> Float[Array, " sample"]:
        """Return the residual of each sample."""
        counts = self.counts(result, sweeps)
        difference = jnp.where(counts, result.traces["v"] - sweeps.target.traces["v"], 0.0)
        residuals = half_squared(difference / self.scale)
        return (residuals / jnp.sqrt(jnp.maximum(counts.sum(), 1))).ravel()

    def counts(self, result: SimulationResult, sweeps: Sweeps) -> Bool[Array, "trial neuron time"]:
        """Return which samples count."""
        near = [self._near(each.spike_times, result.times) for each in (result, sweeps.target)]
        return ~lax.stop_gradient(near[0] | near[1])

    def _near(
        self, spikes: Float[Array, "trial neuron spike"], times: Float[Array, " time"]
    ) -> Bool[Array, "trial neuron time"]:
        """Return which samples lie around a spike: more windows have begun there than ended."""

        def count(spikes: Array, t: Array) -> Array:
            return jnp.searchsorted(spikes, t, side="right")

        each = jax.vmap(jax.vmap(count, (0, None)), (0, None))
        return each(spikes, times + self.before) > each(spikes, times - self.after)


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
