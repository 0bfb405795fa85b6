"""Diffrax's solvers, made ready for a loop that is not Diffrax's."""

import dataclasses
from collections.abc import Sequence
from functools import cache
from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Float

from dendrax.errors import ModelError

Scalar = Float[Array, ""]
State = Any

# What stands in a root finder for "as the controller has it".
_OPEN = diffrax.with_stepsize_controller_tols(optx.Newton)().rtol
# With fixed steps the root finder converges to this many units of rounding.
_ROUNDING = 1e3
# The highest degree of a dense output, and what of it is rounding.
_DEGREE, _NOTHING = 8, 1e-13


def ready(
    solver: diffrax.AbstractSolver,
    controller: diffrax.AbstractStepSizeController | None,
    adjoint: str,
) -> diffrax.AbstractSolver:
    """Settle what ``diffrax.diffeqsolve`` would settle.

    The stages of a Runge-Kutta solver are a loop that by default can be differentiated in reverse
    mode only. A root finder takes its tolerances from the controller.
    """
    if adjoint == "forward" and getattr(solver, "scan_kind", "lax") is None:
        solver = dataclasses.replace(solver, scan_kind="lax")
    if isinstance(solver, diffrax.AbstractImplicitSolver):
        finder = solver.root_finder
        tight = _ROUNDING * float(jnp.finfo(jnp.result_type(float)).eps)
        fixed = {"rtol": tight, "atol": tight, "norm": optx.rms_norm}
        open_ = [name for name in fixed if getattr(finder, name) is _OPEN]
        settled = [getattr(controller, name, fixed[name]) for name in open_]
        solver = eqx.tree_at(lambda s: [getattr(s.root_finder, n) for n in open_], solver, settled)
    return solver


def one_step(
    solver: diffrax.AbstractSolver,
    terms: diffrax.ODETerm,
    t_0: Scalar,
    t_1: Scalar,
    y: State,
    args: Any,
) -> tuple[State, Any, Any]:
    """Take one step that begins at an event.

    Returns the new value, its error, and the dense output, which :func:`along` evaluates.

    The few stages of an explicit Runge-Kutta solver are written out: Diffrax loops over them, which
    in reverse mode takes seven times as long. No array has an axis of stages, and none of the
    variables of a state, over which loops would not be vectorised.
    """
    if not isinstance(solver, diffrax.AbstractERK):
        solver_state = solver.init(terms, t_0, t_1, y, args)
        # The right-hand side is evaluated anew at the start of each step.
        return solver.step(terms, t_0, t_1, y, args, solver_state, made_jump=True)[:3]
    tableau: Any = solver.tableau
    size, stages = t_1 - t_0, []
    for c, row in zip([0.0, *tableau.c], [(), *tableau.a_lower], strict=True):
        rate = terms.vf(t_0 + float(c) * size, _combined(y, row, stages), args)
        stages.append(jax.tree.map(lambda rate: size * rate, rate))
    nothing = jax.tree.map(jnp.zeros_like, y)
    error = _combined(nothing, tableau.b_error, stages)
    polynomial = [_combined(nothing, row, stages) for row in _dense_output(type(solver))]
    return _combined(y, tableau.b_sol, stages), error, (y, *polynomial)


def along(solver: diffrax.AbstractSolver, dense: Any, x: Scalar) -> State:
    """Evaluate the dense output of a step in the step's own time, from 0 to 1."""
    if not isinstance(solver, diffrax.AbstractERK):
        # Diffrax stores increments, not rates: its interpolants need not know the length.
        t_0, t_1 = jnp.asarray(0.0), jnp.asarray(1.0)
        return solver.interpolation_cls(t0=t_0, t1=t_1, **dense).evaluate(x)
    return jax.tree.map(lambda *coefficients: polyval(coefficients, x), *dense)


def polyval(coefficients: Sequence[Array], x: Scalar) -> Array:
    """Evaluate a polynomial whose coefficients ascend, by Horner's rule."""
    *lower, value = coefficients
    for coefficient in reversed(lower):
        value = coefficient + x * value
    return value


@cache
def _dense_output(kind: type[diffrax.AbstractERK]) -> np.ndarray:
    """Return what each stage adds to the coefficients of x, x^2, ... of the dense output.

    Diffrax knows an interpolant as a function that is linear in the stages: this is the polynomial
    through its values.
    """
    solver: Any = kind()
    n = len(solver.tableau.b_sol)
    x = 0.5 - 0.5 * np.cos(np.pi * (np.arange(_DEGREE) + 0.5) / _DEGREE)

    def evaluate(k, x):
        dense = {"y0": 0.0 * x, "y1": k @ jnp.asarray(solver.tableau.b_sol, float), "k": k}
        return solver.interpolation_cls(t0=0.0 * x, t1=1.0 + 0.0 * x, **dense).evaluate(x)

    with jax.ensure_compile_time_eval(), jax.enable_x64(True):
        each = jax.vmap(jax.vmap(evaluate, (0, None)), (None, 0))
        values = np.asarray(each(jnp.eye(n), jnp.asarray(x)))
    for degree in range(1, _DEGREE + 1):
        powers = x[:, None] ** np.arange(1, degree + 1)
        weights = np.linalg.lstsq(powers, values)[0]
        if np.allclose(powers @ weights, values, rtol=0.0, atol=_NOTHING):
            return np.where(np.abs(weights) < _NOTHING, 0.0, weights)
    raise ModelError(
        f"the dense output of a solver must be a polynomial of degree {_DEGREE} at most; that of "
        f"{kind.__name__} is none. Take another solver."
    )


def _combined(y: State, weights: Any, stages: list[State]) -> State:
    for weight, stage in zip(weights, stages, strict=True):
        if weight:
            y = jax.tree.map(lambda y, k, weight=float(weight): y + weight * k, y, stage)
    return y
