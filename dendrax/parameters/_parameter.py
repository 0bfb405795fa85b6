"""A physical parameter: a pytree leaf that knows its unit, its bounds and who may change it."""

from typing import Any

import equinox as eqx
from jaxtyping import Array, Float

from dendrax.units import to_quantity

Bounds = tuple[float, float]


class Parameter(eqx.Module):
    """One parameter of a model, as the model holds it.

    The value is physical (in ``unit``), so a gradient with respect to a model is a gradient with
    respect to physical parameters; the smooth transform that keeps a fit inside the bounds belongs
    to the fit.

    Attributes
    ----------
    value : Array
        The value in ``unit``: a scalar, an array with the axes ``dims``, or one with an axis of
        units in front of them.
    unit : str
        A unit of the internal set, for example ``"mV"``; ``"1"`` if dimensionless.
    bounds : tuple of float
        The open interval, in ``unit``, in which the value lies.
    is_learnable : bool
        Whether a fit may change the value.
    dims : tuple of str
        The names of the axes in one unit of the model.
    """

    value: Float[Array, "..."]
    unit: str = eqx.field(static=True)
    bounds: Bounds = eqx.field(static=True)
    is_learnable: bool = eqx.field(static=True)
    dims: tuple[str, ...] = eqx.field(static=True, default=())

    @property
    def is_per_unit(self) -> bool:
        """Whether each unit of a population has its own value: one axis more than ``dims``."""
        return self.value.ndim > len(self.dims)

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
    """Keep this parameter as it is during a fit; a bare value says the same.

    Parameters
    ----------
    value : Quantity, scalar or array
    """
    return Choice(value, None, is_learnable=False)
