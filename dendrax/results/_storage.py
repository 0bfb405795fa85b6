"""Results to files and back, by the suffix of the path."""

import os
import shutil
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any

from dendrax.errors import RecordingError
from dendrax.inputs import Inputs
from dendrax.results._file import existing_file
from dendrax.results._result import SimulationResult
from dendrax.results._sweeps import Sweeps

# The module of each format, imported when it is used.
_FORMATS = {
    ".nc": "_netcdf",
    ".zarr": "_zarr",
    ".nix": "_nix",
    ".nwb": "_nwb",
    ".mat": "_matlab",
    ".pkl": "_pickle",
}


def write(result: Any, path: str | PathLike, inputs: Inputs | None = None) -> None:
    """Write a result to a file, in the format that the suffix names.

    An existing file is replaced, at the very end: it is never left half written.

    Parameters
    ----------
    result : SimulationResult or Sweeps, or dict of them, or FitResult
        A dictionary, as of the populations of a network, goes to ``.nc`` and ``.zarr``, and so does
        a fit, which :func:`read_fit` reads.
    path : str or path
        ``.nc`` (netCDF 4) and ``.zarr`` (with the extra ``zarr``) are laid out as by
        :func:`to_xarray`, ``.mat`` (MATLAB) has the same variables; ``.nix`` and ``.pkl`` hold the
        block of :func:`to_neo`; ``.nwb`` (with the extra ``nwb``) holds intracellular recordings,
        units and tables of the inputs.
    inputs : Inputs, optional
        What drove the model; Sweeps have them already.

    Raises
    ------
    RecordingError
        If the suffix is another one, the folder is missing, or numbers of trials differ.
    ImportError
        If the library of the format is not installed.

    Examples
    --------
    >>> import dendrax as dx
    >>> dx.write(dx.default_recording(), "cell.txt")
    Traceback (most recent call last):
        ...
    dendrax.errors.RecordingError: cell.txt: the suffix must be .nc, .zarr, .nix, .nwb, .mat or \
.pkl; got '.txt'.
    """
    path = Path(path)
    if not isinstance(result, SimulationResult | Sweeps) and path.suffix not in (".nc", ".zarr"):
        raise RecordingError(
            f"{path}: a fit, or several results, go to .nc or .zarr. Write each result to a file "
            "of its own."
        )
    save = _format(path).save
    if not path.parent.is_dir():
        raise RecordingError(f"{path}: there is no folder {path.parent}. Make it first.")
    if path.is_dir() and not _is_store(path):
        raise RecordingError(f"{path}: is a folder, and will not be replaced. Choose another name.")
    partial = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        save(result, partial, inputs)
        if path.is_dir():
            shutil.rmtree(path)
        partial.replace(path)
    finally:
        if partial.is_dir():
            shutil.rmtree(partial)
        partial.unlink(missing_ok=True)


def read(path: str | PathLike) -> SimulationResult | Sweeps | dict[str, Any]:
    """Read what :func:`write` wrote.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    SimulationResult or Sweeps, or dict of them
        Sweeps if the inputs were written too. Spike times from ``.nwb`` and sample times from
        ``.nwb``, ``.nix`` and ``.pkl`` are computed of seconds and sampling rates, and equal but
        for the last place of floats; all other numbers are the same.

    Raises
    ------
    RecordingError
        If the file is missing, damaged, or was not written by :func:`write`. Recordings are read
        by :func:`read_recording`.
    ImportError
        If the library of the format is not installed.
    """
    path = Path(path)
    load = _format(path).load
    return load(path if _is_store(path) else existing_file(path))


def read_xarray(path: str | PathLike) -> Any:
    """Read the dataset, or the tree of them, that a ``.nc`` file or a ``.zarr`` store holds.

    Raises
    ------
    RecordingError
        If it is missing or damaged, or of another format.
    ImportError
        If the library of the format is not installed.
    """
    path = Path(path)
    if path.suffix not in (".nc", ".zarr"):
        raise RecordingError(f"{path}: datasets are in .nc or .zarr; got {path.suffix!r}.")
    load = _format(path).load_xarray
    return load(path if _is_store(path) else existing_file(path))


def append(
    result: SimulationResult | Sweeps, path: str | PathLike, inputs: Inputs | None = None
) -> None:
    """Add the trials of a result to a Zarr store, or begin one.

    A long run goes to disk batch by batch, and is read as if it had been one.

    Parameters
    ----------
    result : SimulationResult or Sweeps
        Of the same neurons, samples and inputs as what is there; trials and spikes may be others.
    path : str or path
        ``.zarr``.
    inputs : Inputs, optional
        As for :func:`write`.

    Raises
    ------
    RecordingError
        If the suffix is another one, or the results do not go together.
    ImportError
        If zarr is not installed.

    Examples
    --------
    >>> import dendrax as dx
    >>> dx.append(dx.default_recording(), "run.nc")
    Traceback (most recent call last):
        ...
    dendrax.errors.RecordingError: run.nc: trials are appended to .zarr; got '.nc'.
    """
    path = Path(path)
    if path.suffix != ".zarr":
        raise RecordingError(f"{path}: trials are appended to .zarr; got {path.suffix!r}.")
    if not _is_store(path):
        return write(result, path, inputs)
    return _format(path).extend(result, path, inputs)


def _format(path: Path) -> Any:
    if path.suffix not in _FORMATS:
        *most, last = _FORMATS
        raise RecordingError(
            f"{path}: the suffix must be {', '.join(most)} or {last}; got {path.suffix!r}."
        )
    return import_module(f"dendrax.results.formats.{_FORMATS[path.suffix]}")


def _is_store(path: Path) -> bool:
    """Whether a folder is a Zarr store."""
    return (path / "zarr.json").exists()
