"""Decisions in common: simulations side by side under ``vmap`` that still branch and loop as one.

A ``while_loop`` or ``cond`` whose condition differs between the lanes of a ``vmap`` selects among
all that it carries, buffers included, in each turn, and takes both branches. Where a lane that has
nothing to do is left as it is anyway, the lanes can decide together instead.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jaxtyping import Array


def _in_common(reduce: Callable[..., Array]) -> Callable[[Array], Array]:
    @custom_vmap
    def common(x: Array) -> Array:
        return x

    @common.def_vmap
    def _(size: int, is_mapped: list[Any], x: Array) -> tuple[Array, bool]:  # noqa: ARG001
        return common(reduce(x, axis=0)), False

    return common


for_all = _in_common(jnp.all)
for_any = _in_common(jnp.any)
highest = _in_common(jnp.max)
