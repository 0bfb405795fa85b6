"""The profile likelihood of a parameter: how well all others make up for it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from dendrax.errors import FitError
from dendrax.fitting._free import to_free, with_free
from dendrax.fitting._least_squares import LeastSquares
from dendrax.fitting._objective import Objective
from dendrax.fitting._progress import Trials, begin
from dendrax.fitting._result import FitResult
from dendrax.fitting._run import Plan, run
from dendrax.fitting._uncertainty import problem, uncertainty
from dendrax.parameters import Parameter, parameters, with_parameters
from dendrax.units import to_internal

if TYPE_CHECKING:
    import xarray


def profile(
    fitted: FitResult, name: str, values: Any, *, steps: int = 50, level: float = 0.95
) -> "xarray.Dataset":
    r"""Fit all other parameters anew for each of some values of one.

    Where the loss stays low over a wide range of values, the data do not determine the parameter,
    whatever its standard error at the best point says. A value lies inside of the interval if

    .. math:: 2 (L - L_{min}) / s^2 \le \chi^2_1(level)

    with the residual variance ``s^2`` of :func:`uncertainty`.

    Parameters
    ----------
    fitted : FitResult
        By a loss that is a sum of squares, of more than one parameter.
    name : str
        A learnable parameter that is a scalar.
    values : Quantity (value,)
        Within its bounds. Each fit starts where the one next to it, nearer to the best, ended.
    steps : int, default 50
        Of Levenberg-Marquardt, at most, for each value.
    level : float, default 0.95

    Returns
    -------
    xarray.Dataset
        On the dimension ``name``: ``loss``, ``is_inside``, and the other parameters.

    Raises
    ------
    FitError
        If there is no such parameter, it is no scalar or the only one, or the loss is no sum of
        squares.
    UnitError
        If the values have another dimension.

    Notes
    -----
    Raue et al. 2009, Bioinformatics 25:1923.
    """
    import optimistix
    import xarray
    from scipy import stats

    entry = _scalar(fitted.model, name)
    objective, sweeps = problem(fitted)
    at = np.sort(to_internal(values, entry.unit, f"the values of {name}"))
    best = float(entry.value)
    method = LeastSquares(optimistix.LevenbergMarquardt(rtol=1e-6, atol=1e-6))
    trials = Trials(sweeps, None, None, 0)
    rows: dict[float, dict[str, Any]] = {}
    # From the best value outward, on either side.
    for side in (at[at >= best], at[at < best][::-1]):
        model = fitted.model
        for value in side:
            held = replace(entry, value=jnp.asarray(value, dtype=float), is_learnable=False)
            model = with_parameters(model, {name: held})
            problem_here = Objective(model, objective.simulator, objective.loss)
            free = {key: x[None] for key, x in to_free(model).items()}
            state = begin(method, problem_here, free, trials, steps)
            plan = Plan(method, problem_here, trials, steps, None)
            state = run(plan, state, None, steps, progress=False)
            model = with_free(model, {key: x[0] for key, x in state.best.items()})
            others = {key: np.asarray(parameters(model)[key].value) for key in state.best}
            rows[float(value)] = {"loss": float(state.best_loss[0]), **others}
    variance = uncertainty(fitted).attrs["residual_variance"]
    loss = np.array([rows[value]["loss"] for value in at])
    lowest = min(float(np.min(fitted.history["loss"])), float(loss.min()))
    inside = 2 * (loss - lowest) <= variance * stats.chi2.ppf(level, 1)
    known = parameters(fitted.model)
    columns = {
        key: ((name,), np.array([rows[value][key] for value in at]), {"units": known[key].unit})
        for key in rows[float(at[0])]
        if key != "loss" and np.ndim(rows[float(at[0])][key]) == 0
    }
    return xarray.Dataset(
        {"loss": (name, loss), "is_inside": (name, inside), **columns},
        coords={name: (name, at, {"units": entry.unit})},
        attrs={"level": level, "lowest_loss": lowest, "residual_variance": variance},
    )


def _scalar(model: Any, name: str) -> Parameter:
    known = {key: each for key, each in parameters(model).items() if each.is_learnable}
    if name not in known:
        raise FitError(f"there is no learnable parameter {name!r}; there are {', '.join(known)}.")
    if known[name].value.ndim:
        raise FitError(f"{name} must be a scalar to have a profile; it has {known[name].dims}.")
    if len(known) == 1:
        raise FitError(f"{name} is the only learnable parameter: its profile is its loss.")
    return known[name]
