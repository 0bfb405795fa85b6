"""The space in which an optimizer moves: unbounded numbers instead of bounded parameters."""

import math
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.parameters import Parameter, parameters, with_values

Model = TypeVar("Model")
Free = dict[str, Float[Array, "..."]]


def to_free(model: Any) -> Free:
    """Return the learnable parameters of a model, by name, as unbounded numbers.

    An interval becomes the real line by the logit, a half line by the logarithm; a parameter
    without bounds is counted in units of its own size. So a step of 0.01 is about a percent of a
    parameter, whatever its unit.

    Parameters
    ----------
    model : AbstractNeuron or Network

    Returns
    -------
    dict of str to Array

    Raises
    ------
    FitError
        If nothing is learnable, or a parameter starts on a bound.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> free = dx.to_free(dx.LIF(tau_syn=dx.learnable(4 * pq.ms, bounds=(2, 6) * pq.ms)))
    >>> {name: float(value) for name, value in free.items()}
    {'tau_syn': 0.0}
    """
    free = {
        name: unbounded(entry, entry.value)
        for name, entry in parameters(model).items()
        if entry.is_learnable
    }
    if not free:
        raise FitError(
            f"{type(model).__name__} has no learnable parameter. Make one with "
            "dx.learnable(value, bounds)."
        )
    for name, value in free.items():
        if not np.all(np.isfinite(value)):
            raise FitError(
                f"{type(model).__name__}.{name} must start inside of its bounds; got "
                f"{parameters(model)[name].quantity}, on one of them. Start a little away from it."
            )
    return free


def with_free(model: Model, free: Free) -> Model:
    """Return the model with its learnable parameters taken from unbounded numbers.

    Parameters
    ----------
    model : AbstractNeuron or Network
        The one of which :func:`to_free` took them, or one alike.
    free : dict of str to Array

    Returns
    -------
    AbstractNeuron or Network

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> neuron = dx.LIF(tau_syn=dx.learnable(4 * pq.ms))
    >>> dx.with_free(neuron, dx.to_free(neuron)).tau_syn.quantity.round(6)
    array(4.) * ms
    """
    known = parameters(model)
    return with_values(model, {name: bounded(known[name], value) for name, value in free.items()})


def unbounded(entry: Parameter, value: Array) -> Array:
    """Return what stands for a value of a parameter in the space without bounds."""
    low, high = entry.bounds
    if math.isfinite(low) and math.isfinite(high):
        return jnp.log(value - low) - jnp.log(high - value)
    if math.isfinite(low):
        return jnp.log(value - low)
    if math.isfinite(high):
        return -jnp.log(high - value)
    return value / _size(entry)


def bounded(entry: Parameter, free: Array) -> Array:
    """Return the value of a parameter, in its unit, of what stands for it without bounds."""
    low, high = entry.bounds
    if math.isfinite(low) and math.isfinite(high):
        return low + (high - low) * jax.nn.sigmoid(free)
    if math.isfinite(low):
        return low + jnp.exp(free)
    if math.isfinite(high):
        return high - jnp.exp(-free)
    return free * _size(entry)


def _size(entry: Parameter) -> Array:
    return jax.lax.stop_gradient(jnp.maximum(jnp.abs(entry.value), 1.0))
