"""The functions in the equations of a cell, for whoever evaluates them."""

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array
from scipy.special import exprel

from dendrax.validation.transcriptions import CellEquations

Function = Callable[[np.ndarray], np.ndarray]


def functions(cell: CellEquations) -> dict[str, Function]:
    """Return functions of rows, of any number of trials, by the names that the equations have."""
    found: dict[str, Function] = {
        "axial": _product(cell.axial, cell.n_rows),
        "expm1_over": lambda x: exprel(x),
    }
    for k, (part, places) in enumerate(zip(cell.mechanisms, cell.places, strict=True)):
        if part.can_share:
            of = np.zeros((places.size, cell.capacitance.size))
            of[np.arange(places.size), places] = 1.0
            found |= {
                f"of_{k}": _product(of, cell.n_rows),
                f"into_{k}": _product(of.T, cell.n_rows),
            }
    return found


def _product(matrix: np.ndarray, n_rows: int) -> Function:
    """Return what rows take from others of their block."""
    whole = np.zeros((n_rows, n_rows))
    whole[: matrix.shape[0], : matrix.shape[1]] = matrix
    sparse = csr_array(whole)
    return lambda x: np.ravel((sparse @ x.reshape(-1, n_rows).T).T)
