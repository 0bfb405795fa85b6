"""What both schedules of a cell share: the step that its axial currents allow, and its rows."""

import re
from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.validation._products import functions
from dendrax.validation.transcriptions import CellEquations


def longest_step(cell: CellEquations, most: float) -> float:
    """Return a step (ms) that of which the double is stable too."""
    return min(most, 0.4 * _stable_step(cell))


def must_be_stable(cell: CellEquations, dt: float) -> None:
    """Refuse a step (ms) that is too long for the axial currents."""
    if dt > (limit := _stable_step(cell)):
        raise ModelError(
            f"dt must be at most {limit:.3g} ms for the axial currents of these compartments; got "
            f"{dt:g} ms. Take a smaller dt, or longer compartments."
        )


def _stable_step(cell: CellEquations) -> float:
    """Return how long (ms) a step of Runge-Kutta's method may be for the axial currents."""
    per_root = 1 / np.sqrt(cell.capacitance)
    slowest = np.linalg.eigvalsh(per_root[:, None] * cell.axial * per_root)[0]
    return 2.78 / max(-slowest, 1e-9)


def functions_of_brian2(brian2: Any, cell: CellEquations) -> dict[str, Any]:
    """Return the functions in the equations of a cell as Brian2's."""
    found = {}
    for name, apply in functions(cell).items():
        found[name] = brian2.Function(apply, arg_units=[1], return_unit=1, stateless=True)
        # The check of units takes longer than any of these functions.
        found[name].implementations.add_numpy_implementation(apply, discard_units=True)
    return found


def variable_and_row(text: str) -> tuple[str, int]:
    """Return what ``variable[row]`` says."""
    found = re.fullmatch(r"(\w+)\[(\d+)\]", text)
    assert found
    return found[1], int(found[2])
