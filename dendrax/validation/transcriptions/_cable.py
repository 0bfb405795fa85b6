"""The membrane and the cytoplasm of a cell: areas, and axial conductances by elimination."""

from typing import Any

import numpy as np

from dendrax.mechanisms import Passive
from dendrax.neurons import Cell


def areas(model: Cell) -> np.ndarray:
    """Return the membrane of each compartment, in um2."""
    wider, longer = _stretch(model)
    return model.compartments.area * wider * longer


def conductances(model: Cell) -> np.ndarray:
    """Return the matrix (nS) that makes of the voltages of compartments the currents into them.

    Every compartment is two resistors, from its start over its center to its end; a child starts at
    one of these points of its parent. The points that are no centers have no membrane, and are
    eliminated from Kirchhoff's equations (Kron 1939).
    """
    shape, n = model.compartments, len(model.compartments)
    wider, longer = _stretch(model)
    # ohm cm / um is 1e4 ohm; of GOhm, the inverse is nS.
    unit = 1e-5 * of_passive(model, "r_axial") * longer / wider**2
    center, end = np.arange(n), n + np.arange(n)
    start = np.full(n, 2 * n)
    for child in range(1, n):
        parent = shape.parent[child]
        points = {0.0: start, 0.5: center, 1.0: end}
        start[child] = points[float(shape.attachment[child])][parent]
    kirchhoff = np.zeros((2 * n + 1, 2 * n + 1))
    for points, resistance in ((start, shape.resistance_start), (end, shape.resistance_end)):
        g = 1 / (unit * resistance)
        for one, other in ((center, points), (points, center)):
            np.add.at(kirchhoff, (one, other), g)
            np.add.at(kirchhoff, (one, one), -g)
    kept, gone = kirchhoff[:n], kirchhoff[n:]
    eliminated = np.linalg.solve(gone[:, n:], gone[:, :n])
    return kept[:, :n] - kept[:, n:] @ eliminated


def _stretch(model: Cell) -> tuple[np.ndarray, np.ndarray]:
    shape = model.compartments
    return value_of(model.radius) / shape.radius, value_of(model.length) / shape.length


def of_passive(model: Cell, name: str) -> np.ndarray:
    """Return a parameter of ``Passive`` in each compartment."""
    found = np.empty(len(model.compartments))
    for mechanism in model.mechanisms:
        if isinstance(mechanism, Passive):
            found[mechanism.places(model.compartments)] = value_of(getattr(mechanism, name))
    return found


def value_of(parameter: Any) -> np.ndarray:
    """Return a parameter in internal units."""
    return np.asarray(parameter.value)
