"""Input spike trains."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dendrax.errors import ModelError
from dendrax.inputs._current import current_unit
from dendrax.units import to_internal


class SpikeTrains(eqx.Module):
    """The spikes that arrive at the synaptic sites of a neuron.

    Attributes
    ----------
    times : Array (source, spike)
        In ms, in any order; inf where a source has no further spike.
    weight : Array (source,) or (source, channel)
        What each spike of a source brings, in ``unit``; with an axis of channels for a model whose
        synapses have several weights.
    unit : str
        ``"pA"``, or ``"1"`` for models without unit.
    """

    times: Float[Array, "*trial source spike"]
    weight: Float[Array, "..."]
    unit: str = eqx.field(static=True, default="1")


def spike_trains(times: Sequence[Any], weight: Any = 1.0) -> SpikeTrains:
    """Collect one spike train per source; source ``i`` drives synaptic site ``i``.

    Parameters
    ----------
    times : sequence of Quantity [time]
        One (possibly empty) train per source, in any order.
    weight : Quantity [current] or number, scalar, (source,) or (source, channel), default 1
        What each spike brings: a synaptic current for LIF, EIF and AdEx, a factor to the weights of
        the synapse for ``DendriticNeuron``.

    Raises
    ------
    UnitError
        If an argument has another dimension.
    ModelError
        If a time is negative or NaN, or the weights do not fit the sources.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.spike_trains([[1, 7] * pq.ms, [] * pq.ms], weight=50 * pq.pA).times.shape
    (2, 2)
    """
    unit = current_unit(weight)
    trains = [np.atleast_1d(to_internal(t, "ms", f"times[{i}]")) for i, t in enumerate(times)]
    for i, train in enumerate(trains):
        if np.any(np.isnan(train) | (train < 0)):
            raise ModelError(f"times[{i}] must not be negative or NaN; got {train} ms.")
    longest = max((len(train) for train in trains), default=0)
    padded = np.full((len(trains), longest), np.inf)
    for row, train in zip(padded, trains, strict=True):
        row[: len(train)] = train
    weights = to_internal(weight, unit, "weight")
    if weights.ndim and (len(weights) != len(trains) or weights.ndim > 2):
        raise ModelError(
            f"weight must be a scalar or have one entry for each of the {len(trains)} sources; "
            f"got the shape {weights.shape}."
        )
    if weights.ndim == 0:
        weights = np.broadcast_to(weights, (len(trains),))
    return SpikeTrains(jnp.asarray(padded, dtype=float), jnp.asarray(weights, dtype=float), unit)
