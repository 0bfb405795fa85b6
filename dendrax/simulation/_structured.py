"""Models of known structure: no loop over events, one contract for all structures."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from dendrax.neurons import AbstractCascade, AbstractFedForward, AbstractNeuron, AbstractProjective
from dendrax.simulation import _cascade, _projective
from dendrax.simulation._drive import Units, over_units
from dendrax.simulation._grid import grids
from dendrax.simulation._readouts import read_out
from dendrax.simulation._record import Integral, Maximum
from dendrax.simulation._status import NOT_FINITE, OK, TOO_COARSE, TOO_MANY_SPIKES


class Structure(NamedTuple):
    """What a structure does with one unit of one trial.

    ``track`` solves the trial before its spikes are known; ``search`` returns when they are, up to
    ``n_slots`` of them, and their number, up to ``n_searched``, without derivatives; ``finish``
    returns them with their derivatives. ``state_at``, ``course`` and ``states_in_cells`` know the
    spikes; the last one is for models that have none, ``course`` for those that are integrated by
    quadrature and spike. The modules of the structures define these functions.
    """

    track: Callable[..., Any]
    search: Callable[..., Any]
    finish: Callable[..., Any]
    state_at: Callable[..., Any]
    course: Callable[..., Any] | None
    states_in_cells: Callable[..., Any] | None
    at_threshold: Callable[..., Any]


_STRUCTURES = {
    kind: Structure(*(getattr(module, name) for name in Structure._fields))
    for kind, module in ((AbstractCascade, _cascade), (AbstractProjective, _projective))
}


def structure_of(neuron: AbstractNeuron) -> Structure | None:
    """Return the structure that a model declares, if it does."""
    return next((s for kind, s in _STRUCTURES.items() if isinstance(neuron, kind)), None)


def run_structured(
    units: Units,
    *,
    dt: float,
    t_stop: float,
    max_spikes: int,
    sample_times: Float[Array, " time"],
    integrals: tuple[Integral, ...] = (),
    maxima: tuple[Maximum, ...] = (),
    n_wanted: int | None = None,
) -> dict[str, Any]:
    """Run units of a structured model; returns what :func:`run_flat` returns.

    Only the first ``n_wanted`` spikes of each unit are looked for, and no further one happens;
    then there are no more slots than that, and no limit to reach.
    """
    neuron, structure, readouts = units.neuron, structure_of(units.neuron), (*integrals, *maxima)
    assert structure is not None
    assert isinstance(neuron, AbstractFedForward)
    is_closed = isinstance(neuron, AbstractCascade) and neuron.is_closed
    # What is exact over any time is to be integrated, too.
    grid, are_shared = grids(units, None if is_closed and not readouts else dt, t_stop)
    each = partial(over_units, units, n_shared=int(are_shared))
    track = each(structure.track)(neuron, units.drive, grid)
    n_slots = max_spikes if n_wanted is None else min(n_wanted, max_spikes)
    # One spike more than there are slots is too many, unless no more than those are wanted.
    n_searched = n_slots + (n_wanted is None)
    solved = neuron, units.drive, grid, track

    def search(neuron, _, *solved):
        return structure.search(neuron, *solved, n_slots=n_slots, n_searched=n_searched)

    def finish(neuron, _, *solved):
        return structure.finish(neuron, *solved, times=sample_times, t_stop=t_stop)

    def read(neuron, _, *solved):
        return read_out(structure, neuron, *solved, readouts=readouts, t_stop=t_stop)

    roots, n_spikes = each(search)(*lax.stop_gradient(solved))
    spikes, states = each(finish)(*solved, lax.stop_gradient(roots))
    read_outs = each(read)(*solved, spikes)
    overflowed = n_spikes > max_spikes
    status = jnp.where(overflowed, TOO_MANY_SPIKES, OK)
    status = jnp.where(track.is_resolved, status, TOO_COARSE)
    return {
        "spike_times": spikes.time,
        "spike_slope": spikes.slope,
        "states": states,
        "status": jnp.where(track.is_finite, status, NOT_FINITE),
        "n_steps": n_spikes + grid.start.shape[-1],
        "integrals": read_outs[: len(integrals)],
        "maxima": read_outs[len(integrals) :],
        "t_reached": jnp.where(overflowed, roots[..., -1], t_stop),
    }
