"""Whether inputs and recordings fit a model; outside of compiled code."""

from collections.abc import Mapping

import numpy as np
from jax.core import Tracer

from dendrax.errors import ModelError, UnitError
from dendrax.inputs import Current, Inputs
from dendrax.networks import Network
from dendrax.neurons import AbstractNeuron


def must_fit(model: AbstractNeuron | Network, inputs: Inputs, names: tuple[str, ...]) -> None:
    """Refuse inputs and recorded names that do not fit a model."""
    check = network_must_fit if isinstance(model, Network) else neuron_must_fit
    check(model, inputs, names)  # pyright: ignore[reportArgumentType]


def neuron_must_fit(neuron: AbstractNeuron, inputs: Inputs, names: tuple[str, ...]) -> None:
    """Refuse inputs and recorded names that do not fit a neuron."""
    name = type(neuron).__name__
    n_sources, n_sites = inputs.spikes.times.shape[-2], neuron.n_sites
    for kind, given, unit, is_idle in (
        ("current", inputs.current, neuron.input_unit, _is_zero(inputs.current)),
        ("spikes", inputs.spikes, neuron.weight_unit, n_sources == 0),
    ):
        if given.unit != unit and not is_idle:
            raise UnitError(f"{kind} of {name} must be in {unit!r}; got inputs in {given.unit!r}.")
    channels = inputs.spikes.weight.shape[2:]
    if n_sources and channels != neuron.weight_shape:
        raise ModelError(
            f"the weight of a spike of {name} must have the shape {neuron.weight_shape}; got "
            f"{channels}."
        )
    if n_sites is not None and n_sources > n_sites:
        raise ModelError(
            f"{name} has {n_sites} synaptic sites; got {n_sources} spike sources. Give at most one "
            "spike train per site."
        )
    _must_be_known(names, {name: {*neuron.units, "guard"}})


def network_must_fit(network: Network, inputs: Inputs, names: tuple[str, ...]) -> None:
    """Refuse inputs and recorded names that do not fit a network."""
    n_sources = inputs.spikes.times.shape[-2]
    if n_sources != network.n_inputs:
        raise ModelError(
            f"the network has {network.n_inputs} inputs; got {n_sources} spike trains."
        )
    if n_sources and inputs.spikes.unit != "1":
        raise UnitError(
            "the weights of the input spikes of a network must be plain numbers; its connections "
            f"have the unit. Got {inputs.spikes.unit!r}."
        )
    # What is traced is not known to flow, and a network without an electrode does not look at it.
    if not _is_zero(inputs.current) and not isinstance(inputs.current.value, Tracer):
        if network.electrode is None:
            raise ModelError(
                "a current is injected, and the network says into which neurons with "
                "Network(electrode=...) only; got none."
            )
        wanted = network.populations[network.electrode].neuron.input_unit
        if inputs.current.unit != wanted:
            raise UnitError(
                f"current of {network.electrode!r} must be in {wanted!r}; got "
                f"{inputs.current.unit!r}."
            )
    _must_be_known(
        names, {name: {*p.neuron.units, "guard"} for name, p in network.populations.items()}
    )


def limits_must_fit(network: Network, limits: int | tuple[tuple[str, int], ...] | None) -> None:
    """Refuse limits of arrivals for populations that a network does not have."""
    named = dict(limits) if isinstance(limits, tuple) else {}
    if unknown := set(named) - set(network.populations):
        raise ModelError(
            f"max_arrivals names {', '.join(map(repr, sorted(unknown)))}; the populations are "
            f"{', '.join(map(repr, network.populations))}."
        )


def _must_be_known(names: tuple[str, ...], known: Mapping[str, set[str]]) -> None:
    """Refuse a recorded name that no model has."""
    everything = set().union(*known.values())
    if unknown := [name for name in names if name not in everything]:
        owner = next(iter(known)) if len(known) == 1 else "the network"
        raise ModelError(
            f"{owner} has no variable {unknown[0]!r}; it has: {', '.join(sorted(everything))}."
        )


def _is_zero(current: Current) -> bool:
    if isinstance(current.value, Tracer) or isinstance(current.slope, Tracer):
        # Inputs without a current have one segment, all others have more.
        return current.start.shape[-1] <= 1
    return not (np.any(np.asarray(current.value)) or np.any(np.asarray(current.slope)))
