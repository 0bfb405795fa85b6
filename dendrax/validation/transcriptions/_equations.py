"""A model in Brian2's language, wherever it comes from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.parameters import parameters


@dataclass(frozen=True)
class Equations:
    """One model for Brian2.

    Expressions may use ``electrode`` (the injected current), ``where(condition, this, that)`` and
    ``infinity`` beside what Brian2 has. Numbers are in the internal units (ms, mV, pA, nS, pF),
    which are coherent, so no equation needs a factor.

    Attributes
    ----------
    rates : dict of str
        The right-hand side of each state, per ms; the membrane first.
    start : dict of float or str
        The states at the start of a trial, where they are not 0.
    shown : dict of nested lists of str
        The variables behind each trace, nested as the trace is shaped.
    constants : dict of float
    arrival : str
        What one input spike does to the states ``..._post``, given its ``site`` and its ``weight``,
        or ``weight_0``, ``weight_1``, ... where there are several.
    condition : str
        The neuron spikes when this rises through zero; empty if it never does.
    reset : str
        What a spike at ``t_spike`` (ms) does.
    shorthand : dict of str
        Subexpressions, in an order in which each needs earlier ones only.
    observed : dict of str
        Further subexpressions, for recording only.
    marks : dict of float
        Variables that change at events only, and their values at the start of a trial.
    timer, expired : str
        When (ms) the neuron has an event of its own, such as the end of a refractory period, and
        what that does; empty if never.
    approach : tuple of float
        In which parts to go from the start of a step to a spike within it.
    """

    rates: dict[str, str]
    start: dict[str, Any]
    shown: dict[str, Any]
    constants: dict[str, Any]
    arrival: str
    condition: str = ""
    reset: str = ""
    shorthand: dict[str, str] = field(default_factory=dict)
    observed: dict[str, str] = field(default_factory=dict)
    marks: dict[str, float] = field(default_factory=dict)
    timer: str = ""
    expired: str = ""
    approach: tuple[float, ...] = (1.0,)


def numbers(model: Any) -> dict[str, float]:
    """Return the parameters of a model by name, as constants of its equations.

    Raises
    ------
    ModelError
        If the model holds parameters of more than one neuron.
    """
    values = {name: np.asarray(entry.value) for name, entry in parameters(model).items()}
    for name, value in values.items():
        if value.ndim:
            raise ModelError(
                f"{type(model).__name__}.{name} must be one number, because run_brian2 runs one "
                f"neuron; got the shape {value.shape}. Run the neurons one by one."
            )
    return {name: float(value) for name, value in values.items()}


def membrane(model: Any) -> dict[str, float]:
    """Return the parameters of a membrane; the dimensionless form has a leak of 1."""
    found = numbers(model)
    return {"c_m": found["tau_mem"], "g_leak": 1.0, **found} if "tau_mem" in found else found


def variables(names: Any) -> Iterator[str]:
    """Yield each variable of nested lists."""
    if isinstance(names, str):
        yield names
    else:
        for each in names:
            yield from variables(each)
