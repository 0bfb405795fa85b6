"""The parameters of a fit as a table: where they are, how sure that is, what holds them there."""

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dendrax.errors import FitError
from dendrax.fitting._bound import which_bound
from dendrax.fitting._labels import labels_of
from dendrax.fitting._result import FitResult
from dendrax.fitting._uncertainty import uncertainty
from dendrax.parameters import parameters

if TYPE_CHECKING:
    import pandas
    import xarray


def with_uncertainty(
    fitted: FitResult, *, method: str = "gauss_newton", level: float = 0.95
) -> FitResult:
    """Return the fit together with the uncertainty of its parameters, for tables, files, reports.

    Parameters
    ----------
    fitted : FitResult
    method, level
        As for :func:`uncertainty`.

    Returns
    -------
    FitResult
        Its ``uncertainty`` is filled.

    Warns
    -----
    RuntimeWarning
        If there is none, with the reason; the fit comes back as it was.
    """
    try:
        return replace(fitted, uncertainty=uncertainty(fitted, method=method, level=level))
    except FitError as error:
        warnings.warn(f"no uncertainty: {error}", RuntimeWarning, stacklevel=2)
        return fitted


def fitted_parameters(fitted: FitResult) -> "pandas.DataFrame":
    """Return the learnable parameters of a fit as a table.

    Parameters
    ----------
    fitted : FitResult
        After :func:`with_uncertainty`, if the uncertainty is wanted.

    Returns
    -------
    pandas.DataFrame
        By ``parameter`` (an entry of an array is ``name[i]``): ``value``, ``unit``, the standard
        error ``std`` and the interval from ``lower`` to ``upper`` (NaN where unknown), the bounds
        ``low`` and ``high``, and ``at_bound``: ``"low"``, ``"high"`` or nothing.

    Examples
    --------
    >>> import dendrax as dx
    >>> fitted = dx.read_fit("fit.nc", dx.LIF())  # doctest: +SKIP
    >>> dx.fitted_parameters(fitted)[["value", "unit"]]  # doctest: +SKIP
                    value unit
    parameter
    c_m        149.999997   pF
    """
    return table_of(to_dataset(fitted.model), fitted.uncertainty)


def to_dataset(model: Any) -> "xarray.Dataset":
    """Return all parameters of a model as variables with ``units``, bounds and ``is_learnable``."""
    import xarray

    variables = {}
    for name, entry in parameters(model).items():
        dims = tuple(f"{name}_{i}" for i in range(entry.value.ndim))
        low, high = entry.bounds
        # Infinity is no number of JSON, in which Zarr has its attributes.
        about: dict[str, Any] = {"units": entry.unit, "is_learnable": int(entry.is_learnable)}
        about |= {"low": repr(low), "high": repr(high)}
        variables[name] = (dims, np.asarray(entry.value), about)
    return xarray.Dataset(variables)


def table_of(
    parameters: "xarray.Dataset", uncertainty: "xarray.Dataset | None"
) -> "pandas.DataFrame":
    """Return the table of :func:`fitted_parameters` from the datasets of a fit."""
    import pandas

    rows: dict[str, dict[str, Any]] = {}
    for name in sorted(map(str, parameters)):
        column = parameters[name]
        about = column.attrs
        if not about["is_learnable"]:
            continue
        low, high = float(about["low"]), float(about["high"])
        for index, label in labels_of(name, column.shape):
            value = float(column.values[index])
            rows[label] = {"value": value, "unit": about["units"]}
            rows[label] |= dict.fromkeys(("std", "lower", "upper"), np.nan)
            rows[label] |= {"low": low, "high": high, "at_bound": which_bound(value, low, high)}
    table = pandas.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")
    if uncertainty is not None:
        for name in ("std", "lower", "upper"):
            table[name] = uncertainty[name].sel(parameter=list(rows)).values
    return table
