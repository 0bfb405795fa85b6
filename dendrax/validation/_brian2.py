"""Brian2 as just another simulator: the same model and inputs in, the same result out."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.inputs import Inputs
from dendrax.neurons import AbstractNeuron
from dendrax.results import SimulationResult
from dendrax.simulation import Simulator, neuron_must_fit
from dendrax.units import scalar
from dendrax.validation._aligned import run_aligned
from dendrax.validation._compartments import longest_step, run_compartments
from dendrax.validation._default import run_default
from dendrax.validation._import import quiet_brian2
from dendrax.validation._outcome import Run, asked_for, result_of
from dendrax.validation._stimulus import stimulus
from dendrax.validation._translate import translate
from dendrax.validation.transcriptions import CellEquations, Equations, transcription

_SCHEDULES = {"aligned": run_aligned, "default": run_default}


def run_brian2(
    model: AbstractNeuron,
    inputs: Inputs,
    simulator: Simulator,
    *,
    dt: Any = None,
    schedule: str = "aligned",
) -> SimulationResult:
    """Simulate a neuron in Brian2, from equations that are not those of dendrax.

    They were transcribed from the literature, for all point neurons, wrappers and mechanisms of
    cells here. Of your own model, the methods are translated: that checks the numerics, not the
    equations; ``provenance`` says which. All trials run at once, as the neurons of one group;
    Runge-Kutta of the fourth order.

    Parameters
    ----------
    model : AbstractNeuron
    inputs : Inputs
        At any times with ``schedule="aligned"``; each instant off the grid costs one more step.
    simulator : Simulator
        Says ``t_stop``, what to ``record``, and ``max_spikes``; its numerics do not matter here.
    dt : Quantity [time], default 0.025 ms
        Step of Brian2. The sampling period must be a multiple, but for a ``Cell``, for which the
        default is less where the axial currents demand it.
    schedule : {"aligned", "default"}
        ``"aligned"`` processes events before the step that follows them, and takes the step in
        which a neuron spikes again in parts, so that spike and reset are off the grid, where they
        belong: errors are those of the integrator. ``"default"`` is Brian2 as it comes: spikes
        and resets at grid points, an error of the order of ``dt`` per spike; not for a ``Cell``.

    Returns
    -------
    SimulationResult
        Of one neuron, as ``simulator(model, inputs)`` returns it. ``spike_slope`` is unknown: inf.

    Raises
    ------
    ImportError
        If Brian2 is not installed.
    UnitError
        If ``dt`` is not a time, or the inputs are in another unit than the model takes.
    ModelError
        If there are no Brian2 equations for the model, a recorded name is unknown, a spike source
        has no synapse, ``dt`` does not divide the sampling period, or is too long for the axial
        currents of a cell, or (``schedule="default"``) an input is off the grid.
    SimulationError
        If a neuron spikes more than ``max_spikes`` times, or more than once in a step.

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
    neuron_must_fit(model, inputs, names)
    equations, origin = equations_of(model)
    step = usual_step(equations) if dt is None else scalar(dt, "ms", "dt")
    _must_be_possible(simulator, step, schedule)
    if not isinstance(equations, CellEquations):
        _must_divide(simulator, step)
    run_equations = _runner(equations, schedule)
    times, wanted = asked_for(simulator, equations)
    drive = stimulus(model, inputs)
    with quiet_brian2() as brian2:
        run = run_equations(brian2, equations, drive, simulator.t_stop, step, times, wanted)
        version = brian2.__version__
    provenance = {
        "source": f"brian2 {version}",
        "equations": origin,
        "dt": f"{step:g} ms",
        "schedule": schedule,
        "method": "rk4",
    }
    return result_of(model, equations, run, simulator, inputs.n_trials, provenance)


def equations_of(model: AbstractNeuron) -> tuple[Equations, str]:
    """Return the equations of a model, and where they are from."""
    found = transcription(model)
    return (translate(model), "translated") if found is None else (found, "transcribed")


def equations_of_point(model: AbstractNeuron) -> tuple[Equations, str]:
    """Return the equations of a model that is no cell, and where they are from.

    Raises
    ------
    ModelError
        If it is one.
    """
    equations, origin = equations_of(model)
    if isinstance(equations, CellEquations):
        raise ModelError(
            "a Cell has events that neither SciPy's integrator nor a plain schedule of Brian2 "
            "knows. Use run_brian2."
        )
    return equations, origin


def usual_step(equations: Equations) -> float:
    """Return the step (ms) to take where none is given."""
    return longest_step(equations, 0.025) if isinstance(equations, CellEquations) else 0.025


def _runner(equations: Equations, schedule: str) -> Callable[..., Run]:
    if not isinstance(equations, CellEquations):
        return _SCHEDULES[schedule]
    if schedule != "aligned":
        raise ModelError(f"a Cell runs with schedule='aligned'; got {schedule!r}.")
    return run_compartments


def _must_be_possible(simulator: Simulator, step: float, schedule: str) -> None:
    if schedule not in _SCHEDULES:
        raise ModelError(f"schedule must be one of {sorted(_SCHEDULES)}; got {schedule!r}.")
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
