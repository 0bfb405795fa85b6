"""Padded spike tables to flat lists and back."""

import numpy as np


def flatten(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
    """List the finite entries of a table (trial, unit, spike), row by row.

    Returns
    -------
    trial, unit : ndarray of int32 (spike,)
        The row of each entry.
    where : tuple of ndarray
        Index of the entries in the table.
    """
    where = np.nonzero(np.isfinite(table))
    return where[0].astype(np.int32), where[1].astype(np.int32), where


def unflatten(
    values: np.ndarray, trial: np.ndarray, unit: np.ndarray, shape: tuple[int, int], width: int
) -> np.ndarray:
    """Return the table (trial, unit, spike) of a flat list, padded with inf.

    Entries of one row keep their order; the table is at least ``width`` wide.
    """
    row = np.asarray(trial) * shape[1] + np.asarray(unit)
    counts = np.bincount(row, minlength=shape[0] * shape[1])
    table = np.full((len(counts), max([width, *counts])), np.inf, dtype=values.dtype)
    order = np.argsort(row, kind="stable")
    column = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    table[row[order], column] = values[order]
    return table.reshape(*shape, table.shape[1])
