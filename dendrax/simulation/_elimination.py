"""Linear equations on a tree, solved in one sweep to the root and one back."""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

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
        return _eliminated(tree, diagonal, edge, right)

    return lax.custom_linear_solve(times, right, solution, symmetric=True)


def _eliminated(tree: Tree, diagonal: Nodes, edge: Nodes, right: Nodes) -> Nodes:
    parent, outward = jnp.asarray(tree.parent), jnp.asarray(tree.outward)
    n = len(tree.parent)

    def inward(k: Array, rows: tuple[Nodes, Nodes]) -> tuple[Nodes, Nodes]:
        diagonal, right = rows
        node = _at(outward, n - 1 - k)
        to, coupling = _at(parent, node), _at(edge, node)
        share = coupling / _at(diagonal, node)
        return _added(diagonal, to, -share * coupling), _added(right, to, share * _at(right, node))

    # Arrays that a loop both writes at the node and at its parent would be copied in each turn.
    diagonal, right = lax.fori_loop(0, n - 1, inward, (diagonal, right))
    share = edge / diagonal

    def back(k: Array, x: Nodes) -> Nodes:
        node = _at(outward, k)
        return _added(x, node, _at(share, node) * _at(x, _at(parent, node)))

    return lax.fori_loop(1, n, back, right / diagonal)


# Slices stay slices under vmap, where indexing would become gathers and scatters.
def _at(x: Array, k: Array) -> Array:
    return lax.dynamic_index_in_dim(x, k, keepdims=False)


def _added(x: Array, k: Array, more: Array) -> Array:
    return lax.dynamic_update_index_in_dim(x, _at(x, k) + more, k, 0)
