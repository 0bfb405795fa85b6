"""netCDF 4, in the layout of ``to_xarray``."""

from pathlib import Path
from typing import Any

from dendrax.results._xarray import from_xarray, to_xarray
from dendrax.results.formats._reading import reading


def save(result: Any, path: Path, inputs: Any) -> None:
    to_xarray(result, inputs).to_netcdf(path, engine="netcdf4")


def load(path: Path) -> Any:
    import xarray as xr

    options: dict[str, Any] = {"engine": "netcdf4", "decode_times": False}
    with reading(path, "netCDF4"):
        # Other groups than those of a tree may be in the file: they are not ours.
        dataset = xr.load_dataset(path, **options)
        tree = dataset if dataset.sizes else xr.load_datatree(path, **options)
    return from_xarray(tree)
