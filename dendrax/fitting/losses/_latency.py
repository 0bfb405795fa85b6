"""The first spike of each sweep."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.fitting.losses._compared import Compared, compared
from dendrax.fitting.losses._guard import shortfall_after
from dendrax.fitting.losses._loss import AbstractLoss, Scalar
from dendrax.fitting.losses._pseudo_huber import pseudo_huber, pseudo_huber_residual
from dendrax.results import SimulationResult, Sweeps
from dendrax.units import scalar


class Latency(AbstractLoss):
    """Distance of the first spikes, in units of ``scale``.

    Attributes
    ----------
    scale : float
        In ms.
    reach : float
        In ms per unit of the guard.
    compared : Compared
    """

    scale: float = eqx.field(static=True)
    reach: float = eqx.field(static=True)
    compared: Compared = eqx.field(static=True)

    records = ("guard",)
    terms = ("latency",)

    def parts(self, result: SimulationResult, sweeps: Sweeps, /) -> dict[str, Scalar]:
        """Return the loss as ``latency``."""
        costs = pseudo_huber(self._differences(result, sweeps))
        return {"latency": self.compared.mean(costs)}

    def residuals(self, result: SimulationResult, sweeps: Sweeps, /) -> Float[Array, " residual"]:
        """Return the residual of each sweep."""
        return self.compared.residuals(pseudo_huber_residual(self._differences(result, sweeps)))

    def _differences(
        self, result: SimulationResult, sweeps: Sweeps
    ) -> Float[Array, "trial neuron"]:
        ours, theirs = (_first(self.compared.spikes(each)) for each in (result, sweeps.target))
        start, stop = self.compared.edges(result)
        there, asked = jnp.isfinite(ours), jnp.isfinite(theirs)
        unborn = stop + self.reach * shortfall_after(ours[..., None], start, stop, result)
        d = jnp.where(there, ours, unborn) - jnp.where(asked, theirs, stop)
        return jnp.where(there | asked, d / self.scale, 0.0)


def _first(spikes: Float[Array, "trial neuron spike"]) -> Float[Array, "trial neuron"]:
    """Return the first of the spikes, inf if there is not even a slot for one."""
    return jnp.pad(spikes, [(0, 0), (0, 0), (0, 1)], constant_values=jnp.inf)[..., 0]


def latency(scale: Any, reach: Any, *, window: Any = None, weights: Any = None) -> Latency:
    """Compare the times of first spikes.

    With ``d`` the difference in units of ``scale``, a sweep costs ``sqrt(1 + d^2) - 1``. Where the
    recording is silent, its first spike counts as if it were at the stop of the window, so that a
    spike of the model is pushed out there. Where the model is silent and the recording is not, the
    model's first spike is at the stop, and ``reach`` times how far the guard stayed below zero at
    its highest beyond it: the loss pulls the guard up until a spike appears.

    Parameters
    ----------
    scale : Quantity [time]
        A difference that counts as 1.
    reach : Quantity [time]
        For each unit of the guard (mV; 1 for models without unit).
    window : Quantity [time] (2,), optional
        Start and stop of what counts; for example those of the current step.
    weights : array (trial,), optional
        How much each of the sweeps counts.

    Returns
    -------
    Latency

    Raises
    ------
    UnitError
        If an argument has another dimension.
    FitError
        If the window or the weights make no sense; when called, if there are not as many weights as
        sweeps.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> loss = dx.losses.latency(2 * pq.ms, reach=5 * pq.ms, window=(50, 550) * pq.ms)
    >>> loss.records
    ('guard',)
    """
    return Latency(
        scalar(scale, "ms", "scale"), scalar(reach, "ms", "reach"), compared(window, weights)
    )
