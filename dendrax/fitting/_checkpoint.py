"""Checkpoints: a fit that is killed at any moment goes on as if nothing had happened."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np

from dendrax.errors import FitError


def fingerprint(arrays: Any, settings: Any) -> str:
    """Return what must not change between the parts of an interrupted fit."""
    digest = hashlib.sha256()
    leaves, structure = jax.tree.flatten(arrays)
    digest.update(str(structure).encode())
    for leaf in leaves:
        digest.update(np.asarray(leaf).tobytes())
    digest.update(repr(settings).encode())
    return digest.hexdigest()


def save(path: Path, progress: Any, fingerprint: str) -> None:
    """Write a checkpoint; a file that is there is a whole one, whenever the process dies."""
    unfinished = path.with_name(path.name + ".tmp")
    with unfinished.open("wb") as file:
        file.write((json.dumps(fingerprint) + "\n").encode())
        eqx.tree_serialise_leaves(file, progress)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)


def load(path: Path, like: Any, fingerprint: str) -> Any:
    """Read a checkpoint of the same fit.

    Raises
    ------
    FitError
        If the file is no checkpoint, or one of another fit.
    """
    with path.open("rb") as file:
        try:
            found = json.loads(file.readline())
        except ValueError as error:
            raise FitError(f"{path} is not a checkpoint. Remove it, or name another.") from error
        if found != fingerprint:
            raise FitError(
                f"{path} belongs to another fit (other model, data, loss or settings). Remove it, "
                "or name another."
            )
        try:
            return eqx.tree_deserialise_leaves(file, like)
        except (ValueError, RuntimeError, EOFError) as error:
            raise FitError(f"{path} is damaged: {error}. Remove it.") from error
