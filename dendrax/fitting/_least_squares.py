"""Gauss-Newton methods of Optimistix, with Jacobians by forward mode."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from dendrax.fitting._free import Free
from dendrax.fitting._method import AbstractMethod, Evaluation
from dendrax.fitting._objective import Objective, Seen
from dendrax.results import Sweeps

Vector = Float[Array, " free"]


class LeastSquares(AbstractMethod):
    """A solver such as ``optimistix.LevenbergMarquardt``, for losses that have residuals."""

    solver: Any = eqx.field(static=True)

    def begin(self, objective: Objective, free: Free, sweeps: Sweeps) -> Any:
        """Return the state of the solver."""
        fn = _linear_at_each_point(objective)
        residuals, aux = eqx.filter_eval_shape(fn, free, sweeps)
        return self.solver.init(fn, free, sweeps, {}, residuals, aux, frozenset())

    def advance(
        self, objective: Objective, free: Free, memory: Any, sweeps: Sweeps
    ) -> tuple[Free, Any, Evaluation]:
        """Take or refuse one step; the solver damps the next one accordingly."""
        fn, rest = _linear_at_each_point(objective), (sweeps, {})
        # What comes back belongs to the point before the step.
        free, memory, found = self.solver.step(fn, free, *rest, memory, frozenset())
        converged, _ = self.solver.terminate(fn, free, *rest, memory, frozenset())
        return free, memory, found._replace(has_converged=converged)


def jacobian(
    objective: Objective, free: Free, sweeps: Sweeps
) -> tuple[Float[Array, " residual"], Float[Array, "residual free"], Seen]:
    """Return the residuals, their Jacobian by one pass of forward mode, and what else was seen."""
    point, unravel = ravel_pytree(free)

    def residuals(point: Vector) -> Any:
        return objective.residuals(unravel(point), sweeps)

    def push(tangent: Vector) -> Any:
        return jax.jvp(residuals, (point,), (tangent,), has_aux=True)

    value, columns, seen = jax.vmap(push, out_axes=(0, -1, 0))(jnp.eye(point.size))
    first = jax.tree.map(lambda x: x[0], (value, seen))
    return first[0], columns, first[1]


def _linear_at_each_point(objective: Objective) -> Any:
    """Return the residuals as a function whose linearization is a matrix that is there already.

    Linearizing the simulation itself would keep all of its steps, and run them once more for each
    product with the Jacobian.
    """

    def fn(free: Free, sweeps: Sweeps) -> tuple[Array, Evaluation]:
        at = jax.lax.stop_gradient(free)
        value, matrix, seen = jacobian(objective, at, sweeps)
        distance = ravel_pytree(free)[0] - ravel_pytree(at)[0]
        gradient_norm = jnp.linalg.norm(matrix.T @ value)
        found = Evaluation(0.5 * value @ value, gradient_norm, seen, jnp.zeros((), bool))
        return value + matrix @ distance, found

    return fn
