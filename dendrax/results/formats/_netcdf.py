"""netCDF 4, in the layout of ``to_xarray``."""

from pathlib import Path
from typing import Any

from dendrax.results._xarray import from_xarray, to_xarray
from dendrax.results.formats._reading import load_tree, reading


def save(result: Any, path: Path, inputs: Any) -> None:
    to_xarray(result, inputs).to_netcdf(path, engine="netcdf4")


def load(path: Path) -> Any:
    return from_xarray(load_xarray(path))


def load_xarray(path: Path) -> Any:
    with reading(path, "netCDF4"):
        return load_tree(path, engine="netcdf4")
