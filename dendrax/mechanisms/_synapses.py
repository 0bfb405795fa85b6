"""Synapses whose conductance jumps with each spike and decays exponentially."""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from dendrax.mechanisms._mechanism import AbstractSynapses, Each, Relaxation, Site
from dendrax.mechanisms._passive import POSITIVE
from dendrax.morphology import Compartments
from dendrax.parameters import ParameterOrArray, parameter

SYNAPSE = ("synapse",)


class ExponentialState(NamedTuple):
    """The conductance of each synapse, relative to ``g_max``."""

    g: Each


class ExponentialSynapses(AbstractSynapses):
    """Synapses with the current ``g_max g (v - e_rev)``; ``g`` rises by the weight of a spike.

    Parameters
    ----------
    region : str or Region, default "all"
    n : int, default 1
        How many, spread evenly over the compartments of the region.
    g_max : Quantity [conductance], (synapse,) or scalar, default 1 nS
    tau : Quantity [time], (synapse,) or scalar, default 5 ms
    e_rev : Quantity [voltage], (synapse,) or scalar, default 0 mV
    """

    n: int = eqx.field(static=True, default=1)

    g_max: ParameterOrArray = parameter("nS", default=1.0, bounds=POSITIVE, dims=SYNAPSE)
    tau: ParameterOrArray = parameter("ms", default=5.0, bounds=POSITIVE, dims=SYNAPSE)
    e_rev: ParameterOrArray = parameter("mV", default=0.0, dims=SYNAPSE)

    units = {"g": "1"}

    def places(self, compartments: Compartments) -> Int[np.ndarray, " synapse"]:
        of_region = super().places(compartments)
        return of_region[(np.arange(self.n) * 2 + 1) * len(of_region) // (2 * self.n)]

    def init_state(self, v: Each, site: Site) -> ExponentialState:
        del site
        return ExponentialState(jnp.zeros_like(v))

    def current(self, v: Each, state: ExponentialState, site: Site) -> Each:
        del site
        return self.g_max * state.g * (v - self.e_rev)

    def relaxation(self, v: Each, state: Any, site: Site) -> ExponentialState:
        del state, site
        return ExponentialState(Relaxation(jnp.zeros_like(v), 1 / self.tau))  # pyright: ignore

    def deliver(self, state: ExponentialState, weight: Array, synapse: Array) -> ExponentialState:
        return ExponentialState(state.g.at[synapse].add(weight, mode="drop"))

    def observe(self, state: ExponentialState) -> dict[str, Each]:
        return state._asdict()
