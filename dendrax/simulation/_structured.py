"""Models of known structure: no loop over events, one contract for all structures."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from dendrax.neurons import AbstractCascade, AbstractFedForward, AbstractNeuron, AbstractProjective
from dendrax.simulation import _cascade, _projective
from dendrax.simulation._drive import Units, over_units
from dendrax.simulation._grid import grids
from dendrax.simulation._status import NOT_FINITE, OK, TOO_COARSE, TOO_MANY_SPIKES


class Structure(NamedTuple):
    """What a structure does with one unit of one trial.

    ``track`` solves the trial before its spikes are known; ``begin`` and ``next_spike`` look for
    spikes, which needs no derivative; ``finish`` returns them with their derivatives. The modules
    of the structures define these functions.
    """

    track: Callable[..., Any]
    begin: Callable[..., Any]
    next_spike: Callable[..., Any]
    finish: Callable[..., Any]


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
    n_wanted: int | None = None,
) -> dict[str, Any]:
    """Run units of a structured model; returns what :func:`run_flat` returns.

    Only the first ``n_wanted`` spikes of each unit are looked for, and no further one happens;
    then there are no more slots than that, and no limit to reach.
    """
    neuron, structure = units.neuron, structure_of(units.neuron)
    assert structure is not None
    assert isinstance(neuron, AbstractFedForward)
    is_closed = isinstance(neuron, AbstractCascade) and neuron.is_closed
    grid, are_shared = grids(units, None if is_closed else dt, t_stop)
    each = partial(over_units, units, n_shared=int(are_shared))
    params = neuron, units.drive, grid
    track = each(structure.track)(*params)
    n_spikes = max_spikes if n_wanted is None else min(n_wanted, max_spikes)
    n_searched = n_spikes if n_wanted is not None else max_spikes + 1

    # The search takes no derivative.
    fixed = lax.stop_gradient((*params, track))
    lanes = over_units(units, structure.begin)(*fixed[:2])
    roots = jnp.full((*lanes.t.shape, n_spikes), jnp.inf)

    def body(loop):
        lanes, roots = loop
        after, time = each(structure.next_spike)(*fixed, lanes)
        put = jax.vmap(jax.vmap(lambda row, slot, time: row.at[slot].set(time, mode="drop")))
        found = jnp.isfinite(time) & ~lanes.done
        roots = put(roots, jnp.where(found, lanes.n_spikes, n_spikes), time)
        return after._replace(done=after.done | (after.n_spikes >= n_searched)), roots

    if not neuron.never_spikes:
        lanes, roots = lax.while_loop(lambda loop: ~loop[0].done.all(), body, (lanes, roots))

    finish = partial(structure.finish, times=sample_times, t_stop=t_stop)
    spikes, states = each(finish)(*params, track, lax.stop_gradient(roots))
    overflowed = lanes.n_spikes > max_spikes
    status = jnp.where(overflowed, TOO_MANY_SPIKES, OK)
    status = jnp.where(track.is_resolved, status, TOO_COARSE)
    return {
        "spike_times": spikes.time,
        "spike_slope": spikes.slope,
        "states": states,
        "status": jnp.where(track.is_finite, status, NOT_FINITE),
        "n_steps": lanes.n_spikes + grid.start.shape[-1],
        "t_reached": jnp.where(overflowed, lanes.t, t_stop),
    }
