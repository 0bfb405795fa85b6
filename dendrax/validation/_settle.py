"""Networks population by population: each given the spikes of all others, until none changes.

A spike acts later than it is made, or makes others at the earliest: so each round at least one more
spike of the network, in the order of time, is where it belongs, and the end is the one solution.
No graph is condensed for that, and none of dendrax's own code is used that does.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from dendrax.errors import SimulationError
from dendrax.inputs import Inputs
from dendrax.networks import INPUT, Network
from dendrax.validation._circuit import Trains, input_trains, stimulus_of, synapses_of
from dendrax.validation._outcome import Run
from dendrax.validation._stimulus import Stimulus

# Times (ms) are rounded to so much before they become stops of a simulation.
_NOTHING = 2e-9
# Of one population: each is one link more in a chain of spikes.
_MAX_ROUNDS = 200


def settled(
    network: Network, inputs: Inputs, run: Callable[[str, Stimulus], Run]
) -> dict[str, Run]:
    """Run the populations of a network, given a function that runs one.

    The first population in whose arrivals something has changed is run again, until there is none.

    Parameters
    ----------
    network : Network
    inputs : Inputs
    run : callable
        Of the name of a population, and of what drives it.

    Returns
    -------
    dict of Run

    Raises
    ------
    SimulationError
        If the spikes still change after so many rounds.
    """
    synapses = synapses_of(network)
    trains: dict[str, Trains] = {INPUT: input_trains(inputs)}
    for name, population in network.populations.items():
        trains[name] = [np.empty(0)] * (population.n * inputs.n_trials)
    given: dict[str, Stimulus] = {}
    runs: dict[str, Run] = {}
    rounds: Counter[str] = Counter()
    while (due := _first_changed(network, inputs, synapses, trains, given)) is not None:
        name, stimulus = due
        rounds[name] += 1
        if rounds[name] > _MAX_ROUNDS:
            raise SimulationError(
                f"population {name!r}: its spikes must settle in {_MAX_ROUNDS} rounds; they still "
                "change, since each spike makes others within the shortest delay or at once. Take "
                "a shorter t_stop, or run_scipy, which goes from event to event."
            )
        runs[name], given[name] = run(name, stimulus), stimulus
        trains[name] = runs[name].spikes
    return runs


def _first_changed(
    network: Network,
    inputs: Inputs,
    synapses: Sequence,
    trains: dict[str, Trains],
    given: dict[str, Stimulus],
) -> tuple[str, Stimulus] | None:
    for name in network.populations:
        stimulus = stimulus_of(network, name, synapses, trains, inputs)
        if name not in given or not _same(given[name], stimulus):
            return name, stimulus
    return None


def _same(a: Stimulus, b: Stimulus) -> bool:
    """Whether the same spikes arrive, but for rounding: in any order of those that coincide."""
    if a.time.shape != b.time.shape:
        return False
    rows = [np.lexsort((x.time, x.site, x.target)) for x in (a, b)]
    return (
        np.array_equal(a.target[rows[0]], b.target[rows[1]])
        and np.array_equal(a.site[rows[0]], b.site[rows[1]])
        and bool(np.all(np.abs(a.time[rows[0]] - b.time[rows[1]]) <= _NOTHING))
    )
