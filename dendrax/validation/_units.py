"""The equations of all units of a population at once."""

from dataclasses import replace
from typing import Any

import jax
import numpy as np

from dendrax.errors import ModelError
from dendrax.networks import Network, Population
from dendrax.neurons import AbstractNeuron
from dendrax.parameters import Parameter, is_parameter, parameters
from dendrax.validation._translate import translate
from dendrax.validation.transcriptions import Equations, transcription


def equations_of(model: AbstractNeuron) -> tuple[Equations, str]:
    """Return the equations of a model, and where they are from."""
    found = transcription(model)
    return (translate(model), "translated") if found is None else (found, "transcribed")


def equations_of_units(population: Population) -> tuple[Equations, str]:
    """Return equations whose constants have an axis of units, where units differ.

    Raises
    ------
    ModelError
        If they differ in more than numbers: with and without a refractory period, for example.
    """
    neuron, n = population.neuron, population.n
    if not any(entry.is_per_unit for entry in parameters(neuron).values()):
        return equations_of(neuron)
    found = [equations_of(_unit(neuron, k)) for k in range(n)]
    each = [equations for equations, _ in found]
    first = each[0]
    texts = [replace(one, constants={}, start={}, marks={}) for one in each]
    if any(text != texts[0] for text in texts):
        raise ModelError(
            f"the units of a population of {type(neuron).__name__} must differ in numbers only, "
            "and have equations that are transcribed. Make populations of those that are alike."
        )
    return replace(
        first,
        constants=_stacked([one.constants for one in each]),
        start=_stacked([one.start for one in each]),
        marks=_stacked([one.marks for one in each]),
    ), found[0][1]


def equations_of_network(
    network: Network, n_trials: int
) -> tuple[dict[str, Equations], dict[str, str]]:
    """Return the equations of each population in all trials, and where they are from."""
    found = {name: equations_of_units(p) for name, p in network.populations.items()}
    each = {name: in_each_trial(equations, n_trials) for name, (equations, _) in found.items()}
    return each, {name: origin for name, (_, origin) in found.items()}


def in_each_trial(equations: Equations, n_trials: int) -> Equations:
    """Return the equations of the units of all trials, trial after trial."""

    def tiled(numbers: dict[str, Any]) -> dict[str, Any]:
        return {x: np.tile(v, n_trials) if np.ndim(v) else v for x, v in numbers.items()}

    return replace(
        equations,
        constants=tiled(equations.constants),
        start=tiled(equations.start),
        marks=tiled(equations.marks),
    )


def _unit(neuron: AbstractNeuron, k: int) -> AbstractNeuron:
    def own(node: Any) -> Any:
        if not (is_parameter(node) and node.is_per_unit):
            return node
        return Parameter(node.value[k], node.unit, node.bounds, node.is_learnable, node.dims)

    return jax.tree.map(own, neuron, is_leaf=is_parameter)


def _stacked(each: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one number where all units have the same, and an array elsewhere."""
    columns = {name: np.array([numbers[name] for numbers in each]) for name in each[0]}
    return {
        name: column if np.any(column != column[0]) else column[0].item()
        for name, column in columns.items()
    }
