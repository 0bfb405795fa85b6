"""Brian2 as just another simulator: the same model and inputs in, the same result out."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from dendrax.errors import ModelError, SimulationError, UnitError
from dendrax.inputs import Inputs
from dendrax.neurons import AbstractNeuron
from dendrax.results import SimulationResult
from dendrax.simulation import Simulator
from dendrax.units import scalar
from dendrax.validation._aligned import run_aligned
from dendrax.validation._default import run_default
from dendrax.validation._equations import equations
from dendrax.validation._import import quiet_brian2

_SCHEDULES = {"aligned": run_aligned, "default": run_default}


def run_brian2(
    model: AbstractNeuron,
    inputs: Inputs,
    simulator: Simulator,
    *,
    dt: Any = None,
    schedule: str = "aligned",
) -> SimulationResult:
    """Simulate a neuron in Brian2, from equations that were transcribed from the literature.

    All trials run at once, as the neurons of one group; Runge-Kutta of the fourth order.

    Parameters
    ----------
    model : LIF, EIF, AdEx or DendriticNeuron
    inputs : Inputs
        At any times with ``schedule="aligned"``; each instant off the grid costs one more step.
    simulator : Simulator
        Says ``t_stop``, what to ``record``, and ``max_spikes``; its numerics do not matter here.
    dt : Quantity [time], default 0.025 ms
        Step of Brian2. The sampling period must be a multiple.
    schedule : {"aligned", "default"}
        ``"aligned"`` processes events before the step that follows them, and takes the step in
        which a neuron spikes again in parts, so that spike and reset are off the grid, where they
        belong: errors are those of the integrator. ``"default"`` is Brian2 as it comes: spikes
        and resets at grid points, an error of the order of ``dt`` per spike.

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
        has no synapse, ``dt`` does not divide the sampling period, or (``schedule="default"``) an
        input is off the grid.
    SimulationError
        If a neuron spikes more than ``max_spikes`` times, or more than once in a step.

    Notes
    -----
    Stimberg, Brette & Goodman 2019. A voltage that passes the threshold and returns within one
    step is not seen.
    """
    step = 0.025 if dt is None else scalar(dt, "ms", "dt")
    description = equations(model)
    names = simulator.record.names if simulator.record else ()
    _must_fit(model, inputs, names, description.shown)
    _must_be_possible(simulator, step, schedule)
    times = simulator.record.times(simulator.t_stop) if simulator.record else np.empty(0)
    variables = [each for name in names for each in _flat(description.shown[name])]
    with quiet_brian2() as brian2:
        run = _SCHEDULES[schedule](
            brian2, description, inputs, simulator.t_stop, step, times, variables
        )
        version = brian2.__version__
    spike_times = jnp.asarray(_padded(run.spikes, simulator.max_spikes))
    units = {**model.units, "guard": model.units["v"]}
    one_per_trial = (inputs.n_trials, 1)
    return SimulationResult(
        spike_times=spike_times,
        spike_slope=jnp.full_like(spike_times, jnp.inf),
        times=jnp.asarray(times),
        traces={
            name: jnp.asarray(_nested(run.samples, description.shown[name])[:, None])
            for name in names
        },
        status=jnp.zeros(one_per_trial, dtype=int),
        n_steps=jnp.full(one_per_trial, run.n_steps),
        t_reached=jnp.full(one_per_trial, simulator.t_stop),
        t_stop=simulator.t_stop,
        units=tuple((name, units[name]) for name in names),
        provenance=(
            ("source", f"brian2 {version}"),
            ("model", type(model).__name__),
            ("dt", f"{step:g} ms"),
            ("schedule", schedule),
            ("method", "rk4"),
        ),
    )


def _must_fit(
    model: AbstractNeuron, inputs: Inputs, names: tuple[str, ...], shown: dict[str, Any]
) -> None:
    title = type(model).__name__
    if unknown := [name for name in names if name not in shown]:
        raise ModelError(
            f"{title} has no variable {unknown[0]!r}; it has: {', '.join(sorted(shown))}."
        )
    currents = np.any(np.asarray(inputs.current.value)) or np.any(np.asarray(inputs.current.slope))
    n_sources = inputs.spikes.times.shape[-2]
    for kind, is_used in (("current", currents), ("spikes", n_sources)):
        unit = getattr(inputs, kind).unit
        if is_used and unit != model.input_unit:
            raise UnitError(f"{kind} of {title} must be in {model.input_unit!r}; got {unit!r}.")
    if isinstance(shown["i_syn"], list) and n_sources > len(shown["i_syn"][0]):
        raise ModelError(
            f"each source of spikes must have a synapse; {title} has {len(shown['i_syn'][0])} per "
            f"dendrite; got {n_sources} sources. Give it more synapses, or fewer sources."
        )


def _must_be_possible(simulator: Simulator, step: float, schedule: str) -> None:
    if schedule not in _SCHEDULES:
        raise ModelError(f"schedule must be one of {sorted(_SCHEDULES)}; got {schedule!r}.")
    if not step > 0:
        raise ModelError(f"dt must be positive; got {step:g} ms.")
    if simulator.record is None:
        return
    every = simulator.record.every
    if every is None:
        raise ModelError("Brian2 records on a grid. Give the simulator Record(every=...).")
    ratio = every / step
    if abs(ratio - round(ratio)) > 1e-9 * ratio:
        raise ModelError(
            f"dt must divide the sampling period of {every:g} ms; got {step:g} ms. "
            f"Take dt = {every / np.ceil(ratio):g} ms."
        )


def _padded(spikes: list[np.ndarray], width: int) -> np.ndarray:
    padded = np.full((len(spikes), 1, width), np.inf)
    for trial, train in enumerate(spikes):
        if train.size > width:
            raise SimulationError(
                f"trial {trial}: the limit of {width} spikes per neuron was reached at "
                f"t = {train[width]:.6g} ms. Raise Simulator(max_spikes=...) or lower the drive."
            )
        padded[trial, 0, : train.size] = train
    return padded


def _flat(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else [each for entry in names for each in _flat(entry)]


def _nested(samples: dict[str, np.ndarray], names: Any) -> np.ndarray:
    """Stack variables (trial, time) as their names are nested, to (trial, ..., time)."""
    if isinstance(names, str):
        return samples[names]
    return np.stack([_nested(samples, entry) for entry in names], axis=1)
