"""Classes with parameters: what a model declares, and what it makes of the values it is given."""

import math
from dataclasses import MISSING, Field, fields
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from dendrax.errors import ModelError
from dendrax.parameters._parameter import Bounds, Choice, Parameter, fixed
from dendrax.parameters._table import interval, table
from dendrax.units import to_internal, to_quantity

UNBOUNDED: Bounds = (-math.inf, math.inf)
POSITIVE: Bounds = (0.0, math.inf)
# Zero is legal for a refractory period or a delay, and the bounds of a parameter are open.
NOT_NEGATIVE: Bounds = (-math.ulp(0.0), math.inf)
# What most classes state once, and some for each instance: a property that type checkers let stand
# in for a class attribute.
by_instance: Any = property
# What a field made by parameter() holds: a Parameter in the hands of the user, the array of its
# value in an equation, after resolve(). No static type says both.
ParameterOrArray = Any


def parameter(
    unit: str,
    *,
    default: Any = None,
    bounds: Bounds = UNBOUNDED,
    dims: tuple[str, ...] = (),
    dimensionless: float | None = None,
    form: str | None = None,
    own: bool = False,
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
        The names of its axes in one unit of the model, for example ``("dendrite",)``. A parameter
        with a default may also be a scalar, and one more axis in front gives each unit of a
        population its own value.
    dimensionless : float, optional
        Its default where the model is given in the dimensionless form; there it has no unit.
    form : {"physical", "dimensionless"}, optional
        The only form in which it exists; in the other one the model holds None. Who gives a
        parameter of the dimensionless form chooses that form for the whole model.
    own : bool, default False
        Whether the class itself finds a value, before it makes parameters of its fields, where the
        user gives none; if it does not, the model holds None.
    """
    only = {"dimensionless": dimensionless, "form": form, "own": own}
    metadata = {"unit": unit, "bounds": bounds, "dims": dims, **only}
    if form == "dimensionless" or own:
        return eqx.field(kw_only=True, default=None, metadata=metadata)
    if default is None:
        return eqx.field(kw_only=True, metadata=metadata)
    return eqx.field(kw_only=True, default=fixed(to_quantity(default, unit)), metadata=metadata)


class Parameterized(eqx.Module):
    """A module whose fields made by :func:`parameter` take quantities and hold parameters."""

    def __post_init__(self) -> None:
        declared = [field for field in fields(self) if "unit" in field.metadata]
        form = self._form(declared)
        for field in declared:
            object.__setattr__(self, field.name, self._parameter(field, form))

    def _form(self, declared: list[Field]) -> str:
        """Return the form in which the parameters are given; the physical one by default."""
        given = {"physical": [], "dimensionless": [], None: []}
        for field in declared:
            value = getattr(self, field.name)
            if value is not None and value is not field.default:
                given[field.metadata["form"]].append(field.name)
        physical, dimensionless = (" and ".join(given[x]) for x in ("physical", "dimensionless"))
        if physical and dimensionless:
            raise ModelError(
                f"{type(self).__name__} must be given in one form; got {physical} of the physical "
                f"form and {dimensionless} of the dimensionless one. Leave out one of them."
            )
        return "dimensionless" if dimensionless else "physical"

    def _parameter(self, field: Field, form: str) -> Parameter | None:
        choice, name = getattr(self, field.name), f"{type(self).__name__}.{field.name}"
        unit, bounds, dims, dimensionless, only, own = field.metadata.values()
        if only not in (None, form) or (own and choice is None):
            return None
        if form == "dimensionless" and dimensionless is not None:
            unit, choice = "1", dimensionless if choice is field.default else choice
        value = as_parameter(choice, name, unit=unit, bounds=bounds, dims=dims)
        _must_have_axes(value, name, is_required=field.default is MISSING)
        return value

    def __str__(self) -> str:
        return f"{type(self).__name__}\n{table(self)}"


def as_parameter(
    choice: Any,
    name: str,
    *,
    unit: str,
    bounds: Bounds = UNBOUNDED,
    dims: tuple[str, ...] = (),
) -> Parameter:
    """Make a parameter of what a user gives for one; refuse what is not finite or out of bounds."""
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
        raise ModelError(f"{name} must lie in {interval(bounds)} {unit}; got {value} {unit}.")
    return Parameter(jnp.asarray(value, dtype=float), unit, bounds, choice.is_learnable, dims)


def _must_have_axes(entry: Parameter, name: str, *, is_required: bool) -> None:
    n, came = len(entry.dims), entry.value.shape
    if len(came) in (n, n + 1) or (len(came) == 0 and not is_required):
        return
    axes = f"the axes ({', '.join(entry.dims)})" if entry.dims else "no axis"
    raise ModelError(f"{name} must have {axes}, or one of units in front; got the shape {came}.")


def _narrowed(physical: Bounds, wanted: np.ndarray, name: str) -> Bounds:
    if wanted.shape != (2,) or not wanted[0] < wanted[1]:
        raise ModelError(f"the bounds of {name} must be (lower, upper); got {wanted}.")
    return max(physical[0], float(wanted[0])), min(physical[1], float(wanted[1]))
