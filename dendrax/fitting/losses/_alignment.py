"""Alignments of two sequences by dynamic programming, with a soft minimum."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

Costs = Float[Array, " cell"]
Indices = Int[Array, " cell"]
# The costs of coming to the cells (i, j): from (i - 1, j - 1), from (i - 1, j), from (i, j - 1).
Moves = Callable[[Indices, Indices], tuple[Costs, Costs, Costs]]

# What is not allowed: far above any cost, and finite, so that no difference is NaN.
FORBIDDEN = 1e30


def alignment(
    moves: Moves,
    longest: tuple[int, int],
    end: tuple[Int[Array, ""], Int[Array, ""]],
    gamma: float,
    band: int | None = None,
) -> Float[Array, ""]:
    r"""Return the soft minimum of the costs of all paths from (0, 0) to a cell.

    That is :math:`-\gamma \log \sum_\pi e^{-c(\pi) / \gamma}`, and the minimum itself for
    :math:`\gamma = 0`.

    Parameters
    ----------
    moves : callable
        The costs of coming to cells; called with indices of 1 and more, and of 0 at the borders.
    longest : tuple of (int, int)
        How many steps there can be in each direction.
    end : tuple of (int, int)
        The cell; may be traced.
    gamma : float
    band : int, optional
        How far ``i`` and ``j`` may differ.

    Notes
    -----
    A scan over the cells with ``i + j = s``, of which all are known once those of the two sums
    before are. There are at most ``band + 1`` of them, the first with ``i = ceil((s - band) / 2)``.
    """
    rows, columns = longest
    reach = max(longest) if band is None else min(band, max(longest))

    def first(s: Int[Array, ""]) -> Int[Array, ""]:
        return -((reach - s) // 2)

    def step(before: tuple[Costs, Costs], s: Int[Array, ""]) -> tuple[tuple[Costs, Costs], Costs]:
        two_before, one_before = before
        i = first(s) + jnp.arange(reach + 1)
        j = s - i
        both, down, right = moves(i, j)
        shift = first(s) - first(s - 1)
        padded = jnp.pad(one_before, 1, constant_values=FORBIDDEN)
        above = lax.dynamic_slice(padded, (shift,), i.shape)
        left = lax.dynamic_slice(padded, (shift + 1,), i.shape)
        ways = jnp.stack([two_before + both, above + down, left + right])
        inside = (i >= 0) & (i <= rows) & (j >= 0) & (j <= columns) & (abs(i - j) <= reach)
        costs = jnp.where(inside, _softmin(ways, gamma), FORBIDDEN)
        return (one_before, costs), costs

    dtype = jax.eval_shape(lambda: moves(jnp.zeros(1, int), jnp.zeros(1, int))[0]).dtype
    start = jnp.full(reach + 1, FORBIDDEN, dtype).at[reach // 2].set(0.0)
    sums = jnp.arange(1, rows + columns + 1)
    # Backward, the ways are found anew rather than kept.
    _, costs = lax.scan(jax.checkpoint(step), (jnp.full_like(start, FORBIDDEN), start), sums)
    s = end[0] + end[1]
    return jnp.concatenate([start[None], costs])[s, end[0] - first(s)]


def _softmin(ways: Float[Array, "way cell"], gamma: float) -> Costs:
    if gamma == 0:
        return ways.min(0)
    lowest = lax.stop_gradient(ways.min(0))
    # What is beyond all rounding is not let near the exponential, whose vectors it overflows.
    gaps = jnp.minimum((ways - lowest[None]) / gamma, 100.0)
    return lowest - gamma * jnp.log(jnp.exp(-gaps).sum(0))


def divergence(
    distance: Callable[[Float[Array, " n"], Float[Array, " n"]], Float[Array, ""]],
    a: Float[Array, " n"],
    b: Float[Array, " n"],
) -> Float[Array, ""]:
    """Return a soft distance less what it is of each sequence and itself; zero for equal ones."""
    ours, theirs = jnp.stack([a, a, b]), jnp.stack([b, a, b])
    of = jax.vmap(distance)(ours, theirs)
    return of[0] - 0.5 * (of[1] + of[2])
