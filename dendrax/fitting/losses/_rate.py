"""Neurons that spike too little or too much."""

import math
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import lax

from dendrax.errors import FitError
from dendrax.fitting.losses._guard import READOUTS, shortfall
from dendrax.fitting.losses._loss import AbstractLoss, Readout, Scalar
from dendrax.results import SimulationResult


class Rate(AbstractLoss):
    """A cost of neurons that spike less than ``at_least``, or more than ``at_most``, per trial.

    Attributes
    ----------
    at_least, at_most : float
        Spikes per trial.
    """

    at_least: float = eqx.field(static=True)
    at_most: float = eqx.field(static=True)

    terms = ("rate",)

    @property
    def readouts(self) -> dict[str, Readout]:
        return READOUTS if self.at_least else {}

    def parts(self, result: SimulationResult, _: Any = None, /) -> dict[str, Scalar]:
        """Return the loss as ``rate``."""
        cost = jnp.zeros(())
        there = jnp.isfinite(result.spike_times)
        if self.at_least:
            count = lax.stop_gradient(there.sum(2).astype(result.spike_times.dtype))
            missing = jnp.maximum(1 - count.mean(0, keepdims=True) / self.at_least, 0.0)
            cost += jnp.mean(missing * jnp.where(count == 0, shortfall(result), 0.0))
        if math.isfinite(self.at_most):
            k = jnp.arange(there.shape[2])
            left = result.t_stop - jnp.where(there, result.spike_times, result.t_stop)
            cost += (
                jnp.mean(jnp.sum(jnp.where((k >= self.at_most)[None, None], left, 0.0), 2))
                / result.t_stop
            )
        return {"rate": cost}


def rate(at_least: float | int = 0.0, at_most: float | int = math.inf) -> Rate:
    """Keep the spikes of each neuron in a trial within limits.

    A spike count has no gradient, so the loss acts through what has one:

    * spikes beyond the first ``at_most`` of a trial cost how long before the end of the trial they
      are, in parts of the trial; this pushes them out, and nothing jumps when they have left;
    * a neuron whose mean count over the trials falls short of ``at_least`` costs, in each trial in
      which it is silent, how far its guard stayed below zero at its highest, times the fraction of
      ``at_least`` that is missing. That fraction has no gradient.

    The loss is a mean over trials and neurons. It takes no target: call ``loss(results["hidden"])``
    on its own, or add it to another loss of the same population.

    Parameters
    ----------
    at_least : float, default 0
        Mean number of spikes over the trials. The result must have the guard then: simulate with
        ``readouts=loss.readouts``, or record it.
    at_most : float, default inf
        Number of spikes in each trial.

    Returns
    -------
    Rate

    Raises
    ------
    FitError
        If ``at_least`` is negative or above ``at_most``, or, when called, if the guard is missing.

    Notes
    -----
    Exact gradients say nothing of spikes that appear or vanish (Nowotny et al. 2025), which is why
    others bump the weights of silent neurons by hand (Göltz et al. 2021).

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> loss = dx.losses.rate(at_least=0.2, at_most=3)
    >>> simulator = dx.Simulator(60 * pq.ms, readouts=loss.readouts)
    >>> float(loss(simulator(dx.LIF(tau_mem=20 * pq.ms), dx.Inputs())))
    1.0
    """
    if not 0 <= at_least <= at_most:
        raise FitError(f"rate needs 0 <= at_least <= at_most; got {at_least} and {at_most}.")
    return Rate(float(at_least), float(at_most))
