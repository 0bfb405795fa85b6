"""The voltage between spikes."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from dendrax.fitting.losses._compared import compared
from dendrax.fitting.losses._loss import Scalar
from dendrax.fitting.losses._pseudo_huber import pseudo_huber, pseudo_huber_residual
from dendrax.fitting.losses._trace_loss import AbstractTraceLoss, Traces
from dendrax.results import SimulationResult, Sweeps
from dendrax.units import scalar


class Voltage(AbstractTraceLoss):
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

    terms = ("voltage_loss",)

    def parts(self, result: SimulationResult, sweeps: Sweeps, /) -> dict[str, Scalar]:
        """Return the loss as ``voltage_loss``."""
        costs = pseudo_huber(self._differences(result, sweeps))
        return {"voltage_loss": self.compared.mean(costs, self.counts(result, sweeps))}

    def residuals(self, result: SimulationResult, sweeps: Sweeps, /) -> Float[Array, " sample"]:
        """Return the residual of each sample."""
        robust = pseudo_huber_residual(self._differences(result, sweeps))
        return self.compared.residuals(robust, self.counts(result, sweeps))

    def _differences(self, result: SimulationResult, sweeps: Sweeps) -> Traces:
        ours, theirs = self.pair(result, sweeps)
        return (ours - theirs) / self.scale

    def counts(self, result: SimulationResult, sweeps: Sweeps) -> Bool[Array, "trial neuron time"]:
        """Return which samples count."""
        near = [self._near(each.spike_times, result.times) for each in (result, sweeps.target)]
        return self.compared.holds(result.times)[None, None] & ~lax.stop_gradient(near[0] | near[1])

    def _near(
        self, spikes: Float[Array, "trial neuron spike"], times: Float[Array, " time"]
    ) -> Bool[Array, "trial neuron time"]:
        """Return which samples lie around a spike: more windows have begun there than ended."""

        def count(spikes: Array, t: Array) -> Array:
            return jnp.searchsorted(spikes, t, side="right")

        each = jax.vmap(jax.vmap(count, (0, None)), (0, None))
        return each(spikes, times + self.before) > each(spikes, times - self.after)


def voltage(
    scale: Any,
    before: Any,
    after: Any,
    *,
    trace: str = "v",
    window: Any = None,
    weights: Any = None,
) -> Voltage:
    """Compare voltages between spikes.

    Parameters
    ----------
    scale : Quantity [voltage]
        A difference that counts as 1.
    before, after : Quantity [time]
        How long before and after a spike, of model or recording, samples do not count.
    trace : str, default "v"
        Which voltage; the name of a :class:`Probe` of a cell, if the recording has it too.
    window : Quantity [time] (2,), optional
        Start and stop of what counts.
    weights : array (trial,), optional
        How much each of the sweeps counts.

    Returns
    -------
    Voltage

    Raises
    ------
    UnitError
        If an argument has another dimension.
    FitError
        If the window or the weights make no sense, or, when called, if the trace is missing or
        there are not as many weights as sweeps.
    """
    return Voltage(
        trace,
        compared(window, weights),
        scalar(scale, "mV", "scale"),
        scalar(before, "ms", "before"),
        scalar(after, "ms", "after"),
    )
