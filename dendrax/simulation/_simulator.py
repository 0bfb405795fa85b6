"""The simulator: everything numerical, and nothing of the model."""

from collections.abc import Mapping
from typing import Any, overload

import diffrax
import equinox as eqx
from jax.core import Tracer

from dendrax.errors import ModelError
from dendrax.inputs import Inputs
from dendrax.networks import Network
from dendrax.neurons import AbstractNeuron
from dendrax.results import SimulationResult
from dendrax.simulation._agreement import limits_must_fit, network_must_fit, neuron_must_fit
from dendrax.simulation._eventprop import must_suit_eventprop
from dendrax.simulation._execution import DEFAULT, simulate, simulate_network
from dendrax.simulation._loop import LOOPS
from dendrax.simulation._record import Readout, Record
from dendrax.simulation._status import raise_on_failure
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
        Size of the steps between events; with a ``controller``, of the first step. Models without
        a loop over time need no steps between events (LIF and all that are linear), or longer ones:
        of the order of their time constants for a QIF, whose cells are of order 8 in double
        precision, of order 4 in single.
    record : Record, optional
        What to sample.
    readouts : mapping of str to Integral or Maximum, optional
        What else to keep of each trial, under names of your choice; see ``result.readouts``.
    until : {"t_stop", "first_spikes"}
        ``"first_spikes"`` looks for the first spike of each neuron only (of a network: of each
        output neuron), and ends a trial when all of them are found. Then nothing can be recorded.
    solver : diffrax.AbstractSolver, default diffrax.Tsit5()
        A ``Cell`` has an implicit scheme of second order of its own, Crank-Nicolson that is damped
        after each discontinuity; ``diffrax.ImplicitEuler()`` asks for backward Euler. Any other
        solver, and any controller, takes a cell through the flat loop.
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
    max_arrivals : int or mapping of str to int, optional
        Per trial and population of a network, or per neuron where delays or masks differ between
        neurons; a mapping names the populations that it is for. Default: as many as the sources can
        make. Few make the simulation of a population without a loop over time faster.
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
    max_arrivals: int | tuple[tuple[str, int], ...] | None = eqx.field(static=True)
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
        max_arrivals: int | Mapping[str, int] | None = None,
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
        self.solver = DEFAULT if solver is None else solver
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
        is_mapping = isinstance(max_arrivals, Mapping)
        self.max_arrivals = tuple(max_arrivals.items()) if is_mapping else max_arrivals
        self.max_steps = max_steps

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that are recorded or read out."""
        recorded = self.record.names if self.record else ()
        return (*recorded, *(readout.name for _, readout in self.readouts))

    def limit_of_arrivals(self, population: str) -> int | None:
        """Return how many spikes a population may receive, None where there is no limit."""
        limit = self.max_arrivals
        return dict(limit).get(population) if isinstance(limit, tuple) else limit

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
            limits_must_fit(model, self.max_arrivals)
            results = simulate_network(self, model, inputs)
            # In the order in which spikes flow: what comes after a failure is of no value.
            ordered = {name: results[name] for part in model.components for name in part}
        else:
            neuron_must_fit(model, inputs, self.names)
            results = simulate(self, model, inputs)
            ordered = {"": results}
        for name, result in ordered.items():
            if not isinstance(result.status, Tracer):
                raise_on_failure(result, name)
        return results


def with_settings(simulator: Simulator, **settings: Any) -> Simulator:
    """Return a simulator that differs in some of its keyword arguments only."""
    same = {
        "record": simulator.record,
        "readouts": dict(simulator.readouts),
        "until": simulator.until,
        "solver": simulator.solver,
        "controller": simulator.controller,
        "adjoint": simulator.adjoint,
        "execution": simulator.execution,
        "max_spikes": simulator.max_spikes,
        "max_arrivals": (
            dict(simulator.max_arrivals)
            if isinstance(simulator.max_arrivals, tuple)
            else simulator.max_arrivals
        ),
        "max_steps": simulator.max_steps,
    }
    t_stop, dt = (to_quantity(t, "ms") for t in (simulator.t_stop, simulator.dt))
    return Simulator(t_stop, dt, **{**same, **settings})
