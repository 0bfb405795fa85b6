"""The simulator: everything numerical, and nothing of the model."""

from collections.abc import Mapping
from typing import Any, overload

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array

from dendrax.errors import ModelError
from dendrax.inputs import Inputs
from dendrax.networks import INPUT, Network
from dendrax.neurons import AbstractNeuron
from dendrax.results import SimulationResult
from dendrax.simulation._agreement import network_must_fit, neuron_must_fit
from dendrax.simulation._coupled import run_coupled
from dendrax.simulation._drive import Drive, Units, closed, over_units, silence, single_unit
from dendrax.simulation._eventprop import must_suit_eventprop, run_eventprop
from dendrax.simulation._flat import run_flat
from dendrax.simulation._loop import LOOPS
from dendrax.simulation._record import Integral, Maximum, Readout, Record
from dendrax.simulation._solver import ready
from dendrax.simulation._status import OK, TOO_MANY_ARRIVALS, raise_on_failure
from dendrax.simulation._step import Numerics
from dendrax.simulation._structured import run_structured, structure_of
from dendrax.simulation._wiring import Link, Trains, drive_of, links_of
from dendrax.units import scalar, to_quantity


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
    readouts : mapping of str to Integral or Maximum, optional
        What else to keep of each trial, under names of your choice; see ``result.readouts``.
    until : {"t_stop", "first_spikes"}
        ``"first_spikes"`` looks for the first spike of each neuron only (of a network: of each
        output neuron), and ends a trial when all of them are found. Then nothing can be recorded.
    solver : diffrax.AbstractSolver, default diffrax.Tsit5()
    controller : diffrax.AbstractStepSizeController, optional
        For example ``diffrax.PIDController(rtol=1e-8, atol=1e-8)``. Default: fixed steps.
    adjoint : {"tape", "forward", "eventprop"}
        ``"tape"`` for reverse mode through the steps of the solver, with checkpoints; ``"forward"``
        for forward mode (``jax.jvp``); ``"eventprop"`` for reverse mode by the continuous adjoint
        with jumps, whose memory grows with the number of events only, for fixed steps of an
        explicit solver and populations without recurrence. Models that are executed without a loop
        over time have all of them at once.
    execution : {"auto", "flat"}
        ``"auto"`` executes a model in the way that its structure allows: a cascade without a loop
        over time, with cells of ``dt``; ``"flat"`` sends every model through the flat loop.
    max_spikes : int, default 256
        Per neuron and trial.
    max_arrivals : int, optional
        Per trial and population of a network, or per neuron where delays or masks differ between
        neurons. Default: as many as the sources can make. Few make the simulation of a population
        without a loop over time faster.
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
    readouts: tuple[tuple[str, Readout], ...] = eqx.field(static=True)
    until: str = eqx.field(static=True)
    solver: diffrax.AbstractSolver = eqx.field(static=True)
    controller: diffrax.AbstractStepSizeController | None = eqx.field(static=True)
    adjoint: str = eqx.field(static=True)
    execution: str = eqx.field(static=True)
    max_spikes: int = eqx.field(static=True)
    max_arrivals: int | None = eqx.field(static=True)
    max_steps: int | None = eqx.field(static=True)

    def __init__(
        self,
        t_stop: Any,
        dt: Any = None,
        *,
        record: Record | None = None,
        readouts: Mapping[str, Readout] | None = None,
        until: str = "t_stop",
        solver: diffrax.AbstractSolver | None = None,
        controller: diffrax.AbstractStepSizeController | None = None,
        adjoint: str = "tape",
        execution: str = "auto",
        max_spikes: int = 256,
        max_arrivals: int | None = None,
        max_steps: int | None = None,
    ) -> None:
        self.t_stop = scalar(t_stop, "ms", "t_stop")
        self.dt = 0.25 if dt is None else scalar(dt, "ms", "dt")
        if not (self.t_stop > 0 and self.dt > 0):
            raise ModelError(f"t_stop and dt must be positive; got {t_stop} and {dt}.")
        if adjoint not in (*LOOPS, "eventprop"):
            names = ", ".join(map(repr, (*LOOPS, "eventprop")))
            raise ModelError(f"adjoint must be one of {names}; got {adjoint!r}.")
        if execution not in ("auto", "flat"):
            raise ModelError(f"execution must be 'auto' or 'flat'; got {execution!r}.")
        self.execution = execution
        self.solver = diffrax.Tsit5() if solver is None else solver
        if until not in ("t_stop", "first_spikes"):
            raise ModelError(f"until must be 't_stop' or 'first_spikes'; got {until!r}.")
        if until == "first_spikes" and (record or readouts):
            raise ModelError(
                "trials that end at their first spikes have nothing to record. Leave out record "
                "and readouts, or simulate until='t_stop'."
            )
        if adjoint == "eventprop":
            must_suit_eventprop(self.solver, controller, readouts or {})
        self.record = record
        self.readouts = tuple((readouts or {}).items())
        self.until = until
        self.controller = controller
        self.adjoint = adjoint
        self.max_spikes = max_spikes
        self.max_arrivals = max_arrivals
        self.max_steps = max_steps

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that are recorded or read out."""
        recorded = self.record.names if self.record else ()
        return (*recorded, *(readout.name for _, readout in self.readouts))

    @overload
    def __call__(self, model: AbstractNeuron, inputs: Inputs) -> SimulationResult: ...

    @overload
    def __call__(self, model: Network, inputs: Inputs) -> dict[str, SimulationResult]: ...

    def __call__(self, model: Any, inputs: Inputs) -> Any:
        """Simulate every trial of the inputs.

        Parameters
        ----------
        model : AbstractNeuron or Network
        inputs : Inputs
            For a network, the weights of its input spikes are plain numbers, which scale those of
            its connections.

        Returns
        -------
        SimulationResult, or dict of str to SimulationResult
            For a network, one result for each population, by name.

        Raises
        ------
        SimulationError
            Outside of ``jit``, if a trial failed.
        UnitError, ModelError
            If the inputs or the recorded names do not fit the model.
        """
        if isinstance(model, Network):
            network_must_fit(model, inputs, self.names)
            results = _simulate_network(self, model, inputs)
        else:
            neuron_must_fit(model, inputs, self.names)
            results = _simulate(self, model, inputs)
        for result in results.values() if isinstance(results, dict) else [results]:
            if not isinstance(result.status, Tracer):
                raise_on_failure(result)
        return results


def with_record(simulator: Simulator, record: Record | None) -> Simulator:
    """Return a simulator that differs in what it records only."""
    return Simulator(
        to_quantity(simulator.t_stop, "ms"),
        to_quantity(simulator.dt, "ms"),
        record=record,
        readouts=dict(simulator.readouts),
        until=simulator.until,
        solver=simulator.solver,
        controller=simulator.controller,
        adjoint=simulator.adjoint,
        execution=simulator.execution,
        max_spikes=simulator.max_spikes,
        max_arrivals=simulator.max_arrivals,
        max_steps=simulator.max_steps,
    )


@eqx.filter_jit
def _simulate(simulator: Simulator, neuron: AbstractNeuron, inputs: Inputs) -> SimulationResult:
    units = single_unit(neuron, inputs)
    return _result(simulator, units, _run(simulator, units, is_awaited=True))


@eqx.filter_jit
def _simulate_network(
    simulator: Simulator, network: Network, inputs: Inputs
) -> dict[str, SimulationResult]:
    trains = {INPUT: Trains(inputs.spikes.times, inputs.spikes.weight)}
    results = {}
    for component in network.components:
        populations, lost = [], []
        for name in component:
            current = closed(inputs.current) if name == network.electrode else silence(inputs)
            units, some = drive_of(network, name, trains, current, simulator.max_arrivals)
            populations.append(units)
            lost.append(some)
        links = [links_of(network, name, component) for name in component]
        awaited = [name in network.outputs for name in component]
        if any(instant or delayed for instant, delayed in links):
            runs = _run_coupled(simulator, populations, links, awaited)
        else:
            runs = [_run(simulator, *each) for each in zip(populations, awaited, strict=True)]
        for name, units, run, some in zip(component, populations, runs, lost, strict=True):
            status = jnp.where(
                some[:, None] & (run["status"] == OK), TOO_MANY_ARRIVALS, run["status"]
            )
            results[name] = _result(simulator, units, {**run, "status": status})
            trains[name] = Trains(run["spike_times"], jnp.ones(run["spike_times"].shape[:2]))
    return {name: results[name] for name in network.populations}


def _result(simulator: Simulator, units: Units, run: dict[str, Any]) -> SimulationResult:
    neuron, record, times = units.neuron, simulator.record, _sample_times(simulator)
    known = {**neuron.units, "guard": neuron.units.get("v", "1")}
    names = tuple(name for name in (record.names if record else ()) if name in known)
    return SimulationResult(
        spike_times=run["spike_times"],
        spike_slope=run["spike_slope"],
        times=times,
        traces=_observed(units, times, run["states"], names) if names else {},
        status=run["status"],
        n_steps=run["n_steps"],
        t_reached=run["t_reached"],
        t_stop=simulator.t_stop,
        units=tuple((name, known[name]) for name in names),
        provenance=(
            ("source", "dendrax"),
            ("model", type(neuron).__name__),
            ("simulator", str(simulator)),
        ),
        readouts={
            **dict(
                zip(_of_kind(simulator, units, Integral), run.get("integrals", ()), strict=True)
            ),
            **dict(zip(_of_kind(simulator, units, Maximum), run.get("maxima", ()), strict=True)),
        },
    )


def _sample_times(simulator: Simulator) -> Array:
    record = simulator.record
    return jnp.asarray(record.times(simulator.t_stop) if record else [], dtype=float)


def _run(simulator: Simulator, units: Units, is_awaited: bool) -> dict[str, Any]:
    """Run units in the way that the structure of their model allows."""
    first_only = is_awaited and simulator.until == "first_spikes"
    common = {"max_spikes": simulator.max_spikes, "sample_times": _sample_times(simulator)}
    structured = structure_of(units.neuron) is not None
    if simulator.execution == "auto" and structured and not simulator.readouts:
        limits = {"dt": simulator.dt, "t_stop": simulator.t_stop}
        return run_structured(units, **limits, n_wanted=1 if first_only else None, **common)
    common["max_steps"] = simulator.max_steps or _steps_at_most(simulator, units.drive)
    common["integrals"] = _integrals(simulator, units)
    numerics = _numerics(simulator, units, first_only)
    if simulator.adjoint == "eventprop":
        return run_eventprop(units, numerics, **common)
    return run_flat(units, numerics, loop=simulator.adjoint, **common)


def _run_coupled(
    simulator: Simulator,
    populations: list[Units],
    links: list[tuple[list[Link], Link | None]],
    awaited: list[bool],
) -> list[dict[str, Any]]:
    """Run the populations of a recurrent component."""
    if simulator.adjoint == "eventprop":
        raise ModelError(
            "adjoint='eventprop' is for populations without recurrence. Take adjoint='tape'."
        )
    most = [_steps_at_most(simulator, units.drive) for units in populations]
    # Units wait for each other, and are stopped by each other's spikes.
    default = 4 * max(most) + sum(units.n for units in populations) * simulator.max_spikes
    return run_coupled(
        populations,
        links,
        [_numerics(simulator, units) for units in populations],
        loop=simulator.adjoint,
        max_steps=simulator.max_steps or default,
        max_spikes=simulator.max_spikes,
        sample_times=_sample_times(simulator),
        integrals=[_integrals(simulator, units) for units in populations],
        awaited=awaited if simulator.until == "first_spikes" else [False] * len(populations),
    )


def _numerics(simulator: Simulator, units: Units, first_only: bool = False) -> Numerics:
    return Numerics(
        ready(simulator.solver, simulator.controller, simulator.adjoint),
        simulator.controller,
        simulator.dt,
        simulator.t_stop,
        tuple(x.name for x in _of_kind(simulator, units, Maximum).values()),
        first_only,
    )


def _integrals(simulator: Simulator, units: Units) -> tuple[Integral, ...]:
    return tuple(_of_kind(simulator, units, Integral).values())


def _of_kind(simulator: Simulator, units: Units, kind: type[Readout]) -> dict[str, Any]:
    """Return the readouts of one kind whose variable the neuron has."""
    known = {*units.neuron.units, "guard"}
    return {k: x for k, x in simulator.readouts if isinstance(x, kind) and x.name in known}


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
