"""Physical units live at the border of dendrax, plain numbers inside.

Inside, every number is in one coherent set (ms, mV, pA, nS, pF, GOhm, um), in which no equation
needs a conversion factor: nS mV = pA, pF mV / ms = pA, 1 / nS = GOhm. This is the only module that
imports ``quantities``; Brian2 quantities are recognised without importing Brian2.
"""

from functools import cache
from typing import Any

import numpy as np
import quantities as pq
from jaxtyping import Float

from dendrax.errors import UnitError

Quantity = pq.Quantity

_MEANING = {
    "ms": ("a time", "5 * pq.ms"),
    "mV": ("a voltage", "-70 * pq.mV"),
    "pA": ("a current", "100 * pq.pA"),
    "nS": ("a conductance", "10 * pq.nS"),
    "pF": ("a capacitance", "200 * pq.pF"),
    "um": ("a length", "20 * pq.um"),
    "GOhm um": ("a resistance times a length", "150 * pq.ohm * pq.cm"),
    "pF/um2": ("a capacitance per area", "1 * pq.uF / pq.cm**2"),
    "MOhm": ("a resistance", "5 * pq.MOhm"),
    "mM": ("a concentration", "2 * pq.mM"),
    "1/ms": ("a frequency", "100 * pq.Hz"),
    "1/mV": ("an inverse voltage", "0.5 / pq.mV"),
    "uF/cm**2": ("a capacitance per area", "1 * pq.uF / pq.cm**2"),
    "mS/cm**2": ("a conductance per area", "0.1 * pq.mS / pq.cm**2"),
    "uA/cm**2": ("a current per area", "5 * pq.uA / pq.cm**2"),
    "ohm*cm": ("a resistivity", "100 * pq.ohm * pq.cm"),
    "1": ("a number without unit", "0.5"),
}
_SPELLING = {"1": "dimensionless", "GOhm um": "V/nA*um", "pF/um2": "pF/um**2", "um2": "um**2"}
_SI_AXES = ("m", "kg", "s", "A", "K", "mol", "cd")


@cache
def _unit(unit: str) -> pq.Quantity:
    return pq.Quantity(1.0, _SPELLING.get(unit, unit))


@cache
def _si(unit: str) -> tuple[float, tuple[int, ...]]:
    """Return the size of a unit in SI, and its exponents of m, kg, s, A, K, mol, cd."""
    simplified = _unit(unit).rescale(_unit(unit).dimensionality.simplified)
    powers = {u.symbol: int(p) for u, p in simplified.dimensionality.items()}
    return float(simplified), tuple(powers.get(axis, 0) for axis in _SI_AXES)


def _is_brian2(value: object) -> bool:
    return type(value).__module__.startswith("brian2.")


def carries_unit(value: Any) -> bool:
    """Whether a value, or an entry of a list or tuple of values, has a physical dimension.

    Examples
    --------
    >>> import quantities as pq
    >>> carries_unit([100 * pq.pA, 0 * pq.pA]), carries_unit(0.5)
    (True, False)
    """
    if isinstance(value, list | tuple):
        return any(carries_unit(entry) for entry in value)
    if isinstance(value, pq.Quantity):
        return bool(value.dimensionality.simplified)
    return _is_brian2(value)


def _refusal(name: str, unit: str, came: str) -> UnitError:
    meaning, example = _MEANING.get(unit, (f"a quantity in {unit}", f"1 * pq.{unit}"))
    return UnitError(f"{name} must be {meaning} (for example {example}); got {came}.")


def to_internal(value: Any, unit: str, name: str) -> Float[np.ndarray, "..."]:
    """Convert a value to plain numbers in a unit of the internal set.

    Parameters
    ----------
    value : Quantity, brian2.Quantity, number, or (nested) list or tuple of these
        A number without unit is accepted only where ``unit`` is ``"1"``.
    unit : str
        The wanted unit, for example ``"mV"``; ``"1"`` is dimensionless.
    name : str
        What to call the value in a message.

    Returns
    -------
    ndarray
        float64, of the shape of ``value``.

    Raises
    ------
    UnitError
        If the dimension is another one, or a unit is missing.

    Examples
    --------
    >>> import quantities as pq
    >>> to_internal(0.02 * pq.s, "ms", "tau_mem")
    array(20.)
    """
    if isinstance(value, list | tuple):
        return np.asarray([to_internal(entry, unit, name) for entry in value], dtype=float)
    if isinstance(value, pq.Quantity):
        try:
            rescaled = value.rescale(_unit(unit).units)
        except ValueError:
            raise _refusal(name, unit, _spell(value)) from None
        return np.asarray(rescaled.magnitude, dtype=float)
    if _is_brian2(value):
        size, powers = _si(unit)
        if tuple(value.dim._dims) != powers:
            raise _refusal(name, unit, f"{value}")
        return np.asarray(np.asarray(value, dtype=float) / size)
    if value is None:  # which numpy takes for NaN
        raise _refusal(name, unit, "None")
    try:
        number = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise _refusal(name, unit, f"{value!r}") from None
    if unit != "1":
        raise _refusal(name, unit, f"{value!r} without a unit")
    return number


def to_quantity(value: Any, unit: str) -> pq.Quantity:
    """Attach a unit to plain numbers; the inverse of :func:`to_internal`."""
    return pq.Quantity(np.asarray(value), _SPELLING.get(unit, unit))


def scalar(value: Any, unit: str, name: str) -> float:
    """Convert one value to a finite float, as :func:`to_internal` does to arrays.

    Raises
    ------
    UnitError
        If the dimension is another one, or the value is not one finite number.
    """
    number = to_internal(value, unit, name)
    if number.shape != () or not np.isfinite(number):
        raise _refusal(name, unit, f"{number}")
    return float(number)


def _spell(value: pq.Quantity) -> str:
    return f"{value}" if value.size < 4 else f"values in {value.dimensionality}"
