"""The third simulator: from event to event by SciPy's integrator of eighth order."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dendrax.errors import ModelError, SimulationError
from dendrax.inputs import Inputs
from dendrax.neurons import AbstractNeuron
from dendrax.results import SimulationResult
from dendrax.simulation import Simulator, neuron_must_fit
from dendrax.validation._brian2 import equations_of_point
from dendrax.validation._group import weight_names
from dendrax.validation._outcome import Run, asked_for, result_of
from dendrax.validation._stimulus import DIGITS, Stimulus, stimulus, ticks
from dendrax.validation.transcriptions import Equations

_FUNCTIONS: dict[str, Any] = {
    **{name: getattr(np, name) for name in ("exp", "expm1", "log", "log1p", "sqrt", "sign")},
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{name: getattr(np, name) for name in ("arcsin", "arccos", "arctan", "floor", "ceil")},
    **{"pi": np.pi, "infinity": np.inf, "int": int, "abs": abs},
    "clip": lambda x, low, high: min(max(x, low), high),
    "where": lambda condition, this, that: this if condition else that,
}


def run_scipy(
    model: AbstractNeuron,
    inputs: Inputs,
    simulator: Simulator,
    *,
    rtol: float = 1e-10,
    atol: float = 1e-11,
) -> SimulationResult:
    """Simulate a neuron with ``scipy.integrate.solve_ivp``, from event to event.

    The equations are those of :func:`run_brian2`; the integrator is DOP853, with adaptive steps,
    and a spike is a root of its dense output. One trial after the other, in Python, and as good as
    its tolerances.

    Parameters
    ----------
    model : AbstractNeuron
    inputs : Inputs
    simulator : Simulator
        Says ``t_stop``, what to ``record``, and ``max_spikes``; its numerics do not matter here.
    rtol, atol : float
        Tolerances of the integrator, the second in the units of the states.

    Returns
    -------
    SimulationResult
        Of one neuron, as ``simulator(model, inputs)`` returns it. ``spike_slope`` is unknown: inf.

    Raises
    ------
    UnitError
        If the inputs are in another unit than the model takes.
    ModelError
        If the model cannot be translated or is a ``Cell``, or a recorded name is unknown.
    SimulationError
        If a neuron spikes more than ``max_spikes`` times, or the integrator fails.

    Notes
    -----
    Virtanen et al. 2020; the method is that of Dormand & Prince (Hairer, Nørsett & Wanner 1993).

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

    names = simulator.record.names if simulator.record else ()
    neuron_must_fit(model, inputs, names)
    equations, origin = equations_of_point(model)
    if not (rtol > 0 and atol > 0):
        raise ModelError(f"tolerances must be positive; got rtol = {rtol:g} and atol = {atol:g}.")
    drive = stimulus(model, inputs)
    times, wanted = asked_for(simulator, equations)
    at = ticks(simulator.t_stop, simulator.t_stop, drive.stops(simulator.t_stop))
    value, slope = drive.electrode(at)
    neurons = [_Neuron(equations, drive, k, wanted, (rtol, atol)) for k in range(drive.n_neurons)]
    with np.errstate(over="ignore"):  # exp(large) = inf is the right limit of a sigmoid's part
        samples = [
            each.run(np.stack([at, value[:, k], slope[:, k]], axis=1), times, simulator)
            for k, each in enumerate(neurons)
        ]
    run = Run(
        spikes=[np.array(each.spikes) for each in neurons],
        samples={name: np.stack([x[:, j] for x in samples]) for j, name in enumerate(wanted)},
        n_steps=max(each.n_steps for each in neurons),
    )
    provenance = {
        "source": f"scipy {scipy.__version__}",
        "equations": origin,
        "method": "DOP853",
        "rtol": f"{rtol:g}",
        "atol": f"{atol:g}",
    }
    return result_of(model, equations, run, simulator, inputs.n_trials, provenance)


class _Neuron:
    """One neuron in one trial: its variables by name, and its equations as Python about them."""

    def __init__(
        self,
        equations: Equations,
        drive: Stimulus,
        number: int,
        wanted: Sequence[str],
        tolerances: tuple[float, float],
    ) -> None:
        self.states, self.wanted, self.tolerances = [*equations.rates], wanted, tolerances
        self.shorthand = _lines(equations.shorthand)
        self.observed = _lines(equations.observed)
        self.rates = compile(f"({', '.join(equations.rates.values())},)", "rates", "eval")
        self.can_spike = bool(equations.condition)
        self.condition = compile(equations.condition or "-1", "condition", "eval")
        self.timer = compile(equations.timer or "infinity", "timer", "eval")
        self.reset = compile(equations.reset, "reset", "exec")
        self.expired = compile(equations.expired, "expired", "exec")
        self.arrival = compile(equations.arrival.replace("_post", ""), "arrival", "exec")
        self.drive, self.number = drive, number
        first = {**dict.fromkeys(self.states, 0.0), **equations.start, **equations.marks}
        self.scope = {**_FUNCTIONS, **equations.constants, **first}
        self.spikes: list[float] = []
        self.n_steps = 0

    def run(self, ramps: np.ndarray, times: np.ndarray, simulator: Simulator) -> np.ndarray:
        """Go through a trial, and return what is wanted (sample, variable) at some times (ms).

        ``ramps`` (tick, 3) are the starts, values and slopes of the injected current.
        """
        at = ramps[:, 0]
        samples = np.empty((times.size, len(self.wanted)))
        for k, start in enumerate(at):
            self.current = ramps[k]
            self._place(start, [self.scope[x] for x in self.states])
            self._arrive(start)
            t = start
            while t < at[min(k + 1, at.size - 1)] and len(self.spikes) <= simulator.max_spikes:
                found = self._flow(t, at[k + 1])
                for row in np.flatnonzero((times >= t) & (times < found.t[-1])):
                    self._place(times[row], found.sol(times[row]))
                    samples[row] = self._seen()
                t = found.t[-1]
                self._place(t, found.y[:, -1])
                if found.status == 1:
                    self._spike(t)
                elif self._value(self.timer) <= t:
                    exec(self.expired, self.scope)
        for row in np.flatnonzero(times >= simulator.t_stop):
            samples[row] = self._seen()
        return samples

    def _flow(self, t: Any, end: Any) -> Any:
        """Integrate to the end (ms), the neuron's own next event, or its next spike."""
        from scipy.integrate import solve_ivp  # which takes a while to load

        def flow(t: float, y: Any) -> Any:
            self._place(t, y)
            return self._value(self.rates)

        def guard(t: float, y: Any) -> float:
            self._place(t, y)
            return float(self._value(self.condition))

        event: Any = guard
        event.terminal, event.direction = True, 1.0
        found = solve_ivp(
            flow,
            (t, min(end, self._value(self.timer))),
            [self.scope[x] for x in self.states],
            method="DOP853",
            dense_output=True,
            events=event if self.can_spike else None,
            rtol=self.tolerances[0],
            atol=self.tolerances[1],
        )
        if not found.success:
            raise SimulationError(
                f"trial {self.number}: SciPy could not go on at t = {found.t[-1]:g} ms: "
                f"{found.message} Take larger tolerances."
            )
        self.n_steps += found.t.size - 1
        return found

    def _arrive(self, t: Any) -> None:
        """Let the spikes that are due at a time act, one after the other."""
        due = (self.drive.target == self.number) & (np.round(self.drive.time, DIGITS) == t)
        weights = weight_names(self.drive.weight)
        for each in np.flatnonzero(due):
            was_below = self._value(self.condition) < 0
            self.scope |= {name: weight[each] for name, weight in weights.items()}
            self.scope["site"] = int(self.drive.site[each])
            exec(self.arrival, self.scope)
            if was_below and self._value(self.condition) >= 0:
                self._spike(t)

    def _spike(self, t: Any) -> None:
        self.spikes.append(float(t))
        self.scope["t_spike"] = t
        exec(self.reset, self.scope)

    def _place(self, t: Any, y: Any) -> None:
        """Put the states to what they are at a time (ms)."""
        start, value, slope = self.current
        self.scope |= zip(self.states, map(float, y), strict=True)
        self.scope["electrode"] = value + slope * (t - start)

    def _value(self, expression: Any) -> Any:
        exec(self.shorthand, self.scope)
        return eval(expression, self.scope)

    def _seen(self) -> list[float]:
        exec(self.shorthand, self.scope)
        exec(self.observed, self.scope)
        return [float(self.scope[name]) for name in self.wanted]


def _lines(named: dict[str, str]) -> Any:
    return compile("\n".join(f"{name} = {text}" for name, text in named.items()), "named", "exec")
