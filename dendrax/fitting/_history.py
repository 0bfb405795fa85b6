"""The history of a fit and its starts, labelled."""

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Array, Float

from dendrax.fitting._progress import Progress
from dendrax.parameters import parameters

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
        unit = known[name].unit if name in known else "1"
        variables[name] = (dims, values, {"units": unit})
    n = len(next(iter(columns.values())))
    return xarray.Dataset(variables, coords={along: (along, np.arange(n), {"units": "1"})})
