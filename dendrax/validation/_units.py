"""The equations of all units of a population at once."""

from dataclasses import replace
from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.networks import Network, Population
from dendrax.neurons import AbstractNeuron
from dendrax.parameters import parameters
from dendrax.validation._translate import translate, translate_units
from dendrax.validation._unit import stacked, unit_of
from dendrax.validation.transcriptions import CellEquations, Equations, transcription


def equations_of(model: AbstractNeuron) -> tuple[Equations, str]:
    """Return the equations of a model, and where they are from."""
    found = transcription(model)
    return (translate(model), "translated") if found is None else (found, "transcribed")


def equations_of_point(model: AbstractNeuron) -> tuple[Equations, str]:
    """Return the equations of a model that is no cell, and where they are from.

    Raises
    ------
    ModelError
        If it is one.
    """
    equations, origin = equations_of(model)
    if isinstance(equations, CellEquations):
        raise ModelError(
            "a Cell is many neurons of Brian2 and SciPy, which no network of theirs takes as one. "
            "Use run_brian2 or run_scipy for the cell alone."
        )
    return equations, origin


def equations_of_units(population: Population) -> tuple[Equations, str]:
    """Return equations whose constants have an axis of units, where units differ.

    Raises
    ------
    ModelError
        If they differ in more than numbers: with and without a refractory period, for example.
    """
    neuron, n = population.neuron, population.n
    if not any(entry.is_per_unit for entry in parameters(neuron).values()):
        return equations_of_point(neuron)
    found = [transcription(unit_of(neuron, k)) for k in range(n)]
    each = [equations for equations in found if equations is not None]
    if len(each) < n:
        return translate_units(neuron, n), "translated"
    texts = [replace(one, constants={}, start={}, marks={}) for one in each]
    if any(text != texts[0] for text in texts):
        raise ModelError(
            f"the units of a population of {type(neuron).__name__} must differ in numbers only; "
            "some rest after a spike, and others do not. Make two populations of them."
        )
    return replace(
        each[0],
        constants=stacked([one.constants for one in each]),
        start=stacked([one.start for one in each]),
        marks=stacked([one.marks for one in each]),
    ), "transcribed"


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
