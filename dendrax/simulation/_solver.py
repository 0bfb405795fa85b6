"""Diffrax's solvers, made ready for a loop that is not Diffrax's."""

import dataclasses

import diffrax
import equinox as eqx
import jax.numpy as jnp
import optimistix as optx

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
