"""What drives a model: one current and one set of spike trains per trial."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from dendrax.errors import ModelError
from dendrax.inputs._current import Current, no_current
from dendrax.inputs._spikes import SpikeTrains, spike_trains


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
        If numbers of trials, units or numbers of sources disagree.

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
        currents = _listed(current, Current, no_current())
        trains = _listed(spikes, SpikeTrains, spike_trains([]))
        n = max(len(currents), len(trains))
        for name, each in (("current", currents), ("spikes", trains)):
            if len(each) not in (1, n):
                raise ModelError(f"{name} has {len(each)} trials where the other input has {n}.")
            if len({entry.unit for entry in each}) > 1:
                raise ModelError(f"{name} mixes units: {sorted({entry.unit for entry in each})}.")
        if len({entry.weight.shape for entry in trains}) > 1:
            raise ModelError("all trials must have the same number of spike sources.")
        self.current = _stack((currents * n)[:n], fill_start=True)
        self.spikes = _stack((trains * n)[:n], fill_start=False)

    @property
    def n_trials(self) -> int:
        """The number of trials."""
        return self.current.start.shape[0]


def _listed(given, kind, default):
    if given is None:
        return [default]
    return [given] if isinstance(given, kind) else list(given)


def _stack(entries, *, fill_start):
    """Stack along a new trial axis; times are padded with inf and values with zero."""

    def leaf(*arrays: Array) -> Array:
        width = max(a.shape[-1] for a in arrays)
        return jnp.stack([_padded(a, width) for a in arrays])

    def _padded(a: Array, width: int) -> Array:
        fill = jnp.inf if (a.ndim == 2 or fill_start) else 0.0
        pad = [(0, 0)] * (a.ndim - 1) + [(0, width - a.shape[-1])]
        return jnp.pad(a, pad, constant_values=fill)

    stacked = jax.tree.map(leaf, *entries)
    if not fill_start:
        return stacked
    padding = np.isinf(np.asarray(stacked.start))
    zeroed = [jnp.where(padding, 0.0, a) for a in (stacked.value, stacked.slope)]
    return eqx.tree_at(lambda c: (c.value, c.slope), stacked, zeroed)
