"""The simulator: everything numerical, and nothing of the model."""

from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array

from dendrax.errors import ModelError, UnitError
from dendrax.inputs import Current, Inputs
from dendrax.neurons import AbstractCascade, AbstractNeuron
from dendrax.results import SimulationResult
from dendrax.simulation._cascade import run_cascade
from dendrax.simulation._drive import Drive, Units, over_units, single_unit
from dendrax.simulation._flat import run_flat
from dendrax.simulation._loop import LOOPS
from dendrax.simulation._solver import ready
from dendrax.simulation._status import raise_on_failure
from dendrax.simulation._step import Numerics
from dendrax.units import scalar, to_quantity


class Record(eqx.Module):
    """What to record, and when.

    Parameters
    ----------
    *names : str
        Variables of the model's ``observe``, for example ``"v"``; also ``"guard"``, the distance of
        the spike condition from zero.
    every : Quantity [time]
        Sampling period; samples start at 0 and do not pass ``t_stop``.
    """

    names: tuple[str, ...] = eqx.field(static=True)
    every: float = eqx.field(static=True)

    def __init__(self, *names: str, every: Any) -> None:
        self.names = names
        self.every = scalar(every, "ms", "every")

    def times(self, t_stop: float) -> np.ndarray:
        """Return the sample times up to ``t_stop``, in ms."""
        return np.arange(int(np.floor(t_stop / self.every * (1 + 1e-12))) + 1) * self.every


class Simulator(eqx.Module):
    """Simulates any neuron on any inputs, with spikes exact in time.

    A simulator is hashable by value and holds no array: a new model of the same shape does not
    compile again. Called outside of ``jit`` it raises on failure; inside, ``result.status`` tells.

    Parameters
    ----------
    t_stop : Quantity [time]
        End of the trials, which start at 0.
    dt : Quantity [time], default 0.25 ms
        Size of the steps between events; with a ``controller``, of the first step.
    record : Record, optional
        What to sample.
    solver : diffrax.AbstractSolver, default diffrax.Tsit5()
    controller : diffrax.AbstractStepSizeController, optional
        For example ``diffrax.PIDController(rtol=1e-8, atol=1e-8)``. Default: fixed steps.
    adjoint : {"tape", "forward"}
        ``"tape"`` for reverse mode, with checkpoints; ``"forward"`` for forward mode (``jax.jvp``).
        A cascade has both.
    execution : {"auto", "flat"}
        ``"auto"`` executes a model in the way that its structure allows: a cascade without a loop
        over time, with cells of ``dt``; ``"flat"`` sends every model through the flat loop.
    max_spikes : int, default 256
        Per neuron and trial.
    max_steps : int, optional
        Default: what fixed steps of ``dt`` and all events need at most.

    Raises
    ------
    UnitError
        If a time has another dimension.
    SimulationError
        When called: if a limit is reached or the state becomes infinite; it names the trials.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> simulator = dx.Simulator(t_stop=100 * pq.ms)
    >>> inputs = dx.Inputs(current=dx.step_current(300 * pq.pA, 10 * pq.ms, 90 * pq.ms))
    >>> simulator(dx.LIF(), inputs).spike_counts
    array([[5]])
    """

    t_stop: float = eqx.field(static=True)
    dt: float = eqx.field(static=True)
    record: Record | None = eqx.field(static=True)
    solver: diffrax.AbstractSolver = eqx.field(static=True)
    controller: diffrax.AbstractStepSizeController | None = eqx.field(static=True)
    adjoint: str = eqx.field(static=True)
    execution: str = eqx.field(static=True)
    max_spikes: int = eqx.field(static=True)
    max_steps: int | None = eqx.field(static=True)

    def __init__(
        self,
        t_stop: Any,
        dt: Any = None,
        *,
        record: Record | None = None,
        solver: diffrax.AbstractSolver | None = None,
        controller: diffrax.AbstractStepSizeController | None = None,
        adjoint: str = "tape",
        execution: str = "auto",
        max_spikes: int = 256,
        max_steps: int | None = None,
    ) -> None:
        self.t_stop = scalar(t_stop, "ms", "t_stop")
        self.dt = 0.25 if dt is None else scalar(dt, "ms", "dt")
        if not (self.t_stop > 0 and self.dt > 0):
            raise ModelError(f"t_stop and dt must be positive; got {t_stop} and {dt}.")
        if adjoint not in LOOPS:
            raise ModelError(f"adjoint must be one of {sorted(LOOPS)}; got {adjoint!r}.")
        if execution not in ("auto", "flat"):
            raise ModelError(f"execution must be 'auto' or 'flat'; got {execution!r}.")
        self.execution = execution
        self.record = record
        self.solver = diffrax.Tsit5() if solver is None else solver
        self.controller = controller
        self.adjoint = adjoint
        self.max_spikes = max_spikes
        self.max_steps = max_steps

    def __call__(self, neuron: AbstractNeuron, inputs: Inputs) -> SimulationResult:
        """Simulate every trial of the inputs.

        Parameters
        ----------
        neuron : AbstractNeuron
        inputs : Inputs

        Returns
        -------
        SimulationResult

        Raises
        ------
        SimulationError
            Outside of ``jit``, if a trial failed.
        UnitError, ModelError
            If the inputs or the recorded names do not fit the model.
        """
        _must_fit(self, neuron, inputs)
        result = _simulate(self, neuron, inputs)
        if not isinstance(result.status, Tracer):
            raise_on_failure(result)
        return result


def with_record(simulator: Simulator, record: Record | None) -> Simulator:
    """Return a simulator that differs in what it records only."""
    return Simulator(
        to_quantity(simulator.t_stop, "ms"),
        to_quantity(simulator.dt, "ms"),
        record=record,
        solver=simulator.solver,
        controller=simulator.controller,
        adjoint=simulator.adjoint,
        execution=simulator.execution,
        max_spikes=simulator.max_spikes,
        max_steps=simulator.max_steps,
    )


def _must_fit(simulator: Simulator, neuron: AbstractNeuron, inputs: Inputs) -> None:
    name = type(neuron).__name__
    n_sources, n_sites = inputs.spikes.weight.shape[-1], neuron.n_sites
    for kind, given, is_idle in (
        ("current", inputs.current, _is_zero(inputs.current)),
        ("spikes", inputs.spikes, n_sources == 0),
    ):
        if given.unit != neuron.input_unit and not is_idle:
            raise UnitError(
                f"{kind} of {name} must be in {neuron.input_unit!r}; got inputs in {given.unit!r}."
            )
    if n_sites is not None and n_sources > n_sites:
        raise ModelError(
            f"{name} has {n_sites} synaptic sites; got {n_sources} spike sources. Give at most one "
            "spike train per site."
        )
    known = {*neuron.units, "guard"}
    asked = simulator.record.names if simulator.record else ()
    if unknown := [name for name in asked if name not in known]:
        raise ModelError(
            f"{name} has no variable {unknown[0]!r}; it has: {', '.join(sorted(known))}."
        )


def _is_zero(current: Current) -> bool:
    is_known = not isinstance(current.value, Tracer) and not isinstance(current.slope, Tracer)
    return is_known and not (np.any(np.asarray(current.value)) or np.any(np.asarray(current.slope)))


@eqx.filter_jit
def _simulate(simulator: Simulator, neuron: AbstractNeuron, inputs: Inputs) -> SimulationResult:
    units = single_unit(neuron, inputs)
    record = simulator.record
    times = jnp.asarray(record.times(simulator.t_stop) if record else [], dtype=float)
    run = _run(simulator, units, times)
    traces = {}
    if record:
        traces = _observed(units, times, run["states"], record.names)
    units_of = {**neuron.units, "guard": neuron.units.get("v", "1")}
    return SimulationResult(
        spike_times=run["spike_times"],
        spike_slope=run["spike_slope"],
        times=times,
        traces=traces,
        status=run["status"],
        n_steps=run["n_steps"],
        t_reached=run["t_reached"],
        t_stop=simulator.t_stop,
        units=tuple((name, units_of[name]) for name in traces),
        provenance=(
            ("source", "dendrax"),
            ("model", type(neuron).__name__),
            ("simulator", str(simulator)),
        ),
    )


def _run(simulator: Simulator, units: Units, times: Array) -> dict[str, Any]:
    """Run units in the way that the structure of their model allows."""
    common = {"max_spikes": simulator.max_spikes, "sample_times": times}
    if simulator.execution == "auto" and isinstance(units.neuron, AbstractCascade):
        return run_cascade(units, dt=simulator.dt, t_stop=simulator.t_stop, **common)
    solver = ready(simulator.solver, simulator.controller, simulator.adjoint)
    numerics = Numerics(solver, simulator.controller, simulator.dt, simulator.t_stop)
    max_steps = simulator.max_steps or _steps_at_most(simulator, units.drive)
    return run_flat(units, numerics, loop=simulator.adjoint, max_steps=max_steps, **common)


def _observed(units: Units, times: Array, states: Any, names: tuple[str, ...]) -> dict[str, Array]:
    """Return the named variables, (trial, unit, ..., time)."""

    def observe(neuron: AbstractNeuron, _: Drive, states: Any) -> dict[str, Array]:
        guard = jax.vmap(neuron.spike_condition)(times, states)
        return {**jax.vmap(neuron.observe)(states), "guard": guard}

    observed = over_units(units, observe)(units.neuron, units.drive, states)
    return {name: jnp.moveaxis(observed[name], 2, -1) for name in names}


def _steps_at_most(simulator: Simulator, drives: Drive) -> int:
    regular = int(np.ceil(simulator.t_stop / simulator.dt))
    if simulator.controller is not None:
        regular *= 16
    stops = drives.arrivals.time.shape[-1] + drives.current.start.shape[-1]
    # A spike costs the iteration that it cuts short, one in which its timer expires, and those in
    # which a model with a diverging upstroke grades its steps towards it.
    return regular + stops + 32 * simulator.max_spikes + 2
