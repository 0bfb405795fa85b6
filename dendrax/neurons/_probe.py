"""What can be recorded inside of a cell: a variable at a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dendrax.errors import ModelError
from dendrax.mechanisms import AbstractMechanism
from dendrax.morphology import Compartments, locate, select
from dendrax.neurons._place import Place


@dataclass(frozen=True)
class Probe:
    """A variable of a cell at a place, to be recorded under a name of its own.

    Parameters
    ----------
    variable : str
        ``"v"``; or ``"current"`` or a variable of the mechanism.
    at : str, default "soma"
        A place (``"apic[3](0.5)"``) or a region, of which the first compartment is taken.
    of : str, optional
        The class of the mechanism.

    Examples
    --------
    >>> import dendrax as dx
    >>> dx.Probe("m", at="soma", of="HodgkinHuxley").of
    'HodgkinHuxley'
    """

    variable: str
    at: str = "soma"
    of: str | None = None


class Electrode(NamedTuple):
    """A probe in a certain cell."""

    variable: str
    compartment: int
    unit: str
    mechanism: int | None
    place: int


def compartment_at(compartments: Compartments, place: str) -> int:
    """Return the compartment at a place, or the first of a region."""
    if place in compartments.section_names or "(" in place:
        return locate(compartments, place)
    return int(np.flatnonzero(select(compartments, place))[0])


def electrode_of(
    probe: Any,
    compartments: Compartments,
    mechanisms: Sequence[AbstractMechanism],
    places: Sequence[Place],
) -> Electrode:
    """Put a probe, or the place of one of the voltage, into a cell.

    Raises
    ------
    ModelError
        If the cell has no such mechanism there, or the mechanism no such variable.
    """
    probe = Probe("v", probe) if isinstance(probe, str) else probe
    compartment = compartment_at(compartments, probe.at)
    if probe.of is None:
        if probe.variable != "v":
            raise ModelError(
                f"{probe.variable!r} is a variable of a mechanism; say of which with "
                f"Probe({probe.variable!r}, of=...)."
            )
        return Electrode("v", compartment, "mV", None, 0)
    for k, (mechanism, place) in enumerate(zip(mechanisms, places, strict=True)):
        if type(mechanism).__name__ == probe.of and compartment in place.compartment:
            known = {"current": "pA", **mechanism.units}
            if probe.variable not in known:
                raise ModelError(
                    f"{probe.of} has no variable {probe.variable!r}; it has {', '.join(known)}."
                )
            index = place.compartment.index(compartment)
            return Electrode(probe.variable, compartment, known[probe.variable], k, index)
    there = sorted(
        {
            type(mechanism).__name__
            for mechanism, place in zip(mechanisms, places, strict=True)
            if compartment in place.compartment
        }
    )
    raise ModelError(f"there is no {probe.of} at {probe.at!r}; there are {', '.join(there)}.")
