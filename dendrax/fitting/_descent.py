"""Descent along the gradient with any optimizer of Optax."""

from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp

from dendrax.fitting._free import Free
from dendrax.fitting._method import AbstractMethod, Evaluation
from dendrax.fitting._objective import Objective
from dendrax.results import Sweeps

if TYPE_CHECKING:
    import optax


class Descent(AbstractMethod):
    """Descent by the updates of a gradient transformation, which may ask for the loss too."""

    optimizer: "optax.GradientTransformation" = eqx.field(static=True)

    def begin(self, objective: Objective, free: Free, sweeps: Sweeps) -> Any:  # noqa: ARG002
        """Return the state of the optimizer."""
        return self.optimizer.init(free)

    def advance(
        self, objective: Objective, free: Free, memory: Any, sweeps: Sweeps
    ) -> tuple[Free, Any, Evaluation]:
        """Go one step down."""
        from optax import global_norm, with_extra_args_support

        slope = jax.value_and_grad(objective, has_aux=True)
        (loss, seen), gradient = slope(free, sweeps)
        updates, memory = with_extra_args_support(self.optimizer).update(
            gradient,
            memory,
            free,
            value=loss,
            grad=gradient,
            value_fn=lambda free: objective(free, sweeps)[0],
        )
        free = jax.tree.map(jnp.add, free, updates)
        return free, memory, Evaluation(loss, global_norm(gradient), seen)
