"""The mean square of the difference of voltages."""

from typing import Any

import equinox as eqx
from jaxtyping import Array, Float

from dendrax.fitting.losses._compared import SQRT_2, compared
from dendrax.fitting.losses._loss import Scalar
from dendrax.fitting.losses._trace_loss import AbstractTraceLoss, Traces
from dendrax.results import SimulationResult, Sweeps
from dendrax.units import scalar


class VoltageMSE(AbstractTraceLoss):
    """Mean squared difference of a voltage, in units of ``scale``.

    Attributes
    ----------
    scale : float
        In mV.
    """

    scale: float = eqx.field(static=True)

    terms = ("voltage_mse",)

    def parts(self, result: SimulationResult, sweeps: Sweeps, /) -> dict[str, Scalar]:
        """Return the loss as ``voltage_mse``."""
        costs = self._differences(result, sweeps) ** 2
        return {"voltage_mse": self.compared.mean(costs, self.compared.holds(result.times))}

    def residuals(self, result: SimulationResult, sweeps: Sweeps, /) -> Float[Array, " sample"]:
        """Return the residual of each sample."""
        twice = SQRT_2 * self._differences(result, sweeps)
        return self.compared.residuals(twice, self.compared.holds(result.times))

    def _differences(self, result: SimulationResult, sweeps: Sweeps) -> Traces:
        ours, theirs = self.pair(result, sweeps)
        return (ours - theirs) / self.scale


def voltage_mse(
    scale: Any, *, trace: str = "v", window: Any = None, weights: Any = None
) -> VoltageMSE:
    r"""Compare all samples of a voltage alike.

    The loss is the mean of :math:`((v - v^*) / \mathrm{scale})^2` over samples, neurons and sweeps.
    It sees action potentials too: two that do not coincide cost more than a missing one, and the
    gradient of a spike time may point the wrong way. See :func:`voltage` for what leaves them out.

    Parameters
    ----------
    scale : Quantity [voltage]
        A difference that counts as 1.
    trace : str, default "v"
        Which voltage; the name of a :class:`Probe` of a cell, if the recording has it too.
    window : Quantity [time] (2,), optional
        Start and stop of what counts.
    weights : array (trial,), optional
        How much each of the sweeps counts.

    Returns
    -------
    VoltageMSE

    Raises
    ------
    UnitError
        If an argument has another dimension.
    FitError
        If the window or the weights make no sense, or, when called, if the trace is missing or
        there are not as many weights as sweeps.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> sweeps = dx.default_recording(every=1 * pq.ms)
    >>> loss = dx.losses.voltage_mse(2 * pq.mV, window=(0, 50) * pq.ms)
    >>> float(loss(sweeps.target, sweeps))
    0.0
    """
    return VoltageMSE(trace, compared(window, weights), scalar(scale, "mV", "scale"))
