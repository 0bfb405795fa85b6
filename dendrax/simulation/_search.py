"""Where the steps of all units hold a spike: only the few that may are searched."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from dendrax.simulation._drive import Units, over_units
from dendrax.simulation._plan import Lane, Numerics
from dendrax.simulation._roots import first_crossing
from dendrax.simulation._step import Crossing, Proposal, guard_of, pin, suspect
from dendrax.simulation._together import for_any, highest

# Of the units of a trial: so many are searched at once. Seldom are more of them about to spike.
_PART = 8


def search(
    units: Units, numerics: Numerics, params: Any, lanes: Lane, proposal: Proposal
) -> Crossing:
    """Find the first crossing of each step; costs nothing where no step may hold one."""
    suspects = jax.vmap(jax.vmap(suspect))(lanes, proposal)
    nothing = jnp.ones(suspects.shape)

    def found(params: Any, lanes: Lane, proposal: Proposal) -> Crossing:
        neuron, drive = params
        fixed = lax.stop_gradient((neuron, lanes, proposal))
        crosses, root = _roots(units, numerics, suspects, *fixed)
        each = over_units(units, partial(pin, numerics=numerics))
        return each(neuron, drive, lanes, proposal, crosses, root)

    return lax.cond(
        for_any(suspects.any()),
        found,
        lambda *_: Crossing(jnp.zeros_like(suspects), nothing, nothing),
        params,
        lanes,
        proposal,
    )


def _roots(
    units: Units,
    numerics: Numerics,
    suspects: Bool[Array, "trial unit"],
    neuron: Any,
    lanes: Lane,
    proposal: Proposal,
) -> tuple[Bool[Array, "trial unit"], Float[Array, "trial unit"]]:
    """Return which steps hold a crossing, and where; some suspects of each trial at a time."""
    n = units.n
    size = -(-n // _PART)
    rank = jnp.cumsum(suspects, axis=1) - 1
    most = highest(rank[:, -1].max())

    def of_a_trial(i, suspects, rank, lanes, proposal, crosses, root):
        # Compared and gathered: on a CPU, to scatter costs more than the search.
        is_next = rank[None] == i + jnp.arange(size)[:, None]
        unit = jnp.argmax(suspects[None] & is_next, axis=1)
        some = partial(jax.tree.map, lambda leaf: leaf[unit])
        found = jax.vmap(partial(_first, numerics), (units.neuron_axes, 0, 0))
        there = found(_at(units, neuron, unit), some(lanes), some(proposal))
        slot = rank - i
        is_here = suspects & (slot >= 0) & (slot < size)
        slot = jnp.clip(slot, 0, size - 1)
        return tuple(
            jnp.where(is_here, x[slot], y) for x, y in zip(there, (crosses, root), strict=True)
        )

    def body(loop):
        i, crosses, root = loop
        each = jax.vmap(partial(of_a_trial, i))
        return i + size, *each(suspects, rank, lanes, proposal, crosses, root)

    start = (0, jnp.zeros_like(suspects), jnp.ones(suspects.shape))
    _, crosses, root = lax.while_loop(lambda loop: loop[0] <= most, body, start)
    return crosses, root


def _at(units: Units, neuron: Any, unit: Int[Array, " some"]) -> Any:
    """Return the neurons of some units; what all units share is left as it is."""
    return jax.tree.map(
        lambda axis, part: part if axis is None else jax.tree.map(lambda leaf: leaf[unit], part),
        units.neuron_axes,
        neuron,
        is_leaf=lambda axis: axis is None,
    )


def _first(numerics: Numerics, neuron: Any, lane: Lane, proposal: Proposal) -> tuple[Array, Array]:
    return first_crossing(guard_of(neuron, numerics, lane, proposal), proposal.ends)
