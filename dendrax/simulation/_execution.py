"""How a model is executed: as its structure and the settings of the simulator ask for."""

from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from dendrax.errors import ModelError
from dendrax.inputs import Inputs
from dendrax.networks import INPUT, Network
from dendrax.neurons import AbstractNeuron, AtMostOneSpike, Cell, Wrapped
from dendrax.results import SimulationResult
from dendrax.simulation._cable import run_cable
from dendrax.simulation._coupled import run_coupled
from dendrax.simulation._drive import (
    Drive,
    Units,
    after_delays,
    closed,
    over_units,
    silence,
    single_unit,
)
from dendrax.simulation._eventprop import run_eventprop
from dendrax.simulation._flat import run_flat
from dendrax.simulation._plan import Numerics
from dendrax.simulation._record import Integral, Maximum, Readout
from dendrax.simulation._solver import ready
from dendrax.simulation._status import OK, TOO_MANY_ARRIVALS
from dendrax.simulation._structured import run_structured, structure_of
from dendrax.simulation._wiring import Link, Trains, drive_of, links_of

# The solver of a simulator that is told no other.
DEFAULT = diffrax.Tsit5()


@eqx.filter_jit
def simulate(simulator: Any, neuron: AbstractNeuron, inputs: Inputs) -> SimulationResult:
    """Simulate one neuron with the settings of a simulator."""
    units = single_unit(neuron, inputs)
    return _result(simulator, units, _run(simulator, units, is_awaited=True))


@eqx.filter_jit
def simulate_network(
    simulator: Any, network: Network, inputs: Inputs
) -> dict[str, SimulationResult]:
    """Simulate a network, component after component in the order in which spikes flow."""
    trains = {INPUT: Trains(inputs.spikes.times, inputs.spikes.weight)}
    results = {}
    for component in network.components:
        populations, lost = [], []
        for name in component:
            current = closed(inputs.current) if name == network.electrode else silence(inputs)
            units, some = drive_of(
                network, name, trains, current, simulator.limit_of_arrivals(name)
            )
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


def _result(simulator: Any, units: Units, run: dict[str, Any]) -> SimulationResult:
    neuron, times = units.neuron, _sample_times(simulator)
    known = _known(neuron)
    names = _recorded(simulator, units)
    traces = run.get("traces", {})
    if names and not traces:
        traces = _observed(units, times, run["states"], names)
    return SimulationResult(
        spike_times=run["spike_times"],
        spike_slope=run["spike_slope"],
        times=times,
        traces=traces,
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


def _known(neuron: AbstractNeuron) -> dict[str, str]:
    """Return the units of what can be recorded."""
    return {**neuron.units, "guard": neuron.units.get("v", "1")}


def _recorded(simulator: Any, units: Units) -> tuple[str, ...]:
    """Return the names to be recorded that the neuron has."""
    record, known = simulator.record, _known(units.neuron)
    return tuple(name for name in (record.names if record else ()) if name in known)


def _sample_times(simulator: Any) -> Array:
    record = simulator.record
    with jax.ensure_compile_time_eval():  # loops that are differentiated close over constants only
        return jnp.asarray(record.times(simulator.t_stop) if record else [], dtype=float)


def _run(simulator: Any, units: Units, is_awaited: bool) -> dict[str, Any]:
    """Run units in the way that the structure of their model allows."""
    first_only = is_awaited and simulator.until == "first_spikes"
    common = {"max_spikes": simulator.max_spikes, "sample_times": _sample_times(simulator)}
    limits = {"dt": simulator.dt, "t_stop": simulator.t_stop, **common}
    if _is_cable(simulator, units.neuron):
        return run_cable(
            units,
            extrapolation=1.0 if isinstance(simulator.solver, diffrax.ImplicitEuler) else 2.0,
            names=_recorded(simulator, units),
            integrals=_integrals(simulator, units),
            maxima=tuple(_of_kind(simulator, units, Maximum).values()),
            n_wanted=1 if first_only else None,
            max_steps=simulator.max_steps,
            **limits,
        )
    if simulator.execution == "auto":
        readouts = {
            "integrals": _integrals(simulator, units),
            "maxima": tuple(_of_kind(simulator, units, Maximum).values()),
        }
        if structure_of(units.neuron) is not None:
            n_wanted = 1 if first_only else None
            return run_structured(units, n_wanted=n_wanted, **readouts, **limits)
        if (inner := _spiking_once(units)) and "guard" not in simulator.names:
            run = run_structured(inner, n_wanted=1, **readouts, **limits)
            return {**run, "states": Wrapped(run["states"], None)}
    units = after_delays(units)
    common["max_steps"] = simulator.max_steps or _steps_at_most(simulator, units)
    common["integrals"] = _integrals(simulator, units)
    numerics = _numerics(simulator, units, first_only)
    if simulator.adjoint == "eventprop":
        return run_eventprop(units, numerics, **common)
    return run_flat(units, numerics, loop=simulator.adjoint, **common)


def _is_cable(simulator: Any, neuron: AbstractNeuron) -> bool:
    """Whether a neuron is a cell, and no other solver is asked for than those for cells."""
    if not isinstance(neuron, Cell) or simulator.execution == "flat":
        return False
    ours = isinstance(simulator.solver, diffrax.ImplicitEuler) or simulator.solver == DEFAULT
    return ours and simulator.controller is None


def _spiking_once(units: Units) -> Units | None:
    """Return the units inside of ``AtMostOneSpike`` if they need no loop over time."""
    if not isinstance(units.neuron, AtMostOneSpike) or structure_of(units.neuron.neuron) is None:
        return None
    return units._replace(neuron=units.neuron.neuron, neuron_axes=units.neuron_axes.neuron)


def _run_coupled(
    simulator: Any,
    populations: list[Units],
    links: list[tuple[list[Link], Link | None]],
    awaited: list[bool],
) -> list[dict[str, Any]]:
    """Run the populations of a recurrent component."""
    if simulator.adjoint == "eventprop":
        raise ModelError(
            "adjoint='eventprop' is for populations without recurrence. Take adjoint='tape'."
        )
    if any(units.neuron.delay is not None for units in populations):
        raise ModelError(
            "synapses with a delay of their own are for populations without recurrence. Give the "
            "delay to the connections."
        )
    most = [_steps_at_most(simulator, units) for units in populations]
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


def _numerics(simulator: Any, units: Units, first_only: bool = False) -> Numerics:
    return Numerics(
        ready(simulator.solver, simulator.controller, simulator.adjoint),
        simulator.controller,
        simulator.dt,
        simulator.t_stop,
        tuple(x.name for x in _of_kind(simulator, units, Maximum).values()),
        first_only,
    )


def _integrals(simulator: Any, units: Units) -> tuple[Integral, ...]:
    return tuple(_of_kind(simulator, units, Integral).values())


def _of_kind(simulator: Any, units: Units, kind: type[Readout]) -> dict[str, Any]:
    """Return the readouts of one kind whose variable the neuron has."""
    known = {*units.neuron.units, "guard"}
    return {k: x for k, x in simulator.readouts if isinstance(x, kind) and x.name in known}


def _observed(units: Units, times: Array, states: Any, names: tuple[str, ...]) -> dict[str, Array]:
    """Return the named variables, (trial, unit, ..., time)."""

    def observe(neuron: AbstractNeuron, _: Drive, states: Any) -> dict[str, Array]:
        observed = jax.vmap(neuron.observe)(states)
        if "guard" in names:
            observed = {**observed, "guard": jax.vmap(neuron.spike_condition)(times, states)}
        return observed

    observed = over_units(units, observe)(units.neuron, units.drive, states)
    return {name: jnp.moveaxis(observed[name], 2, -1) for name in names}


def _steps_at_most(simulator: Any, units: Units) -> int:
    regular = int(np.ceil(simulator.t_stop / simulator.dt))
    if simulator.controller is not None:
        regular *= 16
    arrivals, current = units.drive.arrivals, units.drive.current
    stops = arrivals.time.shape[-1] + current.start.shape[-1]
    graded = int(np.ceil(units.neuron.steps_per_ms * simulator.t_stop))
    # A spike costs the iteration that it cuts short, one in which its timer expires, and those in
    # which a model with a diverging upstroke grades its steps towards it.
    return regular + graded + stops + 32 * simulator.max_spikes + 2
