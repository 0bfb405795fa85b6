"""What a search without gradients finds: CMA-ES, as people use it to fit neurons."""

import time

import equinox as eqx
import jax
import numpy as np
from jax.flatten_util import ravel_pytree

import dendrax as dx

# Of the first step in the unbounded space of to_free: about half of the way to a bound.
_SIGMA = 0.5


def search(fitted: dx.FitResult, start: dx.AbstractNeuron, seconds: float) -> np.ndarray:
    """Lower the loss of a fit on its trained sweeps, from the same start, until the time is over.

    The program is compiled before the clock starts.

    Returns
    -------
    ndarray (generation, 2)
        After each generation: the evaluations until then, and the lowest loss.
    """
    import cma

    assert fitted.objective is not None
    assert fitted.sweeps is not None
    objective, sweeps = fitted.objective, dx.take(fitted.sweeps, list(fitted.trained))
    origin, unravel = ravel_pytree(dx.to_free(start))

    @eqx.filter_jit
    def losses(points: jax.Array) -> jax.Array:
        # One after the other: side by side they would wait for the slowest.
        return jax.lax.map(lambda point: objective(unravel(point), sweeps)[0], points)

    strategy = cma.CMAEvolutionStrategy(np.asarray(origin), _SIGMA, {"seed": 1, "verbose": -9})
    losses(np.tile(origin, (strategy.popsize, 1))).block_until_ready()
    history, began = [], time.perf_counter()
    while time.perf_counter() - began < seconds:
        points = strategy.ask()
        found = np.asarray(losses(np.stack(points)))
        # A point whose simulation fails is as bad as any.
        strategy.tell(points, np.where(np.isfinite(found), found, 1e6).tolist())
        history.append((strategy.countevals, strategy.best.f))
    return np.asarray(history)
