"""How many spikes there are, through what has a gradient."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from dendrax.errors import FitError
from dendrax.fitting.losses._compared import Compared, compared
from dendrax.fitting.losses._guard import shortfall_after
from dendrax.fitting.losses._loss import AbstractLoss, Scalar
from dendrax.results import SimulationResult, Sweeps


class SpikeCount(AbstractLoss):
    """A cost of spikes that are too many, or too few.

    Attributes
    ----------
    pull : float
        Per unit of the guard.
    compared : Compared
    """

    pull: float = eqx.field(static=True)
    compared: Compared = eqx.field(static=True)

    records = ("guard",)
    terms = ("spike_count",)

    def parts(self, result: SimulationResult, sweeps: Sweeps, /) -> dict[str, Scalar]:
        """Return the loss as ``spike_count``."""
        ours, theirs = (self.compared.spikes(each) for each in (result, sweeps.target))
        there, wanted = jnp.isfinite(ours), jnp.isfinite(theirs).sum(-1)
        start, stop = self.compared.edges(result)
        rank = jnp.arange(ours.shape[-1])[None, None]
        extra = there & (rank >= wanted[..., None])
        left = jnp.where(extra, stop - ours, 0.0).sum(-1) / (stop - start)
        missing = jnp.maximum(wanted - there.sum(-1), 0)
        absent = self.pull * missing * shortfall_after(ours, start, stop, result)
        return {"spike_count": self.compared.mean(left + absent)}


def spike_count(pull: float | int = 0.1, *, window: Any = None, weights: Any = None) -> SpikeCount:
    """Have as many spikes as the recording, wherever they are.

    A count has no gradient, so the loss acts through what has one:

    * model spikes beyond the recorded number cost how long before the stop of the window they are,
      in parts of the window: they are pushed out, and nothing jumps when they leave;
    * each spike that is missing costs ``pull`` times how far the guard stayed below zero at its
      highest sample after the last model spike: it is pulled up until a spike appears.

    Of a model with the right number of spikes it asks nothing. The loss is a mean over neurons and
    sweeps; see :func:`rate` for limits that do not come from a recording.

    Parameters
    ----------
    pull : float, default 0.1
        The cost of a unit of the guard (mV; 1 for models without unit) per missing spike.
    window : Quantity [time] (2,), optional
        Start and stop of what counts; for example those of the current step.
    weights : array (trial,), optional
        How much each of the sweeps counts.

    Returns
    -------
    SpikeCount

    Raises
    ------
    UnitError
        If the window is no time.
    FitError
        If ``pull`` is negative, or the window or the weights make no sense; when called, if there
        are not as many weights as sweeps.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> loss = dx.losses.spike_count(window=(50, 550) * pq.ms) + dx.losses.van_rossum(10 * pq.ms)
    >>> loss.terms
    ('spike_count', 'van_rossum')
    """
    if not pull >= 0:
        raise FitError(f"pull must not be negative; got {pull}.")
    return SpikeCount(float(pull), compared(window, weights))
