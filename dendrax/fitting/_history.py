"""The history of a fit and its starts, labelled."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Array, Float

from dendrax.fitting._progress import Progress
from dendrax.parameters import Parameter, parameters

if TYPE_CHECKING:
    import xarray


def to_history(
    model: Any, columns: dict[str, Float[Array, "start step *shape"]], start: int, steps: int
) -> "xarray.Dataset":
    """Return the columns of one start as a Dataset on ``step``, with units."""
    mine = {name: np.asarray(column[start, :steps]) for name, column in columns.items()}
    return _labelled(model, mine, "step")


def to_starts(model: Any, state: Progress) -> "xarray.Dataset":
    """Return the best step of each start, on ``start``: its number, loss and parameters."""
    at = (np.arange(len(state.step)), np.asarray(state.best_step))
    best = {name: np.asarray(state.history[name])[at] for name in state.best}
    outcome = {
        "best_loss": np.asarray(state.best_loss),
        "best_step": np.asarray(state.best_step),
        "has_failed": np.asarray(state.has_failed),
    }
    return _labelled(model, {**outcome, **best}, "start")


def _labelled(model: Any, columns: dict[str, np.ndarray], along: str) -> "xarray.Dataset":
    import xarray

    known = parameters(model)
    variables = {}
    for name, values in columns.items():
        dims = (along, *(f"{name}_{i}" for i in range(values.ndim - 1)))
        variables[name] = (dims, values, _about(known[name]) if name in known else {"units": "1"})
    n = len(next(iter(columns.values())))
    return xarray.Dataset(variables, coords={along: (along, np.arange(n), {"units": "1"})})


def _about(entry: Parameter) -> dict[str, Any]:
    about: dict[str, Any] = {"units": entry.unit}
    # Infinity is no number of JSON, in which Zarr has its attributes.
    sides = zip(("low", "high"), entry.bounds, strict=True)
    return about | {side: bound for side, bound in sides if math.isfinite(bound)}
