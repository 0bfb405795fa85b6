"""The third simulator: from event to event by SciPy's integrator of eighth order."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, overload

import numpy as np

from dendrax.errors import ModelError, SimulationError
from dendrax.inputs import Inputs
from dendrax.networks import INPUT, Network
from dendrax.neurons import AbstractNeuron
from dendrax.results import SimulationResult
from dendrax.simulation import Simulator, must_fit
from dendrax.validation._circuit import Synapses, driven_by_inputs, synapses_of
from dendrax.validation._compartments_in_python import Compartments
from dendrax.validation._event_driven import Arrival, Trial
from dendrax.validation._outcome import Run, asked_for, result_of, results_of
from dendrax.validation._stimulus import Stimulus, stimulus, ticks
from dendrax.validation._units import equations_of, equations_of_network
from dendrax.validation._units_in_python import Units
from dendrax.validation.transcriptions import CellEquations, Equations


@overload
def run_scipy(
    model: AbstractNeuron,
    inputs: Inputs,
    simulator: Simulator,
    *,
    rtol: float = 1e-10,
    atol: float = 1e-11,
) -> SimulationResult: ...


@overload
def run_scipy(
    model: Network,
    inputs: Inputs,
    simulator: Simulator,
    *,
    rtol: float = 1e-10,
    atol: float = 1e-11,
) -> dict[str, SimulationResult]: ...


def run_scipy(
    model: Any,
    inputs: Inputs,
    simulator: Simulator,
    *,
    rtol: float = 1e-10,
    atol: float = 1e-11,
) -> Any:
    """Simulate a neuron or a network with SciPy's DOP853, from event to event.

    The equations are those of :func:`run_brian2`; steps are adaptive, and a spike is a root of the
    dense output. All units of a network are one system, and each spike of one is an event for all:
    no graph is condensed, and spikes without a delay act at once. So are all compartments of a
    ``Cell``, of which dendritic spikes and corners of clamps are events too. One trial after the
    other, in Python, and as good as its tolerances.

    Parameters
    ----------
    model : AbstractNeuron or Network
    inputs : Inputs
    simulator : Simulator
        Says ``t_stop``, what to ``record``, and ``max_spikes``; its numerics do not matter here.
    rtol, atol : float
        Tolerances of the integrator, the second in the units of the states.

    Returns
    -------
    SimulationResult, or dict of str to SimulationResult
        As ``simulator(model, inputs)`` returns it. ``spike_slope`` is unknown: inf.

    Raises
    ------
    UnitError
        If the inputs are in another unit than the model takes.
    ModelError
        If the model cannot be translated, or a recorded name is unknown.
    SimulationError
        If a neuron spikes more than ``max_spikes`` times, or the integrator fails.

    Notes
    -----
    Virtanen et al. 2020; the method is that of Dormand & Prince (Hairer, Nørsett & Wanner 1993).
    It is explicit, so that the steps of a cell are short where its compartments are.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> inputs = dx.Inputs(current=dx.step_current(300 * pq.pA, 10 * pq.ms, 60 * pq.ms))
    >>> simulator = dx.Simulator(60 * pq.ms)
    >>> both = simulator(dx.LIF(), inputs), dx.run_scipy(dx.LIF(), inputs, simulator)
    >>> dx.compare(*both).raise_if_outside(spike_time=1e-6 * pq.ms).n_pairs
    3
    """
    import scipy

    must_fit(model, inputs, simulator.record.names if simulator.record else ())
    if not (rtol > 0 and atol > 0):
        raise ModelError(f"tolerances must be positive; got rtol = {rtol:g} and atol = {atol:g}.")
    provenance = {
        "source": f"scipy {scipy.__version__}",
        "method": "DOP853",
        "rtol": f"{rtol:g}",
        "atol": f"{atol:g}",
    }
    n_trials, tolerances = inputs.n_trials, (rtol, atol)
    if not isinstance(model, Network):
        equations, origin = equations_of(model)
        drives = {"": stimulus(model, inputs)}
        run = _run({"": equations}, drives, [], simulator, tolerances)[""]
        provenance = {**provenance, "equations": origin}
        return result_of(model, equations, run, simulator, n_trials, provenance)
    equations, origins = equations_of_network(model, 1)
    synapses = synapses_of(model)
    drives = driven_by_inputs(model, synapses, inputs)
    inner = [each for each in synapses if each.source != INPUT]
    runs = _run(equations, drives, inner, simulator, tolerances)
    return results_of(model, equations, runs, simulator, n_trials, provenance, origins)


def _run(
    equations: Mapping[str, Equations],
    drives: Mapping[str, Stimulus],
    synapses: list[Synapses],
    simulator: Simulator,
    tolerances: tuple[float, float],
) -> dict[str, Run]:
    """Run populations, one trial after the other."""
    asked = {name: asked_for(simulator, each) for name, each in equations.items()}
    trials, samples = [], []
    n_trials = next(iter(drives.values())).n_trials
    for k in range(n_trials):
        units = {
            name: _units(each, drives[name].n_neurons // n_trials, asked[name][1])
            for name, each in equations.items()
        }
        ramps = {name: _ramps(each, k, simulator.t_stop) for name, each in drives.items()}
        arrivals = [x for name, each in drives.items() for x in _arrivals(name, each, k)]
        trials.append(Trial(units, synapses, arrivals, ramps, tolerances, simulator.max_spikes))
        times = next(iter(asked.values()))[0]
        try:
            with np.errstate(over="ignore"):  # exp(large) = inf is right in a sigmoid
                samples.append(trials[k].run(simulator.t_stop, times))
        except SimulationError as error:
            raise SimulationError(f"trial {k}: {error}") from error
    return {
        name: Run(
            spikes=[np.sort(train) for trial in trials for train in trial.spikes[name]],
            samples={
                x: np.concatenate([each[name][:, j].T for each in samples])
                for j, x in enumerate(asked[name][1])
            },
            n_steps=max(trial.n_steps for trial in trials),
        )
        for name in equations
    }


def _units(equations: Equations, n: int, wanted: list[str]) -> Units | Compartments:
    if isinstance(equations, CellEquations):
        return Compartments(equations, wanted)
    return Units(equations, n, wanted)


def _ramps(drive: Stimulus, trial: int, t_stop: float) -> np.ndarray:
    """Return starts (ms), values and slopes of what is injected in a trial (segment, 3)."""
    at = ticks(t_stop, t_stop, replace(drive, time=np.empty(0)).stops(t_stop))
    n_units = drive.n_neurons // drive.n_trials
    value, slope = (each[:, trial * n_units] for each in drive.electrode(at))
    return np.stack([at, value, slope], axis=1)


def _arrivals(name: str, drive: Stimulus, trial: int) -> list[Arrival]:
    """Return what arrives at a population from outside in a trial."""
    of, unit = np.divmod(drive.target, drive.n_neurons // drive.n_trials)
    return [
        Arrival(float(drive.time[k]), int(drive.site[k]), k, name, int(unit[k]), drive.weight[k])
        for k in np.flatnonzero(of == trial).tolist()
    ]
