"""Connections: weights and delays from one population to another."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dendrax.errors import ModelError
from dendrax.parameters import POSITIVE, Choice, Parameter, ParameterOrArray, as_parameter
from dendrax.units import carries_unit


class Connection(eqx.Module):
    """Synapses from each neuron of a source to each neuron of a target.

    Parameters
    ----------
    source, target : str
        Names of populations; the source may be ``"input"``.
    weight : Quantity [current] or numbers, (source, target), or scalar
        What one spike brings, in the target's ``weight_unit``; for a model whose
        synapses have several weights (``weight_shape``), with their axis at the end.
    delay : Quantity [time], optional
        Always positive: scalar, axonal (source,), or synaptic (source, target). Default: none.
    mask : array of bool (source, target), optional
        Which synapses there are. Default: all. What is masked costs no event.

    Raises
    ------
    UnitError
        If a dimension is another one.
    ModelError
        If shapes disagree, a delay is not positive, or the target is ``"input"``.

    Examples
    --------
    >>> import dendrax as dx, numpy as np, quantities as pq
    >>> dx.Connection("input", "hidden", weight=dx.learnable(np.ones((5, 50))), delay=1 * pq.ms)
    Connection(input -> hidden, 5x50, delay 1 ms)
    """

    source: str = eqx.field(static=True)
    target: str = eqx.field(static=True)
    weight: ParameterOrArray
    delay: ParameterOrArray | None
    mask: Float[Array, "source target"] | None  # 0 or 1: a leaf that plain ``jax.grad`` takes

    def __init__(
        self, source: str, target: str, *, weight: Any, delay: Any = None, mask: Any = None
    ) -> None:
        self.source, self.target = source, target
        unit = "pA" if carries_unit(_value(weight)) else "1"
        dims = ("source", "target")
        self.weight = as_parameter(weight, f"{self}.weight", unit=unit, dims=dims)
        self.delay = None
        if delay is not None:
            self.delay = as_parameter(delay, f"{self}.delay", unit="ms", bounds=POSITIVE)
        self.mask = None if mask is None else jnp.asarray(np.asarray(mask, dtype=bool), dtype=float)

    def __str__(self) -> str:
        return f"Connection({self.source} -> {self.target})"

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.weight.value.shape)) or "scalar"
        delay = f", delay {np.mean(self.delay.value):g} ms" if self.delay else ""
        return f"Connection({self.source} -> {self.target}, {shape}{delay})"

    @property
    def is_synaptic(self) -> bool:
        """Whether arrivals differ between the units of the target."""
        return self.mask is not None or (self.delay is not None and self.delay.value.ndim == 2)

    def must_fit(self, n_source: int, n_target: int, unit: str, channels: tuple[int, ...]) -> None:
        """Refuse a connection that does not fit the populations at its ends."""
        full = (n_source, n_target)
        allowed = {
            "weight": (self.weight, [(), (*full, *channels)]),
            "delay": (self.delay, [(), full[:1], full]),
        }
        for name, (entry, shapes) in allowed.items():
            if entry is not None and entry.value.shape not in shapes:
                wanted = " or ".join(map(str, shapes))
                raise ModelError(
                    f"{self}.{name} must have the shape {wanted}; got {entry.value.shape}."
                )
        if self.mask is not None and self.mask.shape != full:
            raise ModelError(f"{self}.mask must have the shape {full}; got {self.mask.shape}.")
        if self.weight.unit != unit:
            raise ModelError(
                f"{self}.weight must be in {unit!r}, as the inputs of its target are; got "
                f"{self.weight.unit!r}."
            )


def _value(weight: Any) -> Any:
    if isinstance(weight, Parameter):
        return weight.quantity
    return weight.value if isinstance(weight, Choice) else weight
