"""The cells of a trial, and what happens upstream of the soma in each of them.

A cell lies between two neighbours among the regular nodes, the arrivals and the breakpoints of the
current. Within a cell nothing arrives, and the current is a ramp.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Int

from dendrax.inputs import Current
from dendrax.neurons import AbstractFedForward, Ramp
from dendrax.simulation._drive import OVER_TRIALS, Drive, Units, ascending
from dendrax.simulation._plan import electrode

Scalar = Float[Array, ""]


class Grid(NamedTuple):
    """The cells of one trial.

    Nodes may coincide. A cell without length counts: it is what grows when its last node moves.
    """

    start: Float[Array, " cell"]
    size: Float[Array, " cell"]
    current: Ramp  # from the start of each cell
    arrival: Int[Array, " cell"]  # that comes at the end of the cell
    arrives: Bool[Array, " cell"]  # whether one does


def grids(units: Units, dt: float | None, t_stop: float) -> tuple[Grid, bool]:
    """Return the cells of each trial, and whether all units share them.

    If they do, leaves have the axis (trial), else (trial, unit). Without ``dt`` there are no
    regular nodes.
    """
    one = partial(_grid, dt=dt, t_stop=t_stop)
    axes = units.drive_axes._replace(weight=None)
    are_shared = not jax.tree.leaves(axes)
    of_a_trial = one if are_shared else jax.vmap(one, (axes,), axis_size=units.n)
    return jax.vmap(of_a_trial, (OVER_TRIALS,))(units.drive), are_shared


def _grid(drive: Drive, dt: float | None, t_stop: float) -> Grid:
    n_regular = 2 if dt is None else int(np.ceil(t_stop / dt)) + 1
    regular = jnp.linspace(0.0, t_stop, n_regular)
    time, start = drive.arrivals.time, drive.current.start
    nodes = jnp.concatenate([regular, within(jnp.concatenate([time, start]), t_stop)])
    order = ascending(nodes)
    nodes = nodes[order]
    arrival = order - n_regular
    arrives = (arrival >= 0) & (arrival < len(time))
    arrival = jnp.where(arrives, arrival, 0)
    arrives = arrives & (time[arrival] <= t_stop)
    current = ramps(drive.current, nodes[:-1], (order >= n_regular + len(time))[:-1])
    return Grid(nodes[:-1], jnp.diff(nodes), current, arrival[1:], arrives[1:])


def within(t: Float[Array, " stop"], t_stop: float) -> Float[Array, " stop"]:
    """Return instants in a trial; those before or after it are put to its ends."""
    return jnp.where((t >= 0) & (t < t_stop), t, jnp.where(t < 0, 0.0, t_stop))


def ramps(current: Current, nodes: Float[Array, " node"], starts: Bool[Array, " node"]) -> Ramp:
    """Return what flows from each node on, if those at which a segment starts are marked."""
    since, value, slope = jax.vmap(partial(electrode, current))(jnp.cumsum(starts) - 1)
    # A node at the end may belong to a segment that starts later, or never.
    age = jnp.where(jnp.isfinite(since), nodes - since, 0.0)
    return Ramp(value + slope * age, slope)


def cell_at(grid: Grid, t: Scalar) -> Int[Array, ""]:
    """Return the cell in which a time lies; from the right at a node."""
    return jnp.maximum(jnp.searchsorted(grid.start, t, side="right") - 1, 0)


class Passage(NamedTuple):
    """What takes the upstream state from the start of a cell to that of the next."""

    propagator: Any
    current: Ramp
    weight: Array
    source: Int[Array, ""]


def passages(neuron: AbstractFedForward, drive: Drive, grid: Grid) -> Passage:
    """Return the passage through each cell.

    Outside of any loop: what units share is computed once, and weights get their gradients in one
    piece.
    """

    def brought(arrival, arrives):
        return jnp.where(arrives, drive.weight_of(arrival), 0.0), drive.arrivals.source[arrival]

    propagators = jax.vmap(neuron.propagator)(grid.size)
    return Passage(propagators, grid.current, *jax.vmap(brought)(grid.arrival, grid.arrives))


def passed(neuron: AbstractFedForward, state: Any, passage: Passage) -> Any:
    """Return the upstream state after a cell, and after what arrives at its end."""
    before = neuron.upstream(state, passage.propagator, passage.current)
    return neuron.input_spike(before, passage.weight, passage.source)


def at_rest(neuron: AbstractFedForward) -> Any:
    """Return the state in which a trial starts, as floats."""
    return jax.tree.map(lambda x: jnp.asarray(x, dtype=float), neuron.init_state())


def entry(tree: Any, k: Int[Array, ""]) -> Any:
    """Return entry k of each leaf, with one gather for all of them."""
    rows = jax.vmap(lambda each: ravel_pytree(each)[0])(tree)
    _, unravel = ravel_pytree(jax.tree.map(lambda x: x[0], tree))
    return unravel(rows[k])
