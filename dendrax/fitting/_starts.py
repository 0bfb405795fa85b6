"""Where the starts of a fit are."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from dendrax.fitting._free import Free, to_free, unbounded
from dendrax.parameters import Parameter, at_share, parameters


def scatter(model: Any, n: int, seed: int) -> Free:
    """Return free parameters with an axis of starts: the model itself, and ``n - 1`` drawn ones.

    A parameter with two bounds is drawn uniformly between them, or between their logarithms where
    these are a decade apart; one without is drawn normally, one unit wide in the free space (a
    factor of e for what is positive).
    """
    free, known = to_free(model), parameters(model)
    keys = jax.random.split(jax.random.key(seed), len(free))
    drawn = {
        name: _drawn(known[name], value, n - 1, key)
        for (name, value), key in zip(free.items(), keys, strict=True)
    }
    return {name: jnp.concatenate([free[name][None], drawn[name]]) for name in free}


def _drawn(entry: Parameter, free: Array, n: int, key: Array) -> Array:
    low, high = entry.bounds
    shape = (n, *free.shape)
    if not (math.isfinite(low) and math.isfinite(high)):
        return free + jax.random.normal(key, shape, free.dtype)
    share = jax.random.uniform(key, shape, free.dtype, 0.02, 0.98)
    return unbounded(entry, at_share(share, low, high))
