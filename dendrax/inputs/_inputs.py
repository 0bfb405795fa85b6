"""What drives a model: one current and one set of spike trains per trial."""

from collections.abc import Sequence
from typing import TypeVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from dendrax.errors import ModelError
from dendrax.inputs._current import Current, no_current
from dendrax.inputs._spikes import SpikeTrains, spike_trains

Entry = TypeVar("Entry", Current, SpikeTrains)


class Inputs(eqx.Module):
    """The inputs of a batch of trials; every array has a leading trial axis.

    Parameters
    ----------
    current : Current or sequence of Current, optional
        One per trial; a single one is the same in every trial.
    spikes : SpikeTrains or sequence of SpikeTrains, optional
        Likewise.

    Raises
    ------
    ModelError
        If numbers of trials, units or numbers of sources disagree, or there is no trial.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> steps = [dx.step_current(i * pq.pA, 10 * pq.ms, 60 * pq.ms) for i in (100, 200, 300)]
    >>> dx.Inputs(current=steps).n_trials
    3
    """

    current: Current
    spikes: SpikeTrains

    def __init__(
        self,
        current: Current | Sequence[Current] | None = None,
        spikes: SpikeTrains | Sequence[SpikeTrains] | None = None,
    ) -> None:
        trains = _listed(spikes, SpikeTrains, spike_trains([]))
        # No current is in the unit of the spikes, so that both suit the same model.
        idle = no_current("pA" if len(trains[0].weight) == 0 else trains[0].unit)
        currents = _listed(current, Current, idle)
        n_trials = max(1, len(currents), len(trains))
        for name, each in (("current", currents), ("spikes", trains)):
            if len(each) not in (1, n_trials):
                raise ModelError(f"{name} must have 1 or {n_trials} trials; got {len(each)}.")
            if len(units := {entry.unit for entry in each}) > 1:
                raise ModelError(f"{name} must be in one unit; got {' and '.join(sorted(units))}.")
        if len(counts := {len(entry.weight) for entry in trains}) > 1:
            raise ModelError(
                f"every trial must have the same number of spike sources; got {sorted(counts)}."
            )
        self.current = _stacked_currents(currents * (n_trials // len(currents)))
        self.spikes = _stacked_trains(trains * (n_trials // len(trains)))

    @property
    def n_trials(self) -> int:
        """The number of trials."""
        return self.current.start.shape[0]


def _listed(
    given: Entry | Sequence[Entry] | None, kind: type[Entry], default: Entry
) -> list[Entry]:
    if given is None:
        return [default]
    return [given] if isinstance(given, kind) else list(given)


def _stacked_currents(currents: list[Current]) -> Current:
    return Current(
        _stacked([each.start for each in currents], padding=np.inf),
        _stacked([each.value for each in currents], padding=0.0),
        _stacked([each.slope for each in currents], padding=0.0),
        currents[0].unit,
    )


def _stacked_trains(trains: list[SpikeTrains]) -> SpikeTrains:
    return SpikeTrains(
        _stacked([each.times for each in trains], padding=np.inf),
        _stacked([each.weight for each in trains], padding=0.0),
        trains[0].unit,
    )


def _stacked(arrays: list[Array], *, padding: float) -> Array:
    """Stack along a new trial axis; the last axis is padded to the longest."""
    longest = max(array.shape[-1] for array in arrays)
    stacked = np.full((len(arrays), *arrays[0].shape[:-1], longest), padding)
    for row, array in zip(stacked, arrays, strict=True):
        row[..., : array.shape[-1]] = array
    return jnp.asarray(stacked, dtype=float)
