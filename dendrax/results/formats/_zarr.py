"""Zarr stores, in the layout of ``to_xarray``; trials can be appended."""

from pathlib import Path
from typing import Any

from dendrax.errors import RecordingError
from dendrax.results._xarray import from_xarray, to_xarray
from dendrax.results.formats._reading import load_tree, optional, reading

# Zarr warns of metadata that are kept in one place: they are no part of its third format.
_PLAIN: dict[str, Any] = {"consolidated": False}
# In the order in which they are written.
_GROWING = ("spike", "input_spike", "trial")


def save(result: Any, path: Path, inputs: Any) -> None:
    optional("zarr", "zarr")
    found = to_xarray(result, inputs)
    whole = found.map_over_datasets(_portable) if hasattr(found, "children") else _portable(found)
    whole.to_zarr(path, **_PLAIN)


def _portable(dataset: Any) -> Any:
    """Return the dataset with texts of any length: those of one length have no specification."""
    texts = {name: each for name, each in dataset.variables.items() if each.dtype.kind == "U"}
    return dataset.assign({name: each.astype(object) for name, each in texts.items()})


def load(path: Path) -> Any:
    return from_xarray(load_xarray(path))


def load_xarray(path: Path) -> Any:
    optional("zarr", "zarr")
    with reading(path, "zarr"):
        return load_tree(path, engine="zarr", **_PLAIN)


def extend(result: Any, path: Path, inputs: Any) -> None:
    """Append the trials of a result to a store.

    Raises
    ------
    RecordingError
        If the results differ in more than their trials and spikes.
    """
    import xarray as xr

    optional("zarr", "zarr")
    new = to_xarray(result, inputs)
    options: dict[str, Any] = {"engine": "zarr", "decode_times": False, **_PLAIN}
    with reading(path, "zarr"), xr.open_dataset(path, **options) as old:
        _must_match(old, new, path)
        first = old.sizes["trial"]
    for name in {"trial", "spike_trial", "input_trial"} & set(new.variables):
        new[name] = (new[name].dims, (new[name] + first).values, new[name].attrs)
    # Trials come last: what is counted is there.
    for dim in _GROWING:
        along = [name for name, each in new.variables.items() if dim in each.dims]
        if new.sizes.get(dim):
            part = new.drop_vars(set(new.variables) - set(along))
            part.to_zarr(path, append_dim=dim, **_PLAIN)


def _must_match(old: Any, new: Any, path: Path) -> None:
    if old.attrs.get("dendrax_schema") != new.attrs["dendrax_schema"]:
        raise RecordingError(f"{path}: only what dx.write wrote can be appended to.")
    if set(old.variables) != set(new.variables):
        differing = ", ".join(sorted(map(str, set(old.variables) ^ set(new.variables))))
        raise RecordingError(
            f"{path}: what is appended must hold the same variables; {differing} are in one only."
        )
    for dim in set(new.sizes) - set(_GROWING):
        if old.sizes[dim] != new.sizes[dim]:
            raise RecordingError(
                f"{path}: what is appended must be of the same shape; {dim} has {old.sizes[dim]} "
                f"entries in the file and {new.sizes[dim]} in the result. Write it to a file of "
                "its own."
            )
    for name, each in new.variables.items():
        units = [variable.attrs.get("units") for variable in (old[name], each)]
        if units[0] != units[1] or not (set(_GROWING) & set(each.dims) or each.equals(old[name])):
            raise RecordingError(
                f"{path}: what is appended must have the same {name} and unit of it. Write it to "
                "a file of its own."
            )
