"""What a fit lowers: the loss of a model as a function of its free parameters."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from dendrax.fitting._free import Free, with_free
from dendrax.fitting.losses import AbstractLoss
from dendrax.results import SimulationResult, Sweeps
from dendrax.simulation import Simulator

Scalar = Float[Array, ""]


class Seen(NamedTuple):
    """What an evaluation tells besides the loss."""

    parts: dict[str, Scalar]
    spike_count: Int[Array, ""]
    is_whole: Bool[Array, ""]  # no trial failed


class Objective(eqx.Module):
    """The loss of a model with given free parameters on given trials."""

    model: Any
    simulator: Simulator
    loss: AbstractLoss

    def __call__(self, free: Free, sweeps: Sweeps) -> tuple[Scalar, Seen]:
        """Return the loss and what else was seen."""
        result = self.simulate(free, sweeps)
        parts = self.loss.parts(result, _wanted(sweeps))
        return sum(parts.values(), jnp.zeros(())), _seen(result, parts)

    def residuals(self, free: Free, sweeps: Sweeps) -> tuple[Float[Array, " residual"], Seen]:
        """Return the residuals of the loss, NaN where a trial failed, and what else was seen."""
        result = self.simulate(free, sweeps)
        seen = _seen(result, self.loss.parts(result, _wanted(sweeps)))
        residuals = self.loss.residuals(result, _wanted(sweeps))
        return jnp.where(seen.is_whole, residuals, jnp.nan), seen

    def simulate(self, free: Free, sweeps: Sweeps) -> Any:
        """Return what the model does on the inputs."""
        return self.simulator(with_free(self.model, free), sweeps.inputs)


def _wanted(sweeps: Sweeps) -> Any:
    """Return what a loss compares with: the sweeps, or the labels or times that stand for them."""
    return sweeps if isinstance(sweeps.target, SimulationResult) else sweeps.target


def _seen(result: Any, parts: dict[str, Scalar]) -> Seen:
    results = list(result.values()) if isinstance(result, dict) else [result]
    counts = [jnp.isfinite(each.spike_times).sum() for each in results]
    whole = [(each.status == 0).all() for each in results]
    return Seen(parts, sum(counts, jnp.zeros((), int)), jax.tree.reduce(jnp.logical_and, whole))
