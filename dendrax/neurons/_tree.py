"""The compartments of a cell and the points where more than two of them meet, as one tree."""

from dataclasses import dataclass
from functools import cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dendrax.morphology import Compartments

# Of um-1 times ohm cm in GOhm.
PER_LENGTH = 1e-5


@dataclass(frozen=True, eq=False)
class Tree:
    """The nodes of a cell: its compartments first, then the points at which several meet.

    A meeting point has no membrane. Each node but the root has an edge to its parent, which is made
    of a half of the node's own compartment and a half of its parent's.

    Attributes
    ----------
    parent : ndarray of int (node,)
        Of the root itself.
    outward : ndarray of int (node,)
        The nodes, parents before their children.
    own, parents : ndarray (node,)
        The integral of dx / (pi r^2) in the two halves of the edge, in 1/um; 0 where a node has no
        half, and 0 for the root.
    parents_owner : ndarray of int (node,)
        The compartment of the second half.
    n : int
        The number of compartments.
    """

    parent: Int[np.ndarray, " node"]
    outward: Int[np.ndarray, " node"]
    own: Float[np.ndarray, " node"]
    parents: Float[np.ndarray, " node"]
    parents_owner: Int[np.ndarray, " node"]
    n: int

    def across(self, edge: Float[Array, " node"], v: Float[Array, " node"]) -> Array:
        """Return the current (pA) that leaves each node along the edges."""
        along = edge * (v - v[self.parent])
        return along.at[self.parent].add(-along)

    def diagonal(self, edge: Float[Array, " node"]) -> Float[Array, " node"]:
        """Return the sum of the conductances at each node."""
        return edge.at[self.parent].add(edge)

    def with_meeting_points(self, edge: Float[Array, " node"], v: Array) -> Float[Array, " node"]:
        """Return the potential of all nodes: at a point, the mean of its neighbors by conductance.

        Points have compartments as their neighbors, and no others.
        """
        if len(self.parent) == self.n:
            return v
        v = jnp.pad(v, (0, len(self.parent) - self.n))
        # The point is fed along its own edge, and along those of its children.
        inflow = (edge * v[self.parent]) + jnp.zeros_like(v).at[self.parent].add(edge * v)
        mean = inflow / self.diagonal(edge)
        return jnp.concatenate([v[: self.n], mean[self.n :]])


@cache
def tree_of(compartments: Compartments) -> Tree:
    """Return the tree of nodes of a cell."""
    n = len(compartments)
    parent, attachment = _without_starts(compartments)
    half = np.where(attachment == 1.0, compartments.resistance_end[parent], 0.0)
    half = np.where(attachment == 0.0, compartments.resistance_start[parent], half)
    # Children that share an end of their parent meet in a point, one alone continues it.
    shared: dict[tuple[int, float], list[int]] = {}
    for child in range(1, n):
        if attachment[child] != 0.5:
            shared.setdefault((int(parent[child]), float(attachment[child])), []).append(child)
    meetings = [children for children in shared.values() if len(children) > 1]
    first = np.asarray([children[0] for children in meetings], dtype=int)
    node_parent = np.concatenate([parent, parent[first]])
    own = np.concatenate([compartments.resistance_start, np.zeros(len(first))])
    parents = np.concatenate([half, half[first]])
    owner = np.concatenate([parent, parent[first]])
    for point, children in enumerate(meetings, n):
        node_parent[children], parents[children] = point, 0.0
    own[0] = parents[0] = 0.0
    # A point comes right after its parent, before its children.
    rank = np.concatenate([np.arange(n), parent[first] + 0.5])
    return Tree(node_parent, np.argsort(rank, kind="stable"), own, parents, owner, n)


def _without_starts(compartments: Compartments) -> tuple[np.ndarray, np.ndarray]:
    """Return parents and attachments, of which those at the start of a compartment move.

    The start of a compartment is where it is attached itself; the root's is an end of its own.
    """
    parent, attachment = compartments.parent.copy(), compartments.attachment.copy()
    parent[0] = 0
    for child in range(1, len(parent)):
        while attachment[child] == 0.0 and (at := parent[child]) != 0:
            parent[child], attachment[child] = parent[at], attachment[at]
    return parent, attachment
