"""How near silent neurons came to a spike: what pulls them where no spike is there to be moved."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.fitting.losses._loss import Readout
from dendrax.results import SimulationResult
from dendrax.simulation import Maximum

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
        highest = result.traces["guard"].max(-1)
    else:
        raise FitError(
            "what pulls silent neurons is their guard, which was not kept. Simulate with "
            "readouts=loss.readouts, or record the guard: record=dx.Record('guard', every=...)."
        )
    return jnp.maximum(-highest, 0.0)
