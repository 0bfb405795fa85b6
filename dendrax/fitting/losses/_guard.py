"""How near silent neurons came to a spike: what pulls them where no spike is there to be moved."""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.fitting.losses._loss import Readout
from dendrax.results import SimulationResult
from dendrax.simulation import Maximum, peak

# The readout that a loss asks for where silent neurons are to be pulled.
READOUTS: dict[str, Readout] = {"guard": Maximum("guard")}


def shortfall(result: SimulationResult) -> Float[Array, "trial neuron"]:
    """Return how far the guard of each neuron stayed below zero at its highest.

    The readout ``"guard"``, or else the highest sample of the trace ``"guard"``.

    Raises
    ------
    FitError
        If the result has neither.
    """
    if "guard" in result.readouts:
        highest = result.readouts["guard"]
    elif "guard" in result.traces:
        highest = peak(result.traces["guard"])
    else:
        raise FitError(
            "what pulls silent neurons is their guard, which was not kept. Simulate with "
            "readouts=loss.readouts, or record the guard: record=dx.Record('guard', every=...)."
        )
    return jnp.maximum(-highest, 0.0)


def shortfall_after(
    spikes: Float[Array, "trial neuron spike"], start: float, stop: float, result: SimulationResult
) -> Float[Array, "trial neuron"]:
    """Return how far the guard stays below zero at its highest sample after the last spike.

    Where there is no spike, that is from the start on. An action potential is over where the guard
    first rises again below zero; if it does not, all samples below zero count. Zero without any.
    """
    there = jnp.isfinite(spikes)
    last = lax.stop_gradient(jnp.where(there, spikes, start).max(-1, initial=start))
    guard, times = result.traces["guard"], result.times[None, None]
    after = (times >= last[..., None]) & (times < stop)
    below = after & (guard < 0)
    rises = below & (jnp.diff(guard, append=guard[..., -1:]) > 0)
    is_over = lax.cummax(rises.astype(int), axis=rises.ndim - 1) > 0
    is_over = jnp.where(is_over.any(-1, keepdims=True), is_over & after, below)
    quiet = jnp.where(there.any(-1, keepdims=True), is_over, after)
    highest = peak(jnp.where(quiet, guard, -jnp.inf))
    return jnp.maximum(jnp.where(quiet.any(-1), -highest, 0.0), 0.0)
