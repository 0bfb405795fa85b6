"""Brian2 as just another simulator: the same model and inputs in, the same result out."""

from typing import Any, overload

import numpy as np

from dendrax.errors import ModelError
from dendrax.inputs import Inputs
from dendrax.networks import Network
from dendrax.neurons import AbstractNeuron, Cell
from dendrax.results import SimulationResult
from dendrax.simulation import Simulator, must_fit
from dendrax.units import scalar
from dendrax.validation._aligned import run_aligned
from dendrax.validation._brian2_network import run_network
from dendrax.validation._compartments import run_compartments
from dendrax.validation._default import run_default
from dendrax.validation._default_cell import run_default_cell
from dendrax.validation._import import quiet_brian2
from dendrax.validation._outcome import asked_for, result_of
from dendrax.validation._rows import longest_step
from dendrax.validation._stimulus import stimulus
from dendrax.validation._units import equations_of
from dendrax.validation.transcriptions import CellEquations, transcription

_SCHEDULES = {"aligned": run_aligned, "default": run_default}
_SCHEDULES_OF_CELLS = {"aligned": run_compartments, "default": run_default_cell}
# "cpp_standalone" is no target but a device of the whole process, which changes its folder, and it
# would compile each run of each population anew.
_TARGETS = {"numpy", "cython"}


@overload
def run_brian2(
    model: AbstractNeuron,
    inputs: Inputs,
    simulator: Simulator,
    *,
    dt: Any = None,
    schedule: str = "aligned",
    target: str = "numpy",
) -> SimulationResult: ...


@overload
def run_brian2(
    model: Network,
    inputs: Inputs,
    simulator: Simulator,
    *,
    dt: Any = None,
    schedule: str = "aligned",
    target: str = "numpy",
) -> dict[str, SimulationResult]: ...


def run_brian2(
    model: Any,
    inputs: Inputs,
    simulator: Simulator,
    *,
    dt: Any = None,
    schedule: str = "aligned",
    target: str = "numpy",
) -> Any:
    """Simulate a neuron or a network in Brian2, from equations that are not those of dendrax.

    They were transcribed from the literature, for all point neurons, wrappers and mechanisms of
    cells here. Of your own model, the methods are translated: that checks the numerics, not the
    equations; ``provenance`` says which. All trials run at once, as the neurons of one group;
    Runge-Kutta of the fourth order. May be called from any thread: one run waits for the other.

    Parameters
    ----------
    model : AbstractNeuron or Network
        Weights, delays and masks are read from the connections of a network, and nothing of how
        dendrax executes it is used.
    inputs : Inputs
        At any times with ``schedule="aligned"``; each instant off the grid costs one more step.
    simulator : Simulator
        Says ``t_stop``, what to ``record``, and ``max_spikes``; its numerics do not matter here.
    dt : Quantity [time], default 0.025 ms
        Step of Brian2. The sampling period must be a multiple, but for a ``Cell`` and
        ``schedule="aligned"``. For a ``Cell`` the default is less where the axial currents demand
        it.
    schedule : {"aligned", "default"}
        ``"aligned"`` processes events before the step that follows them, and takes the step in
        which a neuron spikes again in parts, so that spike and reset are off the grid, where they
        belong: errors are those of the integrator. A network is run population by population,
        each with the exact arrivals of the others' spikes, until no spike moves: layers once, a
        recurrent population as often as its longest chain of spikes has links.
        ``"default"`` is Brian2 as it comes: spikes and resets at grid points, an error of the
        order of ``dt`` per spike; a network as groups and synapses with delays of Brian2's own; a
        ``Cell`` with inputs, clamps and dendritic spikes that begin at grid points.
    target : {"numpy", "cython"}
        What Brian2 generates code for. ``"cython"`` needs a C++ compiler, gives the same numbers,
        compiles for a minute what it does not find where Brian2's preference
        ``codegen.runtime.cython.cache_dir`` says, and pays for tens of thousands of steps only.

    Returns
    -------
    SimulationResult, or dict of str to SimulationResult
        As ``simulator(model, inputs)`` returns it. ``spike_slope`` is unknown: inf.

    Raises
    ------
    ImportError
        If Brian2 is not installed, or cannot compile for the target.
    UnitError
        If ``dt`` is not a time, or the inputs are in another unit than the model takes.
    ModelError
        If there are no Brian2 equations for the model, a recorded name is unknown, a spike source
        has no synapse, ``dt`` does not divide the sampling period, or is too long for the axial
        currents of a cell, the schedule or the target is another one, Brian2 is set to a device, or
        (``schedule="default"``) an input, a corner of a clamp or a delay is off the grid.
    SimulationError
        If a neuron spikes more than ``max_spikes`` times, or more than once in a step, or the
        spikes of a recurrent network do not settle.

    Notes
    -----
    Stimberg, Brette & Goodman 2019. A voltage that passes the threshold and returns within one
    step is not seen.

    The compartments of a ``Cell`` are the neurons of a group, with the axial currents of the same
    tree in their equations. In Brian2's ``SpatialNeuron`` a compartment is one frustum, all have
    one axial resistivity, there is one trial, and no child begins in the middle of a dendrite; its
    step is of first order, so that an error of a percent is lost in its own. Explicit steps are
    short where compartments are: about 0.03 ms at 50 um, 0.001 ms at 10 um.
    """
    names = simulator.record.names if simulator.record else ()
    must_fit(model, inputs, names)
    step = usual_step(model) if dt is None else scalar(dt, "ms", "dt")
    _must_be_possible(simulator, step, schedule, target)
    if not isinstance(model, Cell) or schedule == "default":
        _must_divide(simulator, step)
    with quiet_brian2(target) as brian2:
        provenance = {
            "source": f"brian2 {brian2.__version__}",
            "dt": f"{step:g} ms",
            "schedule": schedule,
            "method": "rk4",
        }
        run: Any = run_network if isinstance(model, Network) else _run_neuron
        return run(brian2, model, inputs, simulator, step, schedule, provenance)


def _run_neuron(
    brian2: Any,
    model: AbstractNeuron,
    inputs: Inputs,
    simulator: Simulator,
    dt: float,
    schedule: str,
    provenance: dict[str, str],
) -> SimulationResult:
    equations, origin = equations_of(model)
    runs: Any = _SCHEDULES_OF_CELLS if isinstance(model, Cell) else _SCHEDULES
    asked, drive = asked_for(simulator, equations), stimulus(model, inputs)
    run = runs[schedule](brian2, equations, drive, simulator.t_stop, dt, *asked)
    provenance = {**provenance, "equations": origin}
    return result_of(model, equations, run, simulator, inputs.n_trials, provenance)


def usual_step(model: Any) -> float:
    """Return the step (ms) to take where none is given."""
    equations = transcription(model) if isinstance(model, Cell) else None
    return longest_step(equations, 0.025) if isinstance(equations, CellEquations) else 0.025


def _must_be_possible(simulator: Simulator, step: float, schedule: str, target: str) -> None:
    if schedule not in _SCHEDULES:
        raise ModelError(f"schedule must be one of {sorted(_SCHEDULES)}; got {schedule!r}.")
    if target not in _TARGETS:
        raise ModelError(f"target must be one of {sorted(_TARGETS)}; got {target!r}.")
    if not step > 0:
        raise ModelError(f"dt must be positive; got {step:g} ms.")
    if simulator.record is not None and simulator.record.every is None:
        raise ModelError("Brian2 records on a grid. Give the simulator Record(every=...).")


def _must_divide(simulator: Simulator, step: float) -> None:
    every = simulator.record.every if simulator.record else None
    if every is None:
        return
    ratio = every / step
    if abs(ratio - round(ratio)) > 1e-9 * ratio:
        raise ModelError(
            f"dt must divide the sampling period of {every:g} ms; got {step:g} ms. "
            f"Take dt = {every / np.ceil(ratio):g} ms."
        )
