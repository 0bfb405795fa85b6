"""The history of a fit, labelled."""

from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Array, Float

from dendrax.parameters import parameters

if TYPE_CHECKING:
    import xarray


def to_history(model: Any, columns: dict[str, Float[Array, "step *shape"]]) -> "xarray.Dataset":
    """Return the columns of a fit's history as a Dataset on ``step``, with units."""
    import xarray

    known = parameters(model)
    variables = {}
    for name, column in columns.items():
        values = np.asarray(column)
        dims = ("step", *(f"{name}_{i}" for i in range(values.ndim - 1)))
        unit = known[name].unit if name in known else "1"
        variables[name] = (dims, values, {"units": unit})
    steps = np.arange(len(next(iter(columns.values()))))
    return xarray.Dataset(variables, coords={"step": ("step", steps, {"units": "1"})})
