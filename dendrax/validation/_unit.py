"""One unit of a population, and what all of them are together."""

from typing import Any

import jax
import numpy as np

from dendrax.neurons import AbstractNeuron
from dendrax.parameters import Parameter, is_parameter


def unit_of(neuron: AbstractNeuron, k: int) -> AbstractNeuron:
    """Return the neuron with the parameters of one unit."""

    def own(node: Any) -> Any:
        if not (is_parameter(node) and node.is_per_unit):
            return node
        return Parameter(node.value[k], node.unit, node.bounds, node.is_learnable, node.dims)

    return jax.tree.map(own, neuron, is_leaf=is_parameter)


def stacked(each: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one number where all units have the same, and an array elsewhere."""
    columns = {name: np.array([numbers[name] for numbers in each]) for name in each[0]}
    return {
        name: column if np.any(column != column[0]) else column[0].item()
        for name, column in columns.items()
    }
