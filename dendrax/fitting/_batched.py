"""A simulator as a function of many parameter sets, for inference without likelihood."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.fitting._free import to_free
from dendrax.fitting._uncertainty import labels
from dendrax.inputs import Inputs
from dendrax.parameters import parameters, with_values
from dendrax.simulation import Simulator


class Batched(NamedTuple):
    """A function of many parameter sets.

    Attributes
    ----------
    names : tuple of str
        Of the columns; an entry of an array is ``name[i]``.
    units : tuple of str
    low, high : array (parameter,)
        Their bounds.
    values : array (parameter,)
        Those of the model.
    function : callable
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    low: Float[np.ndarray, " parameter"]
    high: Float[np.ndarray, " parameter"]
    values: Float[np.ndarray, " parameter"]
    function: Callable[[Array], Array]

    def __call__(self, theta: Any) -> Float[np.ndarray, "set feature"]:
        """Simulate each parameter set.

        Parameters
        ----------
        theta : array (set, parameter)
            In the units of the parameters.

        Returns
        -------
        array (set, feature)
            NaN where a simulation failed.

        Raises
        ------
        FitError
            If there is not one column for each parameter.
        """
        sets = jnp.asarray(np.asarray(theta), dtype=float)
        if sets.ndim != 2 or sets.shape[1] != len(self.names):
            raise FitError(
                f"theta must be (set, parameter) with the columns {', '.join(self.names)}; got the "
                f"shape {sets.shape}."
            )
        return np.array(self.function(sets))  # a copy: what JAX owns cannot be written


def batched(
    model: Any,
    inputs: Inputs,
    simulator: Simulator,
    of: Callable[[Any], Array],
    *,
    batch_size: int = 1,
) -> Batched:
    """Return what a simulation shows as a function of many parameter sets.

    It is what simulation-based inference asks for, such as the package sbi, and what samplers and
    sensitivity analyses do.

    Parameters
    ----------
    model : AbstractNeuron or Network
        What was made with :func:`learnable` becomes a column.
    inputs : Inputs
    simulator : Simulator
    of : callable
        Of a simulation result, or of a dict of these for a network: an array of what is observed,
        in operations of JAX.
    batch_size : int, default 1
        How many sets go side by side. On a CPU one after the other is faster, since nobody waits
        for the slowest.

    Returns
    -------
    Batched
        Called with (set, parameter), it returns (set, feature).

    Raises
    ------
    FitError
        If nothing is learnable.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> neuron = dx.LIF(c_m=dx.learnable(150 * pq.pF, bounds=(50, 500) * pq.pF))
    >>> inputs = dx.Inputs([dx.step_current(300 * pq.pA, 10 * pq.ms, 60 * pq.ms)])
    >>> first_spike = dx.batched(
    ...     neuron, inputs, dx.Simulator(80 * pq.ms), lambda result: result.spike_times[:, 0, 0]
    ... )
    >>> first_spike.names, first_spike([[100.0], [200.0]]).shape
    (('c_m',), (2, 1))
    """
    names, entries = labels(model)
    learnable = {name: parameters(model)[name].value for name in to_free(model)}
    values, unravel = ravel_pytree(learnable)

    def observe(theta: Array) -> Array:
        result = simulator(with_values(model, unravel(theta)), inputs)
        results = list(result.values()) if isinstance(result, dict) else [result]
        whole = jnp.stack([(each.status == 0).all() for each in results]).all()
        return jnp.where(whole, jnp.ravel(of(result)), jnp.nan)

    def each(sets: Array) -> Array:
        return lax.map(observe, sets, batch_size=batch_size if batch_size > 1 else None)

    low, high = np.array([entry.bounds for entry in entries]).T
    units = tuple(entry.unit for entry in entries)
    return Batched(tuple(names), units, low, high, np.asarray(values), eqx.filter_jit(each))
