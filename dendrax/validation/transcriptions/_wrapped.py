"""What a refractory period, or a single spike, makes of the equations of a neuron."""

from collections.abc import Iterable
from dataclasses import replace

from dendrax.neurons import Refractory
from dendrax.validation.transcriptions._equations import Equations, numbers, variables


def waiting(neuron: Equations, held: Iterable[str] | None = None) -> Equations:
    """Return a neuron of which some states rest for ``t_ref`` after a spike; by default the first.

    Gerstner et al. 2014, section 1.3.1: the membrane is at its reset for an absolute refractory
    period, and integrates again thereafter.
    """
    if not neuron.constants["t_ref"] > 0:
        return neuron
    resting = [next(iter(neuron.rates))] if held is None else [*held]
    rates = {x: f"free*({rate})" if x in resting else rate for x, rate in neuron.rates.items()}
    return replace(
        neuron,
        rates=rates,
        condition=f"where(free, {neuron.condition}, -1)" if neuron.condition else "",
        marks={**neuron.marks, "free": 1.0, "t_ready": float("inf")},
        reset=f"{neuron.reset}\nfree = 0\nt_ready = t_spike + t_ref",
        timer="t_ready",
        expired="free = 1\nt_ready = infinity",
    )


def refractory(neuron: Equations, wrapper: Refractory) -> Equations:
    """Return a neuron that rests, and whose guard does, as the wrapper says which states do."""
    held = wrapper.held
    if held is not None:
        # What is not shown is the membrane, in a coordinate of its own.
        membrane = next(iter(neuron.rates))
        named = [[*variables(neuron.shown.get(name, membrane))] for name in held]
        held = [x if x in neuron.rates else membrane for names in named for x in names]
    constants = {**neuron.constants, "t_ref": numbers(wrapper)["t_ref"]}
    resting = waiting(replace(neuron, constants=constants), held)
    if not resting.timer:
        return resting
    guard = f"where(free, {neuron.observed['guard']}, -1)"
    return replace(resting, observed={**neuron.observed, "guard": guard})


def at_most_one(neuron: Equations) -> Equations:
    """Return a neuron that goes on after its first spike, and does not spike again."""
    if not neuron.condition:
        return neuron

    def first(condition: str) -> str:
        return f"where(has_spiked, -1, {condition})"

    return replace(
        neuron,
        condition=first(neuron.condition),
        observed={**neuron.observed, "guard": first(neuron.observed["guard"])},
        marks={**neuron.marks, "has_spiked": 0.0},
        reset=f"{neuron.reset}\nhas_spiked = 1",
    )
