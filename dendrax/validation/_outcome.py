"""What another simulator has to say, as a result like any other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from dendrax.errors import SimulationError
from dendrax.networks import Network
from dendrax.neurons import AbstractNeuron
from dendrax.results import SimulationResult
from dendrax.simulation import Simulator
from dendrax.validation.transcriptions import Equations, variables


@dataclass(frozen=True)
class Run:
    """The neurons of a group, trial after trial.

    Attributes
    ----------
    spikes : list of ndarray
        The spike times (ms) of each neuron.
    samples : dict of ndarray (neuron, time)
        By variable.
    n_steps : int
    """

    spikes: list[np.ndarray]
    samples: dict[str, np.ndarray]
    n_steps: int


def asked_for(simulator: Simulator, equations: Equations) -> tuple[np.ndarray, list[str]]:
    """Return the sample times (ms), and the variables behind what is to be recorded."""
    record = simulator.record
    if record is None:
        return np.empty(0), []
    # A population may lack what another one has.
    known = [name for name in record.names if name in equations.shown]
    shown = [variables(equations.shown[name]) for name in known]
    return record.times(simulator.t_stop), [each for names in shown for each in names]


def result_of(
    model: AbstractNeuron,
    equations: Equations,
    run: Run,
    simulator: Simulator,
    n_trials: int,
    provenance: dict[str, str],
    population: str = "",
) -> SimulationResult:
    """Return a run in the form of dendrax.

    A ``population`` is named in errors.

    Raises
    ------
    SimulationError
        If a neuron spikes more often than the simulator has room for.
    """
    record = simulator.record
    known = {**model.units, "guard": model.units.get("v", "1")}
    names = [name for name in (record.names if record else ()) if name in known]
    spike_times = jnp.asarray(_padded(run.spikes, n_trials, simulator.max_spikes, population))
    shape = spike_times.shape[:2]
    traces = {name: _nested(run.samples, equations.shown[name]) for name in names}
    return SimulationResult(
        spike_times=spike_times,
        spike_slope=jnp.full_like(spike_times, jnp.inf),
        times=jnp.asarray(record.times(simulator.t_stop) if record else np.empty(0)),
        traces={name: jnp.asarray(x.reshape(*shape, *x.shape[1:])) for name, x in traces.items()},
        status=jnp.zeros(shape, dtype=int),
        n_steps=jnp.full(shape, run.n_steps),
        t_reached=jnp.full(shape, simulator.t_stop),
        t_stop=simulator.t_stop,
        units=tuple((name, known[name]) for name in names),
        provenance=(("model", type(model).__name__), *provenance.items()),
    )


def results_of(
    network: Network,
    equations: Mapping[str, Equations],
    runs: Mapping[str, Run],
    simulator: Simulator,
    n_trials: int,
    provenance: dict[str, str],
    origins: Mapping[str, str],
) -> dict[str, SimulationResult]:
    """Return the runs of the populations of a network, each in the form of dendrax."""
    return {
        name: result_of(
            population.neuron,
            equations[name],
            runs[name],
            simulator,
            n_trials,
            {**provenance, "equations": origins[name]},
            name,
        )
        for name, population in network.populations.items()
    }


def where(population: str, trials: Iterable[int]) -> str:
    """Return how an error names what it is about."""
    named = f"population {population!r}, " if population else ""
    return f"{named}trial {', '.join(map(str, trials))}"


def _padded(spikes: list[np.ndarray], n_trials: int, width: int, population: str) -> np.ndarray:
    n_units = len(spikes) // n_trials
    padded = np.full((len(spikes), width), np.inf)
    for row, train in enumerate(spikes):
        if train.size > width:
            raise SimulationError(
                f"{where(population, [row // n_units])}: the limit of {width} spikes per neuron "
                f"was reached at t = {train[width]:.6g} ms. Raise Simulator(max_spikes=...) or "
                "lower the drive."
            )
        padded[row, : train.size] = train
    return padded.reshape(n_trials, n_units, width)


def _nested(samples: dict[str, np.ndarray], names: Any) -> np.ndarray:
    """Stack variables (neuron, time) as their names are nested, to (neuron, ..., time)."""
    if isinstance(names, str):
        return samples[names]
    return np.stack([_nested(samples, entry) for entry in names], axis=1)
