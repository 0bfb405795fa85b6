"""How well the data determine the parameters of a fit."""

from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.fitting._bound import which_bound
from dendrax.fitting._free import Free, bounded, to_free
from dendrax.fitting._labels import labels_of
from dendrax.fitting._least_squares import jacobian
from dendrax.fitting._objective import Objective
from dendrax.fitting._result import FitResult
from dendrax.parameters import parameters
from dendrax.results import Sweeps, take
from dendrax.simulation import with_settings

if TYPE_CHECKING:
    import xarray


def uncertainty(
    fitted: FitResult, *, method: str = "gauss_newton", level: float = 0.95
) -> "xarray.Dataset":
    r"""Return the parameters of a fit with their uncertainty, and which combinations are sloppy.

    .. math:: \Sigma = s^2 (J^T J)^{-1}, \qquad s^2 = \frac{r^T r}{n - p}

    with the ``n`` residuals ``r`` of the loss on the trained trials, and their Jacobian ``J`` with
    respect to the ``p`` free parameters, exact by forward mode. Residuals are taken to be
    independent and of one size: samples of a voltage closer than its noise is correlated tell less
    than is assumed here.

    Parameters
    ----------
    fitted : FitResult
        By a loss that is a sum of squares.
    method : {"gauss_newton", "hessian"}
        ``"hessian"`` takes the matrix of second derivatives, by differences of exact gradients, in
        the place of ``J^T J``: it includes the curvature of the model, and suits any loss; one that
        is no sum of squares is taken for a negative log likelihood, ``s = 1``.
    level : float, default 0.95
        Of the intervals.

    Returns
    -------
    xarray.Dataset
        On ``parameter`` (an entry of an array is ``name[i]``): ``value``, ``std``, ``lower`` and
        ``upper`` in ``unit``, the bounds ``low`` and ``high``, ``is_at_bound``; ``covariance``; and
        on ``direction``, from the stiffest to the sloppiest, ``stiffness`` and the ``weight`` of
        each free parameter. Intervals are symmetric in the space without bounds, where the fit
        moves, and so stay within the bounds.

    Raises
    ------
    FitError
        If the loss is no sum of squares, or the residuals are fewer than the parameters.

    Notes
    -----
    Gutenkunst et al. 2007, PLoS Comput Biol 3:e189, on sloppy directions.
    """
    import xarray
    from scipy import stats

    if method not in ("gauss_newton", "hessian"):
        raise FitError(f"method must be 'gauss_newton' or 'hessian'; got {method!r}.")
    objective, sweeps = problem(fitted)
    free = to_free(fitted.model)
    curvature, variance, freedom = (
        _gauss_newton(objective, free, sweeps)
        if method == "gauss_newton"
        else _hessian(objective, free, sweeps)
    )
    stiffness, directions = np.linalg.eigh(curvature)
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = variance * (directions / stiffness) @ directions.T
        std = np.sqrt(np.diag(covariance))
    reach = stats.t.ppf(0.5 + level / 2, freedom) * std
    point = np.asarray(ravel_pytree(free)[0])
    value, lower, upper = (_physical(fitted, point + k * reach) for k in (0, -1, 1))
    slope = _slope(fitted, free)
    names, entries = labels(fitted.model)
    low, high = np.array([entry.bounds for entry in entries]).T
    on = [bool(which_bound(*each)) for each in zip(value, low, high, strict=True)]
    return xarray.Dataset(
        {
            "value": ("parameter", value),
            "std": ("parameter", np.abs(slope) * std),
            "lower": ("parameter", lower),
            "upper": ("parameter", upper),
            "low": ("parameter", low),
            "high": ("parameter", high),
            "is_at_bound": ("parameter", on),
            "covariance": (("parameter", "parameter_2"), covariance * np.outer(slope, slope)),
            "stiffness": ("direction", stiffness[::-1]),
            "weight": (("direction", "parameter"), directions.T[::-1]),
        },
        coords={
            "parameter": names,
            "unit": ("parameter", [entry.unit for entry in entries]),
        },
        attrs={"method": method, "level": level, "residual_variance": float(variance)},
    )


def problem(fitted: FitResult) -> tuple[Objective, Sweeps]:
    """Return what was fitted, ready for forward mode: the objective and the trained trials."""
    if fitted.objective is None or fitted.sweeps is None:
        raise FitError(
            "a fit that was read from a file does not know its loss. Run dx.fit with its "
            "checkpoint again."
        )
    objective = eqx.tree_at(
        lambda each: each.simulator,
        fitted.objective,
        with_settings(fitted.objective.simulator, adjoint="forward"),
    )
    return objective, take(fitted.sweeps, list(fitted.trained))


def labels(model: Any) -> tuple[list[str], list[Any]]:
    """Return a name for each number that is learnable, and the parameter that it belongs to."""
    names, entries = [], []
    # The order of the flattened dict of free parameters: by name.
    for name in sorted(to_free(model)):
        entry = parameters(model)[name]
        for _, label in labels_of(name, entry.value.shape):
            names.append(label)
            entries.append(entry)
    return names, entries


@eqx.filter_jit
def _linearized(objective: Objective, free: Free, sweeps: Sweeps) -> tuple[Array, Array]:
    residuals, matrix, _ = jacobian(objective, free, sweeps)
    return residuals, matrix


def _gauss_newton(
    objective: Objective, free: Free, sweeps: Sweeps
) -> tuple[Float[np.ndarray, "free free"], float, int]:
    residuals, matrix = (np.asarray(x) for x in _linearized(objective, free, sweeps))
    return matrix.T @ matrix, *_variance(residuals, matrix.shape[1])


def _variance(residuals: np.ndarray, n_free: int) -> tuple[float, int]:
    # What does not count, such as samples around a spike, is exactly zero.
    freedom = int(np.count_nonzero(residuals)) - n_free
    if not np.any(residuals):
        return 0.0, max(residuals.size - n_free, 1)
    if freedom < 1:
        raise FitError(
            f"{freedom + n_free} residuals do not determine {n_free} parameters. Fit more sweeps, "
            "or make fewer parameters learnable."
        )
    return float(residuals @ residuals) / freedom, freedom


@eqx.filter_jit
def _gradient(objective: Objective, free: Free, sweeps: Sweeps) -> Array:
    return ravel_pytree(jax.grad(objective, has_aux=True)(free, sweeps)[0])[0]


def _hessian(
    objective: Objective, free: Free, sweeps: Sweeps
) -> tuple[Float[np.ndarray, "free free"], float, int]:
    backward = eqx.tree_at(
        lambda each: each.simulator, objective, with_settings(objective.simulator, adjoint="tape")
    )
    point, unravel = ravel_pytree(free)
    step = jnp.finfo(point.dtype).eps ** (1 / 3)

    def slope(direction: Array, sign: int) -> Array:
        return _gradient(backward, unravel(point + sign * step * direction), sweeps)

    rows = [(slope(e, 1) - slope(e, -1)) / (2 * step) for e in jnp.eye(point.size)]
    matrix = np.asarray(jnp.stack(rows))
    try:
        residuals = np.asarray(_linearized(objective, free, sweeps)[0])
    except FitError:
        return (matrix + matrix.T) / 2, 1.0, 10**6
    return (matrix + matrix.T) / 2, *_variance(residuals, point.size)


def _physical(fitted: FitResult, point: np.ndarray) -> np.ndarray:
    free = to_free(fitted.model)
    unravel = ravel_pytree(free)[1]
    known = parameters(fitted.model)
    values = {name: bounded(known[name], x) for name, x in unravel(jnp.asarray(point)).items()}
    return np.asarray(ravel_pytree(values)[0])


def _slope(fitted: FitResult, free: Free) -> np.ndarray:
    """Return how fast each parameter changes with what stands for it in the free space."""
    known = parameters(fitted.model)
    slopes = {
        name: jax.vmap(jax.grad(lambda x, entry=known[name]: bounded(entry, x)))(value.ravel())
        for name, value in free.items()
    }
    return np.asarray(ravel_pytree(slopes)[0])
