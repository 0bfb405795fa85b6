"""Results to files and back, by the suffix of the path."""

import os
from collections.abc import Callable
from os import PathLike
from pathlib import Path

from dendrax.errors import RecordingError
from dendrax.inputs import Inputs
from dendrax.results._block import from_block
from dendrax.results._file import existing_file, read_block
from dendrax.results._neo import to_neo
from dendrax.results._result import SimulationResult
from dendrax.results._sweeps import Sweeps
from dendrax.results._xarray import from_xarray, to_xarray


def write(
    result: SimulationResult | Sweeps, path: str | PathLike, inputs: Inputs | None = None
) -> None:
    """Write a result to a file, in the format that the suffix names.

    An existing file is replaced, at the very end: it is never left half written.

    Parameters
    ----------
    result : SimulationResult or Sweeps
    path : str or path
        ``.nc`` (netCDF 4, as :func:`to_xarray` lays it out) or ``.nix`` (as :func:`to_neo` does).
    inputs : Inputs, optional
        What drove the model; Sweeps have them already.

    Raises
    ------
    RecordingError
        If the suffix is another one, the folder is missing, or numbers of trials differ.

    Examples
    --------
    >>> import dendrax as dx
    >>> dx.write(dx.default_recording(), "cell.txt")
    Traceback (most recent call last):
        ...
    dendrax.errors.RecordingError: cell.txt: the suffix must be .nc or .nix; got '.txt'.
    """
    path = Path(path)
    save = _format(path)[0]
    if not path.parent.is_dir():
        raise RecordingError(f"{path}: there is no folder {path.parent}. Make it first.")
    partial = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        save(result, partial, inputs)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read(path: str | PathLike) -> SimulationResult | Sweeps:
    """Read what :func:`write` wrote.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    SimulationResult or Sweeps
        Sweeps if the inputs were written too.

    Raises
    ------
    RecordingError
        If the file is missing, damaged, or was not written by :func:`write`. Recordings are read
        by :func:`read_recording`.
    """
    load = _format(Path(path))[1]
    return load(existing_file(path))


def _format(path: Path) -> tuple[Callable, Callable]:
    formats = {".nc": (_save_netcdf, _load_netcdf), ".nix": (_save_nix, _load_nix)}
    if path.suffix not in formats:
        raise RecordingError(f"{path}: the suffix must be .nc or .nix; got {path.suffix!r}.")
    return formats[path.suffix]


def _save_netcdf(result: SimulationResult | Sweeps, path: Path, inputs: Inputs | None) -> None:
    to_xarray(result, inputs).to_netcdf(path, engine="netcdf4")


def _load_netcdf(path: Path) -> SimulationResult | Sweeps:
    import xarray as xr

    try:
        dataset = xr.load_dataset(path, engine="netcdf4", decode_times=False)
    except (OSError, ValueError) as error:
        raise RecordingError(
            f"{path}: the file must be netCDF 4; {type(error).__name__}: {error}. Check that it is "
            "whole."
        ) from None
    return from_xarray(dataset)


def _save_nix(result: SimulationResult | Sweeps, path: Path, inputs: Inputs | None) -> None:
    import neo

    with neo.NixIO(str(path), "ow") as file:
        file.write_block(to_neo(result, inputs))


def _load_nix(path: Path) -> SimulationResult | Sweeps:
    block, _ = read_block(path)
    return from_block(block)
