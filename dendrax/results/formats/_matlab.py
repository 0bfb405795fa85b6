"""MATLAB files: the variables of ``to_xarray`` under their own names, and what describes them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from dendrax.errors import RecordingError
from dendrax.results._xarray import from_xarray, to_xarray
from dendrax.results.formats._reading import reading

# MATLAB refuses longer names.
_LONGEST = 63


def save(result: Any, path: Path, inputs: Any) -> None:
    from scipy.io import savemat

    dataset = to_xarray(result, inputs)
    names = [*map(str, dataset.variables)]
    for name in names:
        if not (name.isidentifier() and name[0].isalpha() and len(name) <= _LONGEST):
            raise RecordingError(
                f"{path}: {name!r} is not the name of a MATLAB variable. Write another format."
            )
    about = {
        "dims": {name: " ".join(map(str, dataset[name].dims)) for name in names},
        "units": {name: dataset[name].attrs.get("units", "") for name in names},
        "sizes": {str(dim): n for dim, n in dataset.sizes.items()},
        "attributes": json.dumps(dataset.attrs),
    }
    values = {name: dataset[name].values for name in names}
    savemat(path, values | {"about": about}, long_field_names=True, oned_as="column")


def load(path: Path) -> Any:
    import xarray as xr
    from scipy.io import loadmat

    with reading(path, "scipy"):
        found = loadmat(path, simplify_cells=True)
        if "about" not in found:
            raise RecordingError(f"{path}: only MATLAB files of dx.write can be read.")
        about = found["about"]
        variables = {}
        for name, dims in about["dims"].items():
            dims = str(dims).split() if np.size(dims) else []
            shape = [int(about["sizes"][dim]) for dim in dims]
            unit = str(about["units"][name]) if np.size(about["units"][name]) else ""
            variables[name] = (dims, np.reshape(found[name], shape), {"units": unit})
        dataset = xr.Dataset(variables, attrs=json.loads(about["attributes"]))
    return from_xarray(dataset)
