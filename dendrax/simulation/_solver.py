"""Diffrax's solvers, made ready for a loop that is not Diffrax's."""

import dataclasses
from typing import Any

import diffrax
import equinox as eqx
import jax.numpy as jnp
import optimistix as optx
from jaxtyping import Array, Float

Scalar = Float[Array, ""]

# What stands in a root finder for "as the controller has it".
_OPEN = diffrax.with_stepsize_controller_tols(optx.Newton)().rtol
# With fixed steps the root finder converges to this many units of rounding.
_ROUNDING = 1e3


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
    y: Float[Array, " flowing"],
    args: Any,
) -> tuple[Float[Array, " flowing"], Any, dict[str, Any]]:
    """Take one step that begins at an event; returns the new value, its error and the dense output.

    The few stages of an explicit Runge-Kutta solver are written out: Diffrax loops over them, which
    in reverse mode takes seven times as long.
    """
    if not isinstance(solver, diffrax.AbstractERK):
        solver_state = solver.init(terms, t_0, t_1, y, args)
        # The right-hand side is evaluated anew at the start of each step.
        return solver.step(terms, t_0, t_1, y, args, solver_state, made_jump=True)[:3]
    tableau: Any = solver.tableau
    size, stages = t_1 - t_0, []
    for c, row in zip([0.0, *tableau.c], [(), *tableau.a_lower], strict=True):
        rate = terms.vf(t_0 + float(c) * size, _combined(y, row, stages), args)
        stages.append(size * rate)
    y_1 = _combined(y, tableau.b_sol, stages)
    error = _combined(jnp.zeros_like(y), tableau.b_error, stages)
    return y_1, error, {"y0": y, "y1": y_1, "k": jnp.stack(stages)}


def _combined(y: Array, weights: Any, stages: list[Array]) -> Array:
    for weight, stage in zip(weights, stages, strict=True):
        y = y + float(weight) * stage if weight else y
    return y
