"""Numbers as spikes."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from dendrax.errors import ModelError
from dendrax.inputs._current import Current
from dendrax.inputs._inputs import Inputs
from dendrax.inputs._spikes import SpikeTrains
from dendrax.units import scalar


def latency(values: Any, t_max: Any, *, bias: bool = True, strongest_first: bool = False) -> Inputs:
    """Encode numbers as spike times, one spike per source, one trial per row.

    Parameters
    ----------
    values : array (trial, source)
        From 0 to 1.
    t_max : Quantity [time]
        The spike of the value ``x`` is at ``x t_max``.
    bias : bool, default True
        Whether there is one more source, the first one, which spikes at 0.
    strongest_first : bool, default False
        Put the spike at ``(1 - x) t_max`` instead, and none where a value is 0.

    Returns
    -------
    Inputs
        For a network with a source per value, and one for the bias.

    Raises
    ------
    UnitError
        If ``t_max`` is not a time.
    ModelError
        If values are not a table of numbers from 0 to 1.

    Notes
    -----
    Eq. 6 of König et al. 2026, for ``values`` ``[x, y, 1 - x, 1 - y]``. With
    ``strongest_first=True`` and ``bias=False`` it is their Eq. 7, for ``values`` ``p / 255``.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.latency([[0.2, 0.9]], 30 * pq.ms).spikes.times[0, :, 0].tolist()
    [0.0, 6.0, 27.0]
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or not np.all((values >= 0) & (values <= 1)):
        raise ModelError(
            "values must be a table (trial, source) of numbers from 0 to 1; got the shape "
            f"{values.shape} and values from {values.min(initial=np.inf)} to "
            f"{values.max(initial=-np.inf)}."
        )
    if strongest_first:
        values = np.where(values > 0, 1 - values, np.inf)
    times = scalar(t_max, "ms", "t_max") * values
    if bias:
        times = np.concatenate([np.zeros((len(times), 1)), times], axis=1)
    return of_times(times[:, :, None])


def of_times(times: Float[np.ndarray, "trial source spike"]) -> Inputs:
    """Make inputs of spikes that all bring 1 and come at times in ms, inf where there is none."""
    n_trials, n_sources, _ = times.shape
    trains = SpikeTrains(jnp.asarray(times, dtype=float), jnp.ones((n_trials, n_sources)), "1")
    nothing = jnp.zeros((n_trials, 1))
    current = Current(nothing, nothing, nothing, "1")
    return eqx.tree_at(lambda i: (i.current, i.spikes), Inputs(), (current, trains))
