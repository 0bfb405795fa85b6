"""Classification by the first spike."""

import math
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dendrax.errors import FitError
from dendrax.fitting.losses._classification import AbstractClassification, Labels, of_label
from dendrax.fitting.losses._guard import READOUTS, shortfall
from dendrax.fitting.losses._loss import Readout, Scalar
from dendrax.results import SimulationResult
from dendrax.units import scalar


class FirstSpike(AbstractClassification):
    """Softmax cross-entropy of the times of first spikes, with a cost of late ones.

    Attributes
    ----------
    tau_0, tau_1 : float
        In ms.
    alpha : float
    silent : float, optional
        Where a silent neuron stands (ms); at the end of the trial by default.
    reach : float
        In ms per unit of the guard.
    """

    tau_0: float = eqx.field(static=True)
    tau_1: float = eqx.field(static=True)
    alpha: float = eqx.field(static=True)
    silent: float | None = eqx.field(static=True)
    reach: float = eqx.field(static=True)

    terms = ("cross_entropy", "lateness")

    @property
    def readouts(self) -> dict[str, Readout]:
        return READOUTS if self.reach else {}

    def times(self, result: SimulationResult) -> Float[Array, "trial class"]:
        """Return the times of the first spikes (ms), those of silent neurons as agreed."""
        first = result.spike_times[:, :, 0]
        late = jnp.asarray(result.t_stop if self.silent is None else self.silent, first.dtype)
        unborn = late + self.reach * shortfall(result) if self.reach else late
        return jnp.where(jnp.isfinite(first), first, unborn)

    def logits(self, result: SimulationResult) -> Float[Array, "trial class"]:
        """Return ``-t / tau_0``."""
        return -self.times(result) / self.tau_0

    def predicted(self, result: SimulationResult) -> Int[Array, " trial"]:
        """Return the class that spikes first; -1 where none does."""
        first = result.spike_times[:, :, 0]
        return jnp.where(jnp.isfinite(first).any(1), jnp.argmin(first, axis=1), -1)

    def parts(self, result: SimulationResult, labels: Labels, /) -> dict[str, Scalar]:
        """Return the loss as ``cross_entropy`` and ``lateness``."""
        x = of_label(self.times(result), labels) / self.tau_1
        lateness = self.alpha * jnp.mean(_exp(x, result.t_stop / self.tau_1) - 1)
        return {**super().parts(result, labels), "lateness": lateness}


def _exp(x: Array, last: float) -> Array:
    """Return ``exp(x)``, which goes on as its tangent where ``x`` passes ``last`` or overflows."""
    last = min(last, 0.5 * math.log(float(jnp.finfo(x.dtype).max)))
    return jnp.exp(jnp.minimum(x, last)) * (1 + jnp.maximum(x - last, 0.0))


def first_spike(
    tau_0: Any, tau_1: Any, alpha: float | int, *, silent: Any = None, reach: Any = None
) -> FirstSpike:
    r"""Classify by which output neuron, one per class, spikes first.

    With the times :math:`t_c` of first spikes, the label :math:`y` of a trial costs

    .. math:: -\log \frac{e^{-t_y / \tau_0}}{\sum_c e^{-t_c / \tau_0}}
        + \alpha \left(e^{t_y / \tau_1} - 1\right);

    the loss is the mean over trials. ``loss.accuracy(result, labels)`` counts a trial without any
    spike as wrong.

    A silent neuron counts as if it spiked at the end of the trial, which has no gradient: the loss
    pushes the others away from there, and pulls what is silent only if you give ``reach``, or hand
    over the results of :func:`with_pseudospikes`.

    Parameters
    ----------
    tau_0, tau_1 : Quantity [time]
        A small ``tau_0`` asks for a small lead only.
    alpha : float
        Weight of the cost of late spikes. Beyond the end of the trial the exponential goes on as
        its tangent.
    silent : Quantity [time], optional
        Where a silent neuron stands. Default: at the end of the trial.
    reach : Quantity [time], optional
        How far beyond that time it stands, for each unit by which its guard stayed below zero at
        its highest. Then the result must have the guard: simulate with ``readouts=loss.readouts``
        or record it.

    Returns
    -------
    FirstSpike

    Raises
    ------
    UnitError
        If a time has another dimension.
    FitError
        If ``tau_0`` or ``tau_1`` is not positive, or, when called, if the guard is missing.

    Notes
    -----
    Eq. 8 of König et al. 2026; the listing in their Fig. 4 subtracts the second term, which would
    reward late spikes. That silent neurons are extrapolated beyond the trial is an idea of Klos &
    Memmesheimer 2025.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> loss = dx.losses.first_spike(0.5 * pq.ms, 6.4 * pq.ms, alpha=3e-3)
    >>> simulator = dx.Simulator(45 * pq.ms, until="first_spikes")
    >>> result = simulator(dx.LIF(tau_mem=20 * pq.ms, bias=1.5), dx.Inputs())
    >>> round(float(loss(result, [0])), 4)  # the only class: no doubt, but 22 ms late
    0.0899
    """
    fast, slow = scalar(tau_0, "ms", "tau_0"), scalar(tau_1, "ms", "tau_1")
    if not (fast > 0 and slow > 0):
        raise FitError(f"tau_0 and tau_1 must be positive; got {tau_0} and {tau_1}.")
    late = None if silent is None else scalar(silent, "ms", "silent")
    beyond = 0.0 if reach is None else scalar(reach, "ms", "reach")
    return FirstSpike(fast, slow, float(alpha), late, beyond)
