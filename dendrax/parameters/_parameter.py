"""A physical parameter: a pytree leaf that knows its unit, its bounds and who may change it."""

import math
from dataclasses import fields
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dendrax.errors import ModelError
from dendrax.units import to_internal, to_quantity

Bounds = tuple[float, float]
UNBOUNDED: Bounds = (-math.inf, math.inf)


class Parameter(eqx.Module):
    """One parameter of a model, as the model holds it.

    The value is physical (in ``unit``), so a gradient with respect to a model is a gradient with
    respect to physical parameters; the smooth transform that keeps a fit inside the bounds belongs
    to the fit.

    Attributes
    ----------
    value : Array
        The value in ``unit``, of any shape.
    unit : str
        A unit of the internal set, for example ``"mV"``; ``"1"`` if dimensionless.
    bounds : tuple of float
        The open interval, in ``unit``, in which the value lies.
    is_learnable : bool
        Whether a fit may change the value.
    """

    value: Float[Array, "..."]
    unit: str = eqx.field(static=True)
    bounds: Bounds = eqx.field(static=True)
    is_learnable: bool = eqx.field(static=True)

    @property
    def quantity(self) -> Any:
        """The value with its unit."""
        return to_quantity(self.value, self.unit)


class Choice(eqx.Module):
    """What a user says of a value before the model gives it a name and a unit."""

    value: Any
    bounds: Any
    is_learnable: bool = eqx.field(static=True)


def learnable(value: Any, bounds: Any = None) -> Choice:
    """Let a fit change this parameter.

    Parameters
    ----------
    value : Quantity, scalar or array
        The value to start from.
    bounds : Quantity of shape (2,) or pair, optional
        The open interval in which the value stays. Default: what the physics of the parameter
        allows, for example all positive numbers for a time constant.

    Returns
    -------
    Choice
        To be handed to a model in the place of the value.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> neuron = dx.LIF(g_leak=dx.learnable(10 * pq.nS, bounds=(1, 50) * pq.nS))
    >>> neuron.g_leak.bounds
    (1.0, 50.0)
    """
    return Choice(value, bounds, is_learnable=True)


def fixed(value: Any) -> Choice:
    """Keep this parameter as it is during a fit; a bare value says the same."""
    return Choice(value, None, is_learnable=False)


def parameter(
    unit: str, *, default: Any = None, bounds: Bounds = UNBOUNDED, dims: tuple[str, ...] = ()
) -> Any:
    """Declare a parameter as a field of a :class:`Parameterized` class.

    Parameters
    ----------
    unit : str
        The unit in which the class computes with it.
    default : float, optional
        The value, in ``unit``, where the user gives none. Without a default it is required.
    bounds : tuple of float, optional
        The open interval, in ``unit``, that the physics allows.
    dims : tuple of str, optional
        The names of its axes in one unit of the model, for example ``("dendrite",)``.
    """
    metadata = {"unit": unit, "bounds": bounds, "dims": dims}
    if default is None:
        return eqx.field(kw_only=True, metadata=metadata)
    return eqx.field(kw_only=True, default=fixed(to_quantity(default, unit)), metadata=metadata)


class Parameterized(eqx.Module):
    """A module whose fields made by :func:`parameter` take quantities and hold parameters."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if "unit" in field.metadata:
                named = f"{type(self).__name__}.{field.name}"
                value = _as_parameter(getattr(self, field.name), named, **field.metadata)
                object.__setattr__(self, field.name, value)

    def __str__(self) -> str:
        from dendrax.parameters._table import table

        return f"{type(self).__name__}\n{table(self)}"


def _as_parameter(
    choice: Any, name: str, *, unit: str, bounds: Bounds, dims: tuple[str, ...]
) -> Parameter:
    if isinstance(choice, Parameter):
        choice = Choice(choice.quantity, to_quantity(choice.bounds, unit), choice.is_learnable)
    if not isinstance(choice, Choice):
        choice = fixed(choice)
    value = to_internal(choice.value, unit, name)
    if choice.bounds is not None:
        bounds = _narrowed(bounds, to_internal(choice.bounds, unit, f"the bounds of {name}"), name)
    if not np.all(np.isfinite(value)):
        raise ModelError(f"{name} must be finite; got {value} {unit}.")
    if not np.all((bounds[0] < value) & (value < bounds[1])):
        raise ModelError(
            f"{name} must lie between {bounds[0]:g} and {bounds[1]:g} {unit}; got {value} {unit}."
        )
    if value.ndim < len(dims):
        raise ModelError(
            f"{name} must have the axes ({', '.join(dims)}); got the shape {value.shape}."
        )
    return Parameter(jnp.asarray(value, dtype=float), unit, bounds, choice.is_learnable)


def _narrowed(physical: Bounds, wanted: np.ndarray, name: str) -> Bounds:
    if wanted.shape != (2,) or not wanted[0] < wanted[1]:
        raise ModelError(f"the bounds of {name} must be (lower, upper); got {wanted}.")
    return max(physical[0], float(wanted[0])), min(physical[1], float(wanted[1]))
