"""Networks in Brian2, by either schedule."""

from typing import Any

from dendrax.inputs import Inputs
from dendrax.networks import Network
from dendrax.results import SimulationResult
from dendrax.simulation import Simulator
from dendrax.validation._aligned import run_aligned
from dendrax.validation._default_network import run_default_network
from dendrax.validation._outcome import Run, asked_for, results_of
from dendrax.validation._settle import settled
from dendrax.validation._stimulus import Stimulus
from dendrax.validation._units import equations_of_network
from dendrax.validation.transcriptions import Equations


def run_network(
    brian2: Any,
    network: Network,
    inputs: Inputs,
    simulator: Simulator,
    dt: float,
    schedule: str,
    provenance: dict[str, str],
) -> dict[str, SimulationResult]:
    """Run a network, and return the result of each population by name."""
    equations, origins = equations_of_network(network, inputs.n_trials)
    run = _run_aligned_network if schedule == "aligned" else run_default_network
    runs = run(brian2, network, inputs, simulator, dt, equations)
    return results_of(network, equations, runs, simulator, inputs.n_trials, provenance, origins)


def _run_aligned_network(
    brian2: Any,
    network: Network,
    inputs: Inputs,
    simulator: Simulator,
    dt: float,
    equations: dict[str, Equations],
) -> dict[str, Run]:
    """Run one population after the other, each with all that arrives where it belongs in time."""

    def run(name: str, stimulus: Stimulus) -> Run:
        own = equations[name]
        return run_aligned(
            brian2, own, stimulus, simulator.t_stop, dt, *asked_for(simulator, own), name
        )

    return settled(network, inputs, run)
