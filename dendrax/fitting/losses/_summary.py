"""Summary statistics of a voltage in windows of time."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dendrax.errors import FitError
from dendrax.fitting.losses._compared import (
    SQRT_2,
    Compared,
    Window,
    compared,
    interval,
)
from dendrax.fitting.losses._loss import Scalar
from dendrax.fitting.losses._trace_loss import AbstractTraceLoss, Traces
from dendrax.results import SimulationResult, Sweeps
from dendrax.units import scalar

Inside = Bool[Array, "trial neuron *place time"]
Statistic = Float[Array, "trial neuron *place"]


class Summary(AbstractTraceLoss):
    """Mean squared difference of statistics of a voltage in windows, in units of ``scale``.

    Attributes
    ----------
    windows : tuple of (float, float)
        In ms.
    scale, softness : float
        In mV.
    statistics : tuple of str
    """

    windows: tuple[Window, ...] = eqx.field(static=True)
    scale: float = eqx.field(static=True)
    statistics: tuple[str, ...] = eqx.field(static=True)
    softness: float = eqx.field(static=True)

    terms = ("summary",)

    def parts(self, result: SimulationResult, sweeps: Sweeps, /) -> dict[str, Scalar]:
        """Return the loss as ``summary``."""
        return {"summary": self.compared.mean(self._differences(result, sweeps) ** 2)}

    def residuals(self, result: SimulationResult, sweeps: Sweeps, /) -> Float[Array, " residual"]:
        """Return the residual of each statistic."""
        return self.compared.residuals(SQRT_2 * self._differences(result, sweeps))

    def _differences(
        self, result: SimulationResult, sweeps: Sweeps
    ) -> Float[Array, "trial neuron *place window statistic"]:
        ours, theirs = (self.of(v, result.times) for v in self.pair(result, sweeps))
        return (ours - theirs) / self.scale

    def of(
        self, v: Traces, times: Float[Array, " time"]
    ) -> Float[Array, "trial neuron *place window statistic"]:
        """Return the statistics (mV) of each window; 0 where it has no sample."""
        each = []
        for window in self.windows:
            inside = jnp.broadcast_to(Compared(window).holds(times), v.shape)
            each.append([_STATISTICS[name](v, inside, self.softness) for name in self.statistics])
        return jnp.stack([jnp.stack(row, -1) for row in each], -2)


def _mean(v: Traces, inside: Inside, _: float = 0.0) -> Statistic:
    return jnp.where(inside, v, 0.0).sum(-1) / jnp.maximum(inside.sum(-1), 1)


def _std(v: Traces, inside: Inside, _: float = 0.0) -> Statistic:
    variance = _mean((v - _mean(v, inside)[..., None]) ** 2, inside)
    varies = variance > 0
    # The root has no derivative at zero.
    return jnp.where(varies, jnp.sqrt(jnp.where(varies, variance, 1.0)), 0.0)


def _max(v: Traces, inside: Inside, softness: float) -> Statistic:
    highest = jax.lax.stop_gradient(jnp.max(jnp.where(inside, v, -jnp.inf), -1))
    highest = jnp.where(inside.any(-1), highest, 0.0)
    above = jnp.where(inside, v - highest[..., None], 0.0)
    heights = _mean(jnp.exp(above / softness), inside)
    return highest + softness * jnp.log(jnp.where(inside.any(-1), heights, 1.0))


def _min(v: Traces, inside: Inside, softness: float) -> Statistic:
    return -_max(-v, inside, softness)


_STATISTICS = {"mean": _mean, "std": _std, "max": _max, "min": _min}


def summary(
    windows: Any,
    scale: Any,
    *,
    statistics: Sequence[str] = ("mean", "std"),
    softness: Any = None,
    trace: str = "v",
    weights: Any = None,
) -> Summary:
    r"""Compare statistics of a voltage in windows of time.

    The loss is the mean of the squared differences in units of ``scale`` over statistics, windows,
    neurons and sweeps. It does not know when spikes are, so that a model whose spikes are misplaced
    is still told how much to spike; it leaves as much open as the windows are long.

    Parameters
    ----------
    windows : Quantity [time] (window, 2)
        Start and stop of each.
    scale : Quantity [voltage]
        A difference that counts as 1.
    statistics : sequence of {"mean", "std", "min", "max"}, default ("mean", "std")
        Extrema are soft: :math:`\gamma \log \langle e^{v / \gamma} \rangle`, a mean over the
        samples of the window, is below the maximum, and nears it as the softness
        :math:`\gamma` goes to zero.
    softness : Quantity [voltage], optional
        Of extrema. Default: ``scale``.
    trace : str, default "v"
        Which voltage; the name of a :class:`Probe` of a cell, if the recording has it too.
    weights : array (trial,), optional
        How much each of the sweeps counts.

    Returns
    -------
    Summary

    Raises
    ------
    UnitError
        If an argument has another dimension.
    FitError
        If there is no window or no statistic, a statistic is another one, or a window, the softness
        or the weights make no sense; when called, if the trace is missing or there are not as many
        weights as sweeps.

    Notes
    -----
    Means and standard deviations in two windows are what Deistler et al. 2025 (Nat Methods
    22:2649) fit Hodgkin-Huxley models to.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> loss = dx.losses.summary([(0, 50), (50, 550)] * pq.ms, scale=2 * pq.mV)
    >>> loss.terms
    ('summary',)
    """
    spread = scalar(scale, "mV", "scale")
    soft = spread if softness is None else scalar(softness, "mV", "softness")
    spans = tuple(interval(window, "every window") for window in windows)
    strange = [name for name in statistics if name not in _STATISTICS]
    if strange or not spans or not statistics or not soft > 0:
        raise FitError(
            f"summary needs windows, a positive softness and statistics among "
            f"{', '.join(_STATISTICS)}; got {len(spans)} windows, {soft:g} mV and "
            f"{', '.join(map(str, statistics)) or 'no statistic'}."
        )
    return Summary(trace, compared(None, weights), spans, spread, tuple(statistics), soft)
