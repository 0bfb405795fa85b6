"""Spikes at wanted times."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from dendrax.fitting.losses._compared import of_one_width
from dendrax.fitting.losses._guard import READOUTS, shortfall
from dendrax.fitting.losses._loss import AbstractLoss, Readout, Scalar
from dendrax.results import SimulationResult
from dendrax.units import scalar


class SpikeTimeMSE(AbstractLoss):
    """Squared differences of spike times and wanted ones, in units of ``scale``.

    Attributes
    ----------
    scale : float
        In ms.
    reach : float
        In ms per unit of the guard.
    """

    scale: float = eqx.field(static=True)
    reach: float = eqx.field(static=True)

    terms = ("spike_time_mse",)

    @property
    def readouts(self) -> dict[str, Readout]:
        return READOUTS if self.reach else {}

    def parts(self, result: SimulationResult, wanted: Any, /) -> dict[str, Scalar]:
        """Return the loss as ``spike_time_mse``."""
        ours, wanted = result.spike_times, jnp.asarray(wanted, dtype=float)
        if wanted.ndim == 2:
            ours, wanted = ours[:, :, :1], wanted[:, :, None]
        ours, wanted = of_one_width(ours, wanted)
        unborn = jnp.asarray(result.t_stop, ours.dtype)
        if self.reach:
            unborn = unborn + self.reach * shortfall(result)[:, :, None]
        there, asked = jnp.isfinite(ours), jnp.isfinite(wanted)
        d = jnp.where(there, ours, unborn) - jnp.where(asked, wanted, result.t_stop)
        d = jnp.where(there | asked, d / self.scale, 0.0)
        return {"spike_time_mse": jnp.mean(jnp.sum(d**2, axis=2))}


def spike_time_mse(scale: Any, *, reach: Any = None) -> SpikeTimeMSE:
    """Compare the k-th spike of each neuron with the time at which it is wanted.

    The loss is called with the wanted times in ms: (trial, neuron) for the first spikes only, or
    (trial, neuron, spike) for all, with inf where no further spike is wanted. It is the sum over
    spikes of the squared differences in units of ``scale``, a mean over trials and neurons.

    A spike that is not wanted is compared with the end of the trial, and so pushed out. A wanted
    one that is missing counts as if it were at the end of the trial, or, with ``reach``, beyond
    it: this pulls the guard of a neuron that has no spike at all. A missing later spike of a neuron
    that spikes has no gradient; see :func:`spike_times` and :func:`with_pseudospikes` for that.

    Parameters
    ----------
    scale : Quantity [time]
        A difference that counts as 1.
    reach : Quantity [time], optional
        How far beyond the end a silent neuron stands, for each unit by which its guard stayed below
        zero at its highest. Then the result must have the guard: simulate with
        ``readouts=loss.readouts``, or record it.

    Returns
    -------
    SpikeTimeMSE

    Raises
    ------
    UnitError
        If an argument is not a time.
    FitError
        When called: if the guard is missing.

    Examples
    --------
    >>> import dendrax as dx, jax.numpy as jnp, quantities as pq
    >>> result = dx.Simulator(60 * pq.ms)(dx.LIF(tau_mem=20 * pq.ms, bias=1.5), dx.Inputs())
    >>> wanted = result.spike_times[:, :, 0] + 2.0
    >>> float(dx.losses.spike_time_mse(1 * pq.ms)(result, wanted))
    4.0
    """
    reach = 0.0 if reach is None else scalar(reach, "ms", "reach")
    return SpikeTimeMSE(scalar(scale, "ms", "scale"), reach)
