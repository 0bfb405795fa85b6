"""What to keep of a trial besides its spikes: samples, integrals and maxima of variables."""

from typing import Any

import equinox as eqx
import numpy as np

from dendrax.errors import ModelError
from dendrax.units import scalar, to_internal


class Record(eqx.Module):
    """What to record, and when.

    Parameters
    ----------
    *names : str
        Variables of the model's ``observe``, for example ``"v"``; also ``"guard"``, the distance of
        the spike condition from zero.
    every : Quantity [time], optional
        Sampling period; samples start at 0 and do not pass ``t_stop``.
    at : Quantity [time], (time,), optional
        The times of the samples, in any order, instead of ``every``.

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If neither ``every`` nor ``at`` is given or both are, or a time is not finite or negative.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.Record("v", at=[5, 20] * pq.ms).times(100.0)
    array([ 5., 20.])
    """

    names: tuple[str, ...] = eqx.field(static=True)
    every: float | None = eqx.field(static=True)
    at: tuple[float, ...] | None = eqx.field(static=True)

    def __init__(self, *names: str, every: Any = None, at: Any = None) -> None:
        if (every is None) == (at is None):
            raise ModelError("a Record needs either every=... or at=....")
        self.names = names
        self.every = None if every is None else scalar(every, "ms", "every")
        self.at = None if at is None else tuple(np.ravel(to_internal(at, "ms", "at")).tolist())
        if self.every is not None and not self.every > 0:
            raise ModelError(f"every must be positive; got {every}.")
        if self.at is not None and not all(0 <= t < np.inf for t in self.at):
            raise ModelError(f"at must be finite times that are not negative; got {at}.")

    def times(self, t_stop: float) -> np.ndarray:
        """Return the sample times up to ``t_stop``, in ms.

        Raises
        ------
        ModelError
            If a time of ``at`` lies beyond ``t_stop``.
        """
        if self.every is not None:
            return np.arange(int(np.floor(t_stop / self.every * (1 + 1e-12))) + 1) * self.every
        times = np.asarray(self.at)
        if len(times) and times.max() > t_stop:
            raise ModelError(f"at must not pass t_stop = {t_stop:g} ms; got {times.max():g} ms.")
        return times


class Integral(eqx.Module):
    r"""The integral of a variable over the trial.

    To the order of the solver; of models without a loop over time to the order 8 in ``dt``. A
    variable that diverges at spikes, as ``v`` of a QIF, has no integral.

    :math:`\int_0^T e^{-t / \tau} x(t) \, dt`, in the unit of ``x`` times ms.

    Parameters
    ----------
    name : str
        A variable of the model's ``observe``, or ``"guard"``.
    tau : Quantity [time], optional
        Without it every instant counts alike.

    Notes
    -----
    Eqs. 11 and 12 of König et al. 2026, who choose ``tau = t_stop``.
    """

    name: str = eqx.field(static=True)
    tau: float | None = eqx.field(static=True)

    def __init__(self, name: str, tau: Any = None) -> None:
        self.name = name
        self.tau = None if tau is None else scalar(tau, "ms", "tau")
        if self.tau is not None and not self.tau > 0:
            raise ModelError(f"tau must be positive; got {tau}.")


class Maximum(eqx.Module):
    """The maximum of a variable over the trial, between samples and events too.

    Parameters
    ----------
    name : str
        A scalar variable of the model's ``observe``, or ``"guard"``.

    Notes
    -----
    Eq. 10 of König et al. 2026. Where it is a maximum between events, its gradient is that of the
    value there (the envelope theorem).
    """

    name: str = eqx.field(static=True)


Readout = Integral | Maximum
