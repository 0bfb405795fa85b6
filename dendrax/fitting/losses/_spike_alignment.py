"""Spike trains, by the cheapest way to turn one into the other."""

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.fitting.losses._alignment import FORBIDDEN, alignment, divergence
from dendrax.fitting.losses._compared import Compared, compared, of_one_width
from dendrax.fitting.losses._loss import AbstractLoss, Scalar
from dendrax.results import SimulationResult, Sweeps
from dendrax.units import scalar

Train = Float[Array, " spike"]


class SpikeAlignment(AbstractLoss):
    """Soft distance of Victor and Purpura.

    Attributes
    ----------
    cost : float
        Of a shift, per ms.
    gamma : float
    compared : Compared
    """

    cost: float = eqx.field(static=True)
    gamma: float = eqx.field(static=True)
    compared: Compared = eqx.field(static=True)

    terms = ("spike_alignment",)

    def parts(self, result: SimulationResult, sweeps: Sweeps, /) -> dict[str, Scalar]:
        """Return the loss as ``spike_alignment``."""
        ours, theirs = (self.compared.spikes(each) for each in (result, sweeps.target))
        trains = of_one_width(ours, theirs)
        costs = jax.vmap(jax.vmap(partial(divergence, self._distance)))(*trains)
        return {"spike_alignment": self.compared.mean(costs)}

    def _distance(self, a: Train, b: Train) -> Scalar:
        counts = tuple(jnp.isfinite(each).sum() for each in (a, b))
        # One entry at least, so that there is something to look up.
        trains = (jnp.where(jnp.isfinite(each), each, 0.0) for each in (a, b))
        ours, theirs = (jnp.pad(each, (1, 0)) for each in trains)

        def moves(i: Array, j: Array) -> tuple[Array, Array, Array]:
            apart = ours[jnp.clip(i, 0, len(a))] - theirs[jnp.clip(j, 0, len(b))]
            shift = jnp.where((i > 0) & (j > 0), self.cost * jnp.abs(apart), FORBIDDEN)
            one = jnp.ones_like(shift)
            return shift, one, one

        return alignment(moves, (len(a), len(b)), (counts[0], counts[1]), self.gamma)


def spike_alignment(
    cost: Any, gamma: float | int = 0.0, *, window: Any = None, weights: Any = None
) -> SpikeAlignment:
    r"""Compare spike trains by the cheapest way to turn one into the other.

    To insert or delete a spike costs 1, to shift it ``cost`` per unit of time; so spikes that are
    further apart than ``2 / cost`` are not paired. With ``gamma`` all ways count, each with the
    weight :math:`e^{-c / \gamma}`, by which also those spikes have a gradient:

    .. math:: D(a, b) = -\gamma \log \textstyle\sum_\pi e^{-c(\pi) / \gamma}, \qquad
        L = D(a, b) - \tfrac{1}{2} D(a, a) - \tfrac{1}{2} D(b, b).

    The loss is zero for equal trains, and a mean over neurons and sweeps. Spikes are never born or
    die by its gradient; combine it with :func:`spike_count`.

    Parameters
    ----------
    cost : Quantity [1 / time]
        For example ``1 / (5 * pq.ms)``.
    gamma : float, default 0
        Softness, in units of the cost of a spike more or less. With 0 the loss is the distance of
        Victor and Purpura itself, whose gradient is ``cost`` times a sign for each paired spike.
    window : Quantity [time] (2,), optional
        Start and stop of what counts.
    weights : array (trial,), optional
        How much each of the sweeps counts.

    Returns
    -------
    SpikeAlignment

    Raises
    ------
    UnitError
        If an argument has another dimension.
    FitError
        If the cost is not positive, ``gamma`` is negative, or the window or the weights make no
        sense; when called, if there are not as many weights as sweeps.

    Notes
    -----
    Victor & Purpura 1996 (J Neurophysiol 76:1310), softened as Cuturi & Blondel 2017 (ICML
    70:894) do dynamic time warping.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> loss = dx.losses.spike_alignment(0.2 / pq.ms, gamma=0.1)
    >>> loss.terms
    ('spike_alignment',)
    """
    per_ms = scalar(cost, "1/ms", "cost")
    if not per_ms > 0 or gamma < 0:
        raise FitError(f"cost must be positive and gamma not negative; got {cost} and {gamma}.")
    return SpikeAlignment(per_ms, float(gamma), compared(window, weights))
