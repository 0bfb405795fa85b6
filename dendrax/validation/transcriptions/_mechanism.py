"""A mechanism of a cell in Brian2's language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np

from dendrax.parameters import parameters


@dataclass(frozen=True)
class MechanismEquations:
    """What one mechanism does in one of its places.

    Expressions may use ``v`` (of the compartment, mV), ``celsius``, ``ca_in`` and ``ca_out`` (mM),
    ``i_ca`` (what calcium flows out, uA/cm2), ``now`` (ms), and ``where``.

    Attributes
    ----------
    current : str
        Out of the cell: in uA/cm2 if ``is_density``, else in pA.
    rates : dict of str
        The right-hand side of each state, per ms.
    start : dict of str
        The states at the start of a trial, where they are not 0.
    shorthand : dict of str
        Subexpressions.
    constants : dict of float or ndarray (place,)
    is_density : bool
    can_share : bool
        Whether several of its places may be in one compartment.
    carries_calcium : bool
    calcium : tuple of str
        The concentrations inside and outside, if it is a pool.
    marks : dict of float
        Variables that change at the start of a step only.
    begin : str
        Statements at the start of each step. ``arriving`` is the weight of the spikes that arrive
        now; ``firing`` is 1 where a dendritic spike begins.
    corners : tuple of float
        Of a dendritic spike, which has constants ``v_th`` and ``t_ref``: the ages (ms) at which its
        current is not smooth.
    driven : Any
        The waveform that the state ``level`` follows, if there is one.
    """

    current: str
    rates: dict[str, str] = field(default_factory=dict)
    start: dict[str, str] = field(default_factory=dict)
    shorthand: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    is_density: bool = True
    can_share: bool = False
    carries_calcium: bool = False
    calcium: tuple[str, ...] = ()
    marks: dict[str, float] = field(default_factory=dict)
    begin: str = ""
    corners: tuple[Any, ...] = ()
    driven: Any = None

    def numbered(self, k: int) -> "MechanismEquations":
        """Return the equations with ``_k`` behind every name of their own."""
        own = {*self.rates, *self.shorthand, *self.constants, *self.marks}
        pattern = re.compile(rf"\b({'|'.join(sorted(own, key=len, reverse=True))})\b")

        def renamed(text: Any) -> Any:
            return pattern.sub(rf"\1_{k}", text) if own and isinstance(text, str) else text

        def of(value: Any) -> Any:
            if isinstance(value, Mapping):
                return {renamed(name): renamed(entry) for name, entry in value.items()}
            if isinstance(value, tuple):
                return tuple(renamed(entry) for entry in value)
            return renamed(value)

        return MechanismEquations(**{x.name: of(getattr(self, x.name)) for x in fields(self)})


class Gate(NamedTuple):
    """How a gate moves (per ms), and where it rests."""

    rate: str
    rest: str


def opening(name: str, alpha: str, beta: str, speed: str = "1") -> Gate:
    """Return a gate that opens with ``alpha`` and closes with ``beta``, per ms."""
    a, b = f"({alpha})", f"({beta})"
    return Gate(f"{speed}*({a}*(1 - {name}) - {b}*{name})", f"{a}/({a} + {b})")


def relaxing(name: str, target: str, tau: str, speed: str = "1") -> Gate:
    """Return a gate with a steady state and a time constant, in ms."""
    return Gate(f"{speed}*(({target}) - {name})/({tau})", target)


def gated(**gates: Gate) -> dict[str, Any]:
    """Return the rates and the starts of gates, as arguments of ``MechanismEquations``."""
    return {
        "rates": {name: gate.rate for name, gate in gates.items()},
        "start": {name: gate.rest for name, gate in gates.items()},
    }


def values(mechanism: Any) -> dict[str, np.ndarray]:
    """Return the parameters of a mechanism."""
    return {name: np.asarray(entry.value) for name, entry in parameters(mechanism).items()}
