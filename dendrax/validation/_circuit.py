"""A network spelled out for other simulators: its synapses one by one, and what arrives at them.

Read from the connections as their documentation has them. Nothing of how dendrax itself executes a
network is used, so that an error there shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dendrax.inputs import Inputs
from dendrax.networks import INPUT, Network
from dendrax.validation._stimulus import Stimulus

# The spike times (ms) of each unit of a population, trial after trial.
Trains = Sequence[np.ndarray]


@dataclass(frozen=True)
class Synapses:
    """The synapses of one connection.

    Attributes
    ----------
    source, target : str
        Names of populations; the source may be ``"input"``.
    pre, post : ndarray (synapse,)
        Which unit of the source, and which of the target.
    site : ndarray (synapse,)
        Where at the target: its sources are numbered through, connection after connection.
    delay : ndarray (synapse,)
        In ms, that of a site of the target included.
    weight : ndarray (synapse, ...)
        In the unit of the target, with an axis of channels if its synapses have several weights.
    """

    source: str
    target: str
    pre: np.ndarray
    post: np.ndarray
    site: np.ndarray
    delay: np.ndarray
    weight: np.ndarray


def synapses_of(network: Network) -> list[Synapses]:
    """Return the synapses of each connection."""
    found = []
    n_sites = dict.fromkeys(network.populations, 0)
    for c in network.connections:
        full = network.size(c.source), network.size(c.target)
        pre, post = np.nonzero(np.ones(full) if c.mask is None else np.asarray(c.mask))
        neuron = network.populations[c.target].neuron
        weight = np.asarray(c.weight.value)
        weight = np.broadcast_to(weight, (*full, *neuron.weight_shape))[pre, post]
        delay = np.zeros(1) if c.delay is None else np.asarray(c.delay.value)
        # One for each source, or for each pair.
        delay = np.broadcast_to(delay[:, None] if delay.ndim == 1 else delay, full)[pre, post]
        site = n_sites[c.target] + pre
        if neuron.delay is not None:
            delay = delay + np.asarray(neuron.delay)[site]
        found.append(Synapses(c.source, c.target, pre, post, site, delay, weight))
        n_sites[c.target] += full[0]
    return found


def input_trains(inputs: Inputs) -> list[np.ndarray]:
    """Return the spike times of each input, trial after trial."""
    times = np.asarray(inputs.spikes.times)
    return [row[np.isfinite(row)] for row in times.reshape(-1, times.shape[-1])]


def stimulus_of(
    network: Network,
    name: str,
    synapses: Sequence[Synapses],
    trains: dict[str, Trains],
    inputs: Inputs,
) -> Stimulus:
    """Return what drives the units of a population, trial after trial, given all spikes."""
    population, n_trials = network.populations[name], inputs.n_trials
    parts = [
        _arrivals(each, trial, population.n, trains[each.source], inputs)
        for each in synapses
        if each.target == name
        for trial in range(n_trials)
    ]
    shape = (0, *population.neuron.weight_shape)
    nothing = np.empty(0), np.empty(0, int), np.empty(0, int), np.empty(shape)
    time, target, site, weight = map(np.concatenate, zip(nothing, *parts, strict=True))
    # What arrives at one instant acts in the order of the sites.
    order = np.lexsort((site, time))
    reached = np.arange(n_trials) if network.electrode == name else np.full(n_trials, -1)
    return Stimulus(
        current=inputs.current,
        trial=np.repeat(reached, population.n),
        time=time[order],
        target=target[order],
        site=site[order],
        weight=weight[order],
    )


def driven_by_inputs(
    network: Network, synapses: Sequence[Synapses], inputs: Inputs
) -> dict[str, Stimulus]:
    """Return what drives each population from outside of the network."""
    trains: dict[str, Trains] = {INPUT: input_trains(inputs)}
    for name, population in network.populations.items():
        trains[name] = [np.empty(0)] * (population.n * inputs.n_trials)
    return {x: stimulus_of(network, x, synapses, trains, inputs) for x in network.populations}


def _arrivals(
    synapses: Synapses, trial: int, n_target: int, trains: Trains, inputs: Inputs
) -> tuple[np.ndarray, ...]:
    """Return time, target, site and weight of what arrives through a connection in a trial."""
    n_source = len(trains) // inputs.n_trials
    own = trains[trial * n_source : (trial + 1) * n_source]
    # Each spike goes through each synapse of its source.
    synapse = [np.repeat(np.flatnonzero(synapses.pre == k), x.size) for k, x in enumerate(own)]
    spikes = [np.tile(x, np.sum(synapses.pre == k)) for k, x in enumerate(own)]
    k, sent = np.concatenate([np.empty(0, int), *synapse]), np.concatenate([np.empty(0), *spikes])
    weight = synapses.weight[k]
    if synapses.source == INPUT:
        scale = np.asarray(inputs.spikes.weight)[trial, synapses.pre[k]]
        weight = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
    return sent + synapses.delay[k], trial * n_target + synapses.post[k], synapses.site[k], weight
