"""One implicit step of the voltages of a cell."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.neurons import Cable, Cell
from dendrax.simulation._elimination import solve
from dendrax.simulation._timetable import Step


def stepped(
    cell: Cell, cable: Cable, v: Array, parts: Any, step: Step, smallest: float
) -> Float[Array, " compartment"]:
    """Return the voltage after a step: implicit, with currents linear around where it starts."""
    tree = cell.tree
    # A step without length keeps its derivative with respect to its size.
    h = jnp.maximum(step.size, smallest) / step.extrapolation
    current, conductance = jax.jvp(
        lambda v: sum(cell.currents(v, parts, cable)), (v,), (jnp.ones_like(v),)
    )
    inertia = cable.capacitance / h
    right = inertia * v + conductance * v - current
    right = right.at[cell.electrode_compartment].add(step.current)
    extra = (0, len(tree.parent) - tree.n)
    diagonal = jnp.pad(inertia + conductance, extra) + cable.edges
    ahead = solve(tree, diagonal, cable.edge, jnp.pad(right, extra))[: tree.n]
    return v + step.size / h * (ahead - v)
