"""The functions in the equations of a cell, for whoever evaluates them."""

from collections.abc import Callable

import numpy as np

from dendrax.validation.transcriptions import CellEquations

Function = Callable[[np.ndarray], np.ndarray]


def functions(cell: CellEquations) -> dict[str, Function]:
    """Return functions of rows, of any number of trials, by the names that the equations have."""
    from scipy.special import exprel

    products = {name: _product(matrix, cell.n_rows) for name, matrix in matrices(cell).items()}
    return {"expm1_over": lambda x: exprel(x), **products}


def matrices(cell: CellEquations) -> dict[str, np.ndarray]:
    """Return the matrices of those functions that are linear: what rows take from others."""
    found = {"axial": cell.axial}
    for k, (part, places) in enumerate(zip(cell.mechanisms, cell.places, strict=True)):
        if part.can_share:
            of = np.zeros((places.size, cell.capacitance.size))
            of[np.arange(places.size), places] = 1.0
            found |= {f"of_{k}": of, f"into_{k}": of.T}
    return found


def _product(matrix: np.ndarray, n_rows: int) -> Function:
    """Return what rows take from others of their block."""
    from scipy.sparse import csr_array

    whole = np.zeros((n_rows, n_rows))
    whole[: matrix.shape[0], : matrix.shape[1]] = matrix
    sparse = csr_array(whole)
    return lambda x: np.ravel((sparse @ x.reshape(-1, n_rows).T).T)
