"""What the point neurons share: a membrane, a synapse, and two ways to give their parameters."""

from typing import Any

from jaxtyping import Array

from dendrax.errors import ModelError
from dendrax.neurons._neuron import AbstractNeuron, Scalar
from dendrax.parameters import (
    POSITIVE,
    Parameter,
    ParameterOrArray,
    by_instance,
    parameter,
)


class AbstractMembrane(AbstractNeuron):
    """A membrane whose state has a synaptic current ``i_syn``, given in one of two forms.

    The physical form has ``c_m`` and ``g_leak``. The dimensionless form, that of König et al. 2026,
    has ``tau_mem`` in their place: voltages, currents and weights have no unit, the conductance of
    the leak is 1, and ``tau_mem`` stands where the capacitance stands.
    """

    c_m: ParameterOrArray = parameter("pF", default=200.0, bounds=POSITIVE, form="physical")
    g_leak: ParameterOrArray = parameter("nS", default=10.0, bounds=POSITIVE, form="physical")
    tau_mem: ParameterOrArray = parameter("ms", bounds=POSITIVE, form="dimensionless")
    e_leak: ParameterOrArray = parameter("mV", default=-70.0, dimensionless=0.0)
    bias: ParameterOrArray = parameter("pA", default=0.0, dimensionless=0.0)
    tau_syn: ParameterOrArray = parameter("ms", default=5.0, bounds=POSITIVE)

    @property
    def is_dimensionless(self) -> bool:
        """Whether voltages and currents have no unit, because ``tau_mem`` was given."""
        return self.c_m is None

    @by_instance
    def units(self) -> dict[str, str]:
        voltage, current = ("1", "1") if self.is_dimensionless else ("mV", "pA")
        return {"v": voltage, "i_syn": current}

    @by_instance
    def input_unit(self) -> str:
        return self.units["i_syn"]

    @property
    def capacitance(self) -> Any:
        """``c_m``, or ``tau_mem`` in the dimensionless form."""
        return self.tau_mem if self.is_dimensionless else self.c_m

    @property
    def conductance(self) -> Any:
        """``g_leak``, or 1 in the dimensionless form."""
        return 1.0 if self.is_dimensionless else self.g_leak

    def input_spike(self, state: Any, weight: Array, site: Array) -> Any:
        del site  # a point neuron has one
        return state._replace(i_syn=state.i_syn + weight)

    def _ohmic(self, v: Scalar, current: Scalar) -> Scalar:
        """Return leak, bias and a further current (pA, or without unit)."""
        return self.conductance * (self.e_leak - v) + self.bias + current


def must_lie_below(name: str, value: Parameter, limit_name: str, limit: Parameter) -> None:
    """Refuse a model in which one parameter is not below another."""
    if not bool((value.value < limit.value).all()):
        raise ModelError(
            f"{name} must lie below {limit_name} = {limit.quantity}; got {value.quantity}."
        )
