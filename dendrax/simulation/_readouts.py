"""Integrals and maxima of models of known structure, once their spikes are known.

A trial is cut at the nodes of its grid, at its spikes, and where they end; in each piece variables
are smooth, and Gauss-Legendre quadrature has the order 8. What nobody asks for later is not
computed where the whole is compiled.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from dendrax.neurons import AbstractCascade, AbstractFedForward, gauss_legendre
from dendrax.simulation._grid import Grid
from dendrax.simulation._integrals import variable
from dendrax.simulation._record import Integral, Maximum
from dendrax.simulation._roots import ends, summit

_POINTS, _UP_TO = gauss_legendre(4)
# The start of a piece is looked at too, and counts nothing.
_PARTS, _WEIGHTS = np.append(0.0, _POINTS), np.append(0.0, _UP_TO[-1])


class Pieces(NamedTuple):
    """The pieces of a trial, with the states at their starts and quadrature points."""

    t: Float[Array, "piece point"]
    size: Float[Array, " piece"]
    states: Any


def read_out(
    structure: Any,
    neuron: AbstractFedForward,
    grid: Grid,
    track: Any,
    spikes: Any,
    *,
    readouts: tuple[Integral | Maximum, ...],
    t_stop: float,
) -> tuple[Array, ...]:
    """Return the readouts of one unit of one trial."""
    if not readouts:
        return ()
    trial = structure, neuron, grid, track, spikes, t_stop
    pieces = _pieces(*trial)
    kinds = {Integral: _integral, Maximum: _maximum}
    return tuple(kinds[type(each)](each, pieces, *trial) for each in readouts)


def _pieces(structure, neuron, grid: Grid, track, spikes, t_stop) -> Pieces:
    if neuron.never_spikes:
        start, size = grid.start, grid.size
        states = structure.states_in_cells(neuron, grid, track, spikes, jnp.asarray(_PARTS))
        return Pieces(start[:, None] + _PARTS[None] * size[:, None], size, states)
    edges = [jnp.where(jnp.isfinite(t), t, t_stop) for t in (spikes.time, spikes.release)]
    nodes = jnp.sort(jnp.minimum(jnp.concatenate([grid.start, *edges]), t_stop))
    size = jnp.diff(nodes, append=t_stop)
    t = nodes[:, None] + _PARTS[None] * size[:, None]
    state_at = jax.vmap(jax.vmap(lambda t: structure.state_at(neuron, grid, track, spikes, t)))
    return Pieces(t, size, state_at(t))


def _integral(each: Integral, pieces: Pieces, _structure, neuron, *_) -> Array:
    shown = _shown(neuron, each.name, pieces.t, pieces.states)
    weight = pieces.size[:, None] * _WEIGHTS[None]
    if each.tau is not None:
        weight = weight * jnp.exp(-pieces.t / each.tau)
    return jnp.tensordot(weight, shown, 2)


def _maximum(each: Maximum, pieces: Pieces, structure, neuron, grid, track, spikes, t_stop):
    def at(t):
        state = structure.state_at(neuron, grid, track, spikes, t)
        return variable(neuron, t, state, each.name)

    t, values = _samples(each, pieces, structure, neuron, grid, track, spikes, t_stop)
    k = jnp.argmax(lax.stop_gradient(values))
    low, high = t[jnp.maximum(k - 1, 0)], t[jnp.minimum(k + 1, len(t) - 1)]
    low, high, seen = lax.stop_gradient((low, high, t[k]))

    def rough(x):
        return at(low + x * (high - low))

    x = lax.stop_gradient(summit(rough, ends(rough)))
    best = lax.stop_gradient(jnp.where(rough(x) > at(seen), low + x * (high - low), seen))
    highest = at(best)
    if neuron.never_spikes:
        return highest
    # A spike is a maximum from the left.
    last = jnp.where(jnp.isfinite(spikes.time[0]), spikes.time[0], t_stop)
    state = structure.state_at(neuron, grid, track, spikes, last)
    peak = variable(neuron, last, structure.at_threshold(neuron, state), each.name)
    spiked = jnp.isfinite(spikes.time[0]) & (peak > highest)
    return jnp.where(spiked, peak, highest)


def _samples(each: Maximum, pieces: Pieces, structure, neuron, grid, track, spikes, t_stop):
    """Return times in order, and what is highest where the variable is."""
    known = neuron, grid, track, spikes
    begin, end = (structure.state_at(*known, jnp.asarray(t)) for t in (0.0, t_stop))
    by_quadrature = isinstance(neuron, AbstractCascade) and not neuron.is_closed
    if by_quadrature and not neuron.never_spikes and each.name in ("v", "guard"):
        # The guard is highest where the soma is, and the track knows the soma.
        t, v = structure.course(*known)
        return jnp.append(0.0, t), jnp.append(begin.v, v)
    shown = _shown(neuron, each.name, pieces.t, pieces.states).ravel()
    at_end = variable(neuron, jnp.asarray(t_stop), end, each.name)
    return jnp.append(pieces.t, t_stop), jnp.append(shown, at_end)


def _shown(neuron, name: str, t, states) -> Float[Array, "piece point ..."]:
    return jax.vmap(jax.vmap(lambda t, state: variable(neuron, t, state, name)))(t, states)
