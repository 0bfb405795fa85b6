"""One step of a fit, and all that a fit knows between two steps."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from dendrax.fitting._free import Free, to_free, with_free
from dendrax.fitting.losses import AbstractLoss
from dendrax.neurons import AbstractNeuron
from dendrax.parameters import parameters
from dendrax.results import SimulationResult, Sweeps
from dendrax.simulation import Simulator

if TYPE_CHECKING:
    import optax


class Progress(NamedTuple):
    """What a checkpoint holds: the state of the optimizer, the best model so far, the history."""

    step: Int[Array, ""]
    free: Free
    optimizer: Any
    best_loss: Float[Array, ""]
    best: Free
    history: dict[str, Float[Array, "step *shape"]]


Descent = Callable[[Progress, Sweeps], tuple[Progress, SimulationResult]]


def descent(
    model: AbstractNeuron,
    simulator: Simulator,
    loss: AbstractLoss,
    optimizer: "optax.GradientTransformation",
) -> Descent:
    """Return the compiled function that goes one step down."""
    from optax import global_norm

    def objective(free: Free, sweeps: Sweeps) -> tuple[Array, Any]:
        result = simulator(with_free(model, free), sweeps.inputs)
        parts = loss.parts(result, sweeps)
        return sum(parts.values(), jnp.asarray(0.0)), (parts, result)

    @eqx.filter_jit
    def go(state: Progress, sweeps: Sweeps) -> tuple[Progress, SimulationResult]:
        slope = jax.value_and_grad(objective, has_aux=True)
        (value, (parts, result)), gradient = slope(state.free, sweeps)
        updates, memory = optimizer.update(gradient, state.optimizer, state.free)
        better = value < state.best_loss
        entry = {
            "loss": value,
            **parts,
            "gradient_norm": global_norm(gradient),
            "spike_count": jnp.isfinite(result.spike_times).sum(),
            **_values(model, state.free),
        }
        state = Progress(
            step=state.step + 1,
            free=jax.tree.map(jnp.add, state.free, updates),
            optimizer=memory,
            best_loss=jnp.where(better, value, state.best_loss),
            best=jax.tree.map(lambda a, b: jnp.where(better, a, b), state.free, state.best),
            history={
                name: column.at[state.step].set(entry[name].astype(column.dtype))
                for name, column in state.history.items()
            },
        )
        return state, result

    return go


def beginning(
    model: AbstractNeuron,
    loss_terms: tuple[str, ...],
    optimizer: "optax.GradientTransformation",
    steps: int,
) -> Progress:
    """Return the progress before the first step."""
    free = to_free(model)
    scalars = ("loss", *loss_terms, "gradient_norm", "spike_count")
    columns = {**dict.fromkeys(scalars, jnp.zeros(())), **_values(model, free)}
    history = {name: jnp.full((steps, *x.shape), jnp.nan) for name, x in columns.items()}
    start = Progress(
        jnp.zeros((), int), free, optimizer.init(free), jnp.full((), jnp.inf), free, history
    )
    # Weak types would become strong in the first step, and compile a second one.
    return jax.tree.map(lambda x: lax.convert_element_type(x, x.dtype), start)


def _values(model: AbstractNeuron, free: Free) -> dict[str, Array]:
    values = parameters(with_free(model, free))
    return {name: values[name].value for name in free}
