"""One task at many points, over processes or machines, by Dask."""

import inspect
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dendrax.errors import FitError
from dendrax.fitting._result import FitResult
from dendrax.fitting._tree import to_scores
from dendrax.fitting._values import to_dataset
from dendrax.units import Quantity

if TYPE_CHECKING:
    import distributed
    import xarray

Point = dict[str, Any]


def sweep(
    task: Callable[..., Any],
    over: Mapping[str, Any],
    *,
    client: "distributed.Client | str | None" = None,
    folder: str | os.PathLike | None = None,
    retries: int = 2,
    progress: bool = False,
) -> "xarray.Dataset":
    """Run a task, such as a fit, at each point of a grid, and gather what comes out.

    Tasks run in processes of this machine or, with ``client``, wherever the workers of a Dask
    cluster are. A task that fails, or whose worker dies, is tried again; if it fails to the end it
    leaves NaN and its ``error``, and the others stay.

    Parameters
    ----------
    task : callable
        Called with one value of each name as keyword arguments. It returns a :class:`FitResult`, an
        xarray.Dataset, or a dict of numbers. If it takes a ``checkpoint``, this is the path of a
        file of its own in ``folder`` (None without), for :func:`fit` to go on from.
    over : mapping of str to sequence
        The values of each name: numbers, strings, a Quantity.
    client : distributed.Client or str, optional
        A client of Dask, or the address of a scheduler, such as ``"tcp://node:8786"``. Default: one
        process for each core of this machine.
    folder : path, optional
        Where each finished point is kept, so that the same sweep goes on from there after an
        interruption; made if it is missing. Workers need it only for checkpoints.
    retries : int, default 2
    progress : bool, default False
        Whether to show a progress bar.

    Returns
    -------
    xarray.Dataset
        With a dimension for each name of ``over``, in its order; and ``error``, empty where a task
        succeeded. Of fits: ``best_loss``, the parameters, and the scores on ``part``. What comes
        out under the name of a dimension is called ``name_found``.

    Raises
    ------
    FitError
        If there is nothing to do, every task failed, or the folder is of another sweep.
    ImportError
        If Dask distributed is not installed.

    Warns
    -----
    RuntimeWarning
        If some tasks failed.

    Notes
    -----
    Worker processes import the script that starts them: call it under
    ``if __name__ == "__main__":``. They compute in the precision that JAX is set to here.

    Examples
    --------
    >>> import dendrax as dx
    >>> def square(x, sign):
    ...     return {"y": sign * x**2}
    >>> table = dx.sweep(square, {"x": [1, 2, 3], "sign": [-1, 1]})  # doctest: +SKIP
    >>> table.y.sel(x=3, sign=-1).item()  # doctest: +SKIP
    -9
    """
    points = [dict(zip(over, values, strict=True)) for values in product(*over.values())]
    if not points or not over:
        raise FitError("sweep: over must have at least one name, and each of them a value.")
    files = _files(folder, len(points))
    outcomes = {k: _kept(file, points[k]) for k, file in enumerate(files) if file.exists()}
    left = [k for k in range(len(points)) if k not in outcomes]
    if left:
        with _connected(client) as connected:
            found = _gathered(connected, task, points, left, folder, retries)
            for k, outcome in _shown(found, len(points), len(outcomes), progress):
                outcomes[k] = outcome
                if files and not outcome["error"].item():
                    _keep(outcome, points[k], files[k])
    errors = [outcomes[k]["error"].item() for k in range(len(points))]
    failed = [k for k, error in enumerate(errors) if error]
    if failed:
        first = f"the first, at {_said(points[failed[0]])}: {errors[failed[0]]}"
        if len(failed) == len(points):
            raise FitError(f"every task failed; {first}")
        warnings.warn(
            f"{len(failed)} of {len(points)} tasks failed; {first}", RuntimeWarning, stacklevel=2
        )
    return _combined([outcomes[k] for k in range(len(points))], over)


def _files(folder: str | os.PathLike | None, n: int) -> list[Path]:
    if folder is None:
        return []
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    return [place / f"{k:06d}.nc" for k in range(n)]


def _kept(file: Path, point: Point) -> "xarray.Dataset":
    import xarray

    with xarray.open_dataset(file) as opened:
        outcome = opened.load()
    if outcome.attrs.pop("point") != _said(point):
        raise FitError(f"{file} is of another sweep. Name another folder, or empty this one.")
    return outcome


def _keep(outcome: "xarray.Dataset", point: Point, file: Path) -> None:
    # Whole or not at all, also if the process ends here.
    part = file.with_suffix(".part")
    outcome.assign_attrs(point=_said(point)).to_netcdf(part)
    part.replace(file)


def _said(point: Point) -> str:
    return ", ".join(f"{name}={value}" for name, value in point.items())


@contextmanager
def _connected(client: "distributed.Client | str | None") -> "Iterator[distributed.Client]":
    import distributed

    if isinstance(client, distributed.Client):
        yield client
    elif client is not None:
        with distributed.Client(client) as connected:
            yield connected
    else:
        with (
            distributed.LocalCluster(
                n_workers=os.cpu_count(), threads_per_worker=1, dashboard_address=":0"
            ) as cluster,
            distributed.Client(cluster) as connected,
        ):
            yield connected


def _gathered(
    client: "distributed.Client",
    task: Callable[..., Any],
    points: list[Point],
    left: list[int],
    folder: str | os.PathLike | None,
    retries: int,
) -> Iterator[tuple[int, "xarray.Dataset"]]:
    """Yield the outcome of each point that is left, as they come."""
    import distributed
    import jax
    import xarray

    takes_checkpoint = "checkpoint" in inspect.signature(task).parameters
    futures = {}
    for k in left:
        arguments = points[k]
        if takes_checkpoint:
            file = None if folder is None else Path(folder).resolve() / f"{k:06d}.eqx"
            arguments = {**arguments, "checkpoint": file}
        wide = bool(jax.config.read("jax_enable_x64"))
        future = client.submit(_done, task, arguments, wide, retries=retries, pure=False)
        futures[future] = k
    for future in distributed.as_completed(futures):
        error = future.exception()
        outcome = xarray.Dataset() if error else future.result()
        reason = f"{type(error).__name__}: {error}" if error else ""
        yield futures[future], outcome.assign(error=reason)


def _done(task: Callable[..., Any], arguments: Point, wide: bool) -> "xarray.Dataset":
    """Do the task, in the process of a worker."""
    import jax

    jax.config.update("jax_enable_x64", wide)
    return _as_dataset(task(**arguments))


def _as_dataset(outcome: Any) -> "xarray.Dataset":
    import xarray

    if isinstance(outcome, FitResult):
        loss = outcome.starts["best_loss"].min()
        return to_dataset(outcome.model).merge(to_scores(outcome)).assign(best_loss=loss)
    if isinstance(outcome, Mapping):
        return xarray.Dataset({name: _variable(name, x) for name, x in outcome.items()})
    if isinstance(outcome, xarray.Dataset):
        return outcome
    raise FitError(
        f"a task must return a FitResult, an xarray.Dataset or a dict of numbers; got "
        f"{type(outcome).__name__}."
    )


def _variable(name: str, values: Any) -> tuple[tuple[str, ...], np.ndarray]:
    array = np.asarray(values)
    return tuple(f"{name}_{i}" for i in range(array.ndim)), array


def _shown(found: Iterator[Any], n: int, done: int, progress: bool) -> Iterator[Any]:
    from tqdm.auto import tqdm

    return iter(tqdm(found, total=n, initial=done, desc="sweep", unit="task", disable=not progress))


def _combined(outcomes: list["xarray.Dataset"], over: Mapping[str, Any]) -> "xarray.Dataset":
    import xarray

    # xarray combines nested lists, one level for each dimension.
    nested: Any = [
        each.rename({name: f"{name}_found" for name in over if name in each}) for each in outcomes
    ]
    for values in reversed(list(over.values())[1:]):
        n = len(values)
        nested = [nested[k : k + n] for k in range(0, len(nested), n)]
    combined = xarray.combine_nested(
        nested,
        list(over),
        data_vars="all",
        coords="minimal",
        compat="override",
        join="outer",
        combine_attrs="override",
    )
    labelled = combined.assign_coords({name: _coordinate(name, over[name]) for name in over})
    return labelled.transpose(*over, ...)


def _coordinate(name: str, values: Any) -> Any:
    if isinstance(values, Quantity):
        return name, values.magnitude, {"units": values.dimensionality.string}
    return name, list(values)
