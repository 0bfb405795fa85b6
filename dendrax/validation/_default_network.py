"""A network as most people write it in Brian2: groups, synapses with delays, and a plain grid."""

from typing import Any, NamedTuple

import numpy as np

from dendrax.inputs import Inputs
from dendrax.networks import INPUT, Network
from dendrax.simulation import Simulator
from dendrax.validation._circuit import Synapses, driven_by_inputs, synapses_of
from dendrax.validation._default import must_be_on_grid, plain_group, plain_spikes
from dendrax.validation._group import Pairs, namespace, trains, vocabulary, wired
from dendrax.validation._outcome import Run, asked_for
from dendrax.validation._stimulus import DIGITS, Stimulus, ticks
from dendrax.validation.transcriptions import Equations


class Sources(NamedTuple):
    """What spikes in Brian2: of each of its neurons the trial, the unit, and how strong it is."""

    trial: np.ndarray
    unit: np.ndarray
    scale: np.ndarray


def run_default_network(
    brian2: Any,
    network: Network,
    inputs: Inputs,
    simulator: Simulator,
    dt: float,
    equations: dict[str, Equations],
) -> dict[str, Run]:
    """Run all populations at once, as Brian2 has it: an independent check, of the first order.

    Raises
    ------
    ModelError
        If an input, a delay or ``t_stop`` is not on the grid: Brian2 would move it without a word.
    """
    step, t_stop = dt * brian2.ms, simulator.t_stop
    at = ticks(t_stop, dt, np.empty(0))
    synapses = synapses_of(network)
    drives = driven_by_inputs(network, synapses, inputs)
    network_must_be_on_grid(synapses, drives, t_stop, dt)
    groups, states, spikes = {}, {}, {}
    for name, own in equations.items():
        electrode = brian2.TimedArray(drives[name].electrode(at)[0], dt=step)
        constants = {**namespace(brian2, own), "electrode_at": electrode}
        groups[name] = plain_group(brian2, own, drives[name].n_neurons, step, constants)
        wanted = asked_for(simulator, own)[1]
        states[name] = brian2.StateMonitor(groups[name], wanted, record=True, dt=step)
        spikes[name] = [brian2.SpikeMonitor(groups[name])] if own.condition else []
    time, sent = input_sources(inputs, t_stop)
    synaptic = []
    if time.size:
        groups[INPUT] = brian2.SpikeGeneratorGroup(
            time.size, np.arange(time.size), time * brian2.ms, dt=step, when="thresholds"
        )
    for each in synapses:
        units = sources_of(network, each.source, sent, inputs.n_trials)
        pairs = pairs_of(each, units, network.size(each.target))
        if pairs.pre.size and (each.source == INPUT or equations[each.source].condition):
            source, target = groups[each.source], groups[each.target]
            synaptic.append(wired(brian2, source, target, pairs, equations[each.target], step))
    monitors = [*states.values(), *(each for found in spikes.values() for each in found)]
    whole = brian2.Network(*groups.values(), *synaptic, *monitors)
    # One step more than fits: its start is the sample at t_stop, its spikes come too late.
    whole.run(at.size * step, namespace=vocabulary(brian2))
    runs = {}
    for name, own in equations.items():
        times, wanted = asked_for(simulator, own)
        found = plain_spikes(spikes[name], brian2.ms, t_stop - 0.5 * dt)
        kept = np.searchsorted(at, np.round(times, DIGITS))
        runs[name] = Run(
            spikes=trains(*found, drives[name].n_neurons),
            samples={x: np.asarray(getattr(states[name], x))[:, kept] for x in wanted},
            n_steps=at.size - 1,
        )
    return runs


def network_must_be_on_grid(
    synapses: list[Synapses],
    drives: dict[str, Stimulus],
    t_stop: float,
    dt: float,
) -> None:
    """Refuse inputs, delays and a ``t_stop`` (ms) that are no multiples of a step."""
    stops = [each.stops(t_stop) for each in drives.values()]
    given = np.concatenate([*stops, *(each.delay for each in synapses)])
    n_ticks = ticks(t_stop, dt, np.empty(0)).size
    must_be_on_grid(np.append(given[given <= t_stop], t_stop), n_ticks, dt)


def input_sources(inputs: Inputs, t_stop: float) -> tuple[np.ndarray, Sources]:
    """Return when (ms) inputs spike, and as what: one source cannot spike twice in a step."""
    times = np.asarray(inputs.spikes.times)
    trial, unit, spike = np.nonzero(times <= t_stop)
    scale = np.asarray(inputs.spikes.weight)[trial, unit]
    return times[trial, unit, spike], Sources(trial, unit, scale)


def sources_of(network: Network, name: str, sent: Sources, n_trials: int) -> Sources:
    """Return the neurons of Brian2 that stand for a population, or for the input spikes."""
    if name == INPUT:
        return sent
    trial, unit = np.divmod(np.arange(n_trials * network.size(name)), network.size(name))
    return Sources(trial, unit, np.ones(unit.size))


def pairs_of(synapses: Synapses, sources: Sources, n_target: int) -> Pairs:
    """Return which neuron of Brian2 is connected with which other one, and how."""
    # The same unit stands for itself in each trial, and an input in each of its spikes.
    pre, k = np.nonzero(sources.unit[:, None] == synapses.pre[None, :])
    weight = synapses.weight[k]
    return Pairs(
        pre,
        sources.trial[pre] * n_target + synapses.post[k],
        synapses.site[k],
        synapses.delay[k],
        weight * sources.scale[pre].reshape(-1, *[1] * (weight.ndim - 1)),
    )
