"""Linear equations on a tree, solved in one sweep from its leaves and one back."""

from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Float, Int

from dendrax.neurons import Tree

Nodes = Float[Array, " node"]


def solve(tree: Tree, diagonal: Nodes, edge: Nodes, right: Nodes) -> Nodes:
    """Solve ``diagonal_i x_i - sum_j edge_ij x_j = right_i`` in O(nodes).

    The matrix is symmetric, so its own solution serves derivatives in both modes.

    Parameters
    ----------
    tree : Tree
    diagonal, edge, right : Array (node,)
        ``edge`` couples each node to its parent; it is 0 for the root.

    Notes
    -----
    Hines 1984, Int J Biomed Comput 15:69.
    """
    parent = jnp.asarray(tree.parent)

    def times(x: Nodes) -> Nodes:
        return (diagonal * x - edge * x[parent]).at[parent].add(-edge * x)

    def solution(_: object, right: Nodes) -> Nodes:
        return _eliminated(peeled(tree), diagonal, edge, right)

    return lax.custom_linear_solve(times, right, solution, symmetric=True)


def is_solution(primitive: object, *_: object, **__: object) -> bool:
    """Whether an operation is :func:`solve`, as ``jax.checkpoint`` asks, to keep its result."""
    return primitive is lax.linear_solve_p


class Peeling(NamedTuple):
    """The order in which nodes are eliminated: all leaves, those that are leaves then, and so on.

    So what is eliminated in a row depends on each other as little as possible, and the processor
    works on several nodes at once. The node in the middle of the tree comes last, with itself.

    Attributes
    ----------
    node : ndarray of int (node,)
    to : ndarray of int (node,)
        The neighbor that is left then.
    edge : ndarray of int (node,)
        The edge between them, by the node that has it to its parent.
    """

    node: Int[np.ndarray, " node"]
    to: Int[np.ndarray, " node"]
    edge: Int[np.ndarray, " node"]


@cache
def peeled(tree: Tree) -> Peeling:
    """Return the order in which the nodes of a tree are eliminated."""
    left: list[dict[int, int]] = [{} for _ in tree.parent]
    for child, parent in enumerate(tree.parent.tolist()):
        if child != parent:
            left[child][parent] = left[parent][child] = child
    order = []
    leaves = [k for k, neighbors in enumerate(left) if len(neighbors) == 1]
    for leaf in leaves:  # grows
        if left[leaf]:
            to, edge = left[leaf].popitem()
            order.append((leaf, to, edge))
            del left[to][leaf]
            if len(left[to]) == 1:
                leaves.append(to)
    last = order[-1][1] if order else 0
    return Peeling(*np.asarray([*order, (last, last, last)], dtype=np.int32).T)


@custom_vmap
def _eliminated(order: Peeling, diagonal: Array, edge: Array, right: Array) -> Array:
    nodes, neighbors = jnp.asarray(order.node), jnp.asarray(order.to)
    couplings, n_edges = edge[order.edge], len(order.node) - 1

    def inward(k: Array, rows: tuple[Array, Array]) -> tuple[Array, Array]:
        diagonal, right = rows
        node, to, coupling = _at(nodes, k), _at(neighbors, k), _at(couplings, k)
        share = coupling / _at(diagonal, node)
        return _added(diagonal, to, -share * coupling), _added(right, to, share * _at(right, node))

    # Arrays that a loop both writes at the node and at its neighbor would be copied in each turn.
    diagonal, right = lax.fori_loop(0, n_edges, inward, (diagonal, right))
    inverse = 1 / diagonal

    def outward(k: Array, x: Array) -> Array:
        k = n_edges - 1 - k
        node = _at(nodes, k)
        share = _at(couplings, k) * _at(inverse, node)
        return _added(x, node, share * _at(x, _at(neighbors, k)))

    return lax.fori_loop(0, n_edges, outward, right * inverse)


@_eliminated.def_vmap
def _(size: int, are_mapped: list[Any], order: Peeling, *rows: Array) -> tuple[Array, bool]:
    # Units have their values side by side, and their order in common.
    order = jax.tree.map(lambda x, is_mapped: x[0] if is_mapped else x, order, are_mapped[0])
    each = (
        jnp.moveaxis(x if is_mapped else jnp.broadcast_to(x, (size, *x.shape)), 0, -1)
        for x, is_mapped in zip(rows, are_mapped[1:], strict=True)
    )
    return jnp.moveaxis(_eliminated(order, *each), -1, 0), True


def _at(x: Array, k: Array) -> Array:
    return lax.dynamic_index_in_dim(x, k, keepdims=False, allow_negative_indices=False)


def _added(x: Array, k: Array, more: Array) -> Array:
    more = _at(x, k) + more
    return lax.dynamic_update_index_in_dim(x, more, k, 0, allow_negative_indices=False)
