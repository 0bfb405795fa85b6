"""Spike trains, as the traces that they leave."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.fitting.losses._compared import Compared, compared
from dendrax.fitting.losses._loss import AbstractLoss, Scalar
from dendrax.results import SimulationResult, Sweeps
from dendrax.units import scalar

Train = Float[Array, " spike"]


class VanRossum(AbstractLoss):
    """Squared distance of van Rossum.

    Attributes
    ----------
    tau : float
        In ms.
    compared : Compared
    """

    tau: float = eqx.field(static=True)
    compared: Compared = eqx.field(static=True)

    terms = ("van_rossum",)

    def parts(self, result: SimulationResult, sweeps: Sweeps, /) -> dict[str, Scalar]:
        """Return the loss as ``van_rossum``."""
        trains = (self.compared.spikes(each) for each in (result, sweeps.target))
        costs = jax.vmap(jax.vmap(self._squared))(*trains)
        return {"van_rossum": self.compared.mean(costs)}

    def _squared(self, a: Train, b: Train) -> Scalar:
        # One train with signs: what coincides cancels term by term.
        sign = jnp.concatenate([jnp.ones_like(a), -jnp.ones_like(b)])
        times = jnp.concatenate([a, b])
        sign = jnp.where(jnp.isfinite(times), sign, 0.0)
        times = jnp.where(sign == 0, 0.0, times)
        overlap = jnp.exp(-jnp.abs(times[:, None] - times[None, :]) / self.tau)
        return sign @ overlap @ sign


def van_rossum(tau: Any, *, window: Any = None, weights: Any = None) -> VanRossum:
    r"""Compare spike trains after an exponential filter.

    With :math:`f(t) = \sum_i e^{-(t - t_i) / \tau}` over the past spikes of each side, the loss is

    .. math:: D^2 = \frac{2}{\tau} \int_0^\infty (f - f^*)^2 \, dt
        = \sum_{i,j} s_i s_j e^{-|t_i - t_j| / \tau},

    over the spikes of both sides, :math:`s = 1` for those of the model and -1 for the recorded
    ones; a mean over neurons and sweeps. It needs no pairing. A spike too many or too few costs 1;
    near equality a shift by :math:`\delta` costs :math:`2 |\delta| / \tau`, and spikes
    further apart than some :math:`\tau` do not feel each other. It is no help to a silent model:
    combine it with :func:`spike_count`.

    Parameters
    ----------
    tau : Quantity [time]
        Precision.
    window : Quantity [time] (2,), optional
        Start and stop of what counts.
    weights : array (trial,), optional
        How much each of the sweeps counts.

    Returns
    -------
    VanRossum

    Raises
    ------
    UnitError
        If an argument has another dimension.
    FitError
        If ``tau`` is not positive, or the window or the weights make no sense; when called, if
        there are not as many weights as sweeps.

    Notes
    -----
    Van Rossum 2001 (Neural Comput 13:751), whose :math:`D^2` is half of it. The normalization is
    that of Elephant and of :func:`dendrax.spike_distances`, whose square this is: the distance
    itself has no derivative at zero.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> loss = dx.losses.van_rossum(10 * pq.ms)
    >>> loss.terms
    ('van_rossum',)
    """
    width = scalar(tau, "ms", "tau")
    if not width > 0:
        raise FitError(f"tau must be positive; got {tau}.")
    return VanRossum(width, compared(window, weights))
