"""Soft dynamic time warping of voltages."""

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dendrax.errors import FitError
from dendrax.fitting.losses._alignment import FORBIDDEN, alignment, divergence
from dendrax.fitting.losses._compared import compared
from dendrax.fitting.losses._loss import Scalar
from dendrax.fitting.losses._trace_loss import AbstractTraceLoss
from dendrax.results import SimulationResult, Sweeps
from dendrax.units import scalar

Samples = Float[Array, " time"]


class SoftDTW(AbstractTraceLoss):
    """Soft-DTW divergence of a voltage, in units of ``scale``.

    Attributes
    ----------
    scale : float
        In mV.
    gamma : float
    band : float, optional
        In ms.
    """

    scale: float = eqx.field(static=True)
    gamma: float = eqx.field(static=True)
    band: float | None = eqx.field(static=True)

    terms = ("soft_dtw",)

    def parts(self, result: SimulationResult, sweeps: Sweeps, /) -> dict[str, Scalar]:
        """Return the loss as ``soft_dtw``."""
        ours, theirs = self.pair(result, sweeps)
        inside = self.compared.holds(result.times)
        n, first = inside.sum(), jnp.argmax(inside)
        length = ours.shape[-1]
        band = None if self.band is None else round(self.band / result.t_stop * length)

        def distance(a: Samples, b: Samples) -> Scalar:
            return _soft_dtw(a, b, n, self.gamma, band)

        rows = [jnp.roll(v / self.scale, -first, -1).reshape(-1, length) for v in (ours, theirs)]
        costs = jax.vmap(partial(divergence, distance))(*rows).reshape(ours.shape[:-1])
        return {"soft_dtw": self.compared.mean(costs / jnp.maximum(n, 1))}


def _soft_dtw(a: Samples, b: Samples, n: Int[Array, ""], gamma: float, band: int | None) -> Scalar:
    """Return the soft-DTW discrepancy of the first ``n`` samples."""

    def moves(i: Array, j: Array) -> tuple[Array, Array, Array]:
        difference = a[jnp.clip(i - 1, 0, len(a) - 1)] - b[jnp.clip(j - 1, 0, len(b) - 1)]
        cost = jnp.where((i > 0) & (j > 0), difference**2, FORBIDDEN)
        return cost, cost, cost

    return alignment(moves, (len(a), len(b)), (n, n), gamma, band)


def soft_dtw(
    scale: Any,
    gamma: float | int,
    *,
    band: Any = None,
    trace: str = "v",
    window: Any = None,
    weights: Any = None,
) -> SoftDTW:
    r"""Compare voltages after the best warping of their times.

    Dynamic time warping pairs samples :math:`i` and :math:`j` in their order; with
    :math:`d_{ij} = ((v_i - v^*_j) / \mathrm{scale})^2`,

    .. math:: R_{ij} = d_{ij} + \min{}_\gamma (R_{i-1,j-1}, R_{i-1,j}, R_{i,j-1}), \qquad
        \min{}_\gamma(x) = -\gamma \log \textstyle\sum_k e^{-x_k / \gamma}.

    An action potential that comes a little late is compared with the recorded one, and costs little
    where :math:`v - v^*` has two large lobes. The loss is the divergence
    :math:`R(v, v^*) - \frac{1}{2} R(v, v) - \frac{1}{2} R(v^*, v^*)` per sample, a mean over
    neurons and sweeps; unlike :math:`R(v, v^*)` it is zero for equal voltages.

    It takes time and memory as the number of samples squared, or times the band: compare every ms,
    or a short window.

    Parameters
    ----------
    scale : Quantity [voltage]
        A difference that counts as 1.
    gamma : float
        Softness, in units of a squared difference; 0 for the minimum itself.
    band : Quantity [time], optional
        How far paired samples may be apart (Sakoe & Chiba 1978). What moved further is not found
        then. Default: without limit.
    trace : str, default "v"
        Which voltage; the name of a :class:`Probe` of a cell, if the recording has it too.
    window : Quantity [time] (2,), optional
        Start and stop of what counts.
    weights : array (trial,), optional
        How much each of the sweeps counts.

    Returns
    -------
    SoftDTW

    Raises
    ------
    UnitError
        If an argument has another dimension.
    FitError
        If ``gamma`` or the band is negative, or the window or the weights make no sense; when
        called, if the trace is missing or there are not as many weights as sweeps.

    Notes
    -----
    Cuturi & Blondel 2017 (ICML 70:894); the divergence is that of Blondel, Mensch & Vert 2021
    (AISTATS 130:3853). Samples are taken as evenly spaced.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> loss = dx.losses.soft_dtw(5 * pq.mV, gamma=1, band=10 * pq.ms, window=(0, 100) * pq.ms)
    >>> loss.terms
    ('soft_dtw',)
    """
    width = None if band is None else scalar(band, "ms", "band")
    if gamma < 0 or (width is not None and width < 0):
        raise FitError(f"gamma and band must not be negative; got {gamma} and {band}.")
    return SoftDTW(
        trace, compared(window, weights), scalar(scale, "mV", "scale"), float(gamma), width
    )
