"""A model's parameters as a table for people."""

import math
from typing import Any

import numpy as np

from dendrax.parameters._parameter import Bounds, Parameter
from dendrax.parameters._tree import parameters


def table(model: Any) -> str:
    """Format the parameters of a model, with units and bounds, one in a line.

    Parameters
    ----------
    model : pytree
        A neuron, or anything else that holds parameters.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> print(dx.table(dx.LIF(c_m=dx.learnable(200 * pq.pF))).splitlines()[1])
    c_m               200 pF    learnable in (0, inf)
    """
    head = f"{'parameter':<12} {'value':>8} {'unit':<5} status"
    return "\n".join([head, *(_row(name, entry) for name, entry in parameters(model).items())])


def _row(name: str, entry: Parameter) -> str:
    value = np.asarray(entry.value)
    shown = f"{value:8.4g}" if value.ndim == 0 else f"{value.mean():8.4g}"
    shape = "" if value.ndim == 0 else f", mean of {'x'.join(map(str, value.shape))}"
    status = f"learnable in {interval(entry.bounds)}" if entry.is_learnable else "fixed"
    return f"{name:<12} {shown} {entry.unit:<5} {status}{shape}"


def interval(bounds: Bounds) -> str:
    """Write bounds for people; the open bound just below zero, which admits zero, reads ``[0``.

    Examples
    --------
    >>> interval((1.0, 50.0))
    '(1, 50)'
    """
    low, high = bounds
    return f"[0, {high:g})" if low == -math.ulp(0.0) else f"({low:g}, {high:g})"
