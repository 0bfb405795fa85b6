"""What all formats have in common: one kind of error, and libraries that may be absent."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from dendrax.errors import RecordingError


@contextmanager
def reading(path: Path, library: str) -> Iterator[None]:
    """Turn whatever a library says of a broken file into one line that names the file.

    Raises
    ------
    RecordingError
        In place of any other exception; those of dendrax pass.
    ImportError
        If a library is missing: that is not the fault of the file.
    """
    # Readers fail on broken files each in its own way.
    try:
        yield
    except (RecordingError, ImportError):
        raise
    except Exception as error:
        reason = (str(error).strip() or "no reason").split("\n")[0].rstrip(".")
        raise RecordingError(
            f"{path}: {library} must be able to read the file; it says {type(error).__name__}: "
            f"{reason}. Check that the file is whole and that its extension names its format."
        ) from None


def load_tree(path: Path, **options: Any) -> Any:
    """Load a dataset, or the tree of them if the file has nothing of its own at the top."""
    import xarray as xr

    # Beside a dataset, other groups than those of a tree may be in the file: they are not ours.
    dataset = xr.load_dataset(path, decode_times=False, **options)
    return dataset if dataset.sizes else xr.load_datatree(path, decode_times=False, **options)


def optional(name: str, extra: str) -> Any:
    """Import a library that comes with an extra of dendrax.

    Raises
    ------
    ImportError
        If it is not installed, with the command that installs it.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{name.split('.')[0]} is needed, and not installed. Install it with: "
            f"pip install 'dendrax[{extra}]'."
        ) from error
