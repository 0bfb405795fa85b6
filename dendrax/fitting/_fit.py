"""Fitting a model to recorded sweeps by exact gradients."""

import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from dendrax.errors import FitError
from dendrax.fitting._descent import Descent
from dendrax.fitting._free import with_free
from dendrax.fitting._history import to_history, to_starts
from dendrax.fitting._least_squares import LeastSquares
from dendrax.fitting._method import AbstractMethod
from dendrax.fitting._objective import Objective
from dendrax.fitting._progress import Trials, begin
from dendrax.fitting._provenance import provenance
from dendrax.fitting._result import FitResult
from dendrax.fitting._run import Plan, run
from dendrax.fitting._score import score
from dendrax.fitting._split import split
from dendrax.fitting._starts import scatter
from dendrax.fitting.losses import AbstractLoss, Voltage
from dendrax.fitting.losses._compared import Compared
from dendrax.results import SimulationResult, Sweeps, take
from dendrax.simulation import Record, Simulator, with_settings
from dendrax.units import to_quantity

if TYPE_CHECKING:
    import optax

# Which samples are compared when a model is scored, whatever loss it was fitted with.
_SCORING = Voltage("v", Compared(), scale=1.0, before=2.0, after=10.0)


def fit(
    model: Any,
    sweeps: Sweeps,
    simulator: Simulator,
    *,
    loss: AbstractLoss,
    optimizer: "optax.GradientTransformation | Any",
    steps: int = 200,
    starts: int = 1,
    seed: int = 0,
    batch_size: int | None = None,
    held_out: Sequence[int] | None = None,
    patience: int | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 10,
    progress: bool = False,
) -> FitResult:
    """Fit the learnable parameters of a model to recorded sweeps.

    The optimizer moves in a space without bounds (the logit or the logarithm of each parameter), so
    bounds hold at every step, and a learning rate of 0.01 is about 1 % of a parameter.

    Parameters
    ----------
    model : AbstractNeuron or Network
        Where to start; what a fit may change was made with :func:`learnable`.
    sweeps : Sweeps
        What to reproduce, and the inputs that go with it; see :func:`read_recording`. For a
        classification, ``Sweeps(labels, inputs)``.
    simulator : Simulator
        Its ``record``, if any, says at which times voltages are compared (default: every ms).
    loss : AbstractLoss
        For example ``losses.voltage(...) + 2 * losses.spike_times(...)``; for a network,
        ``losses.of(population, loss)``.
    optimizer : optax.GradientTransformation, or a least-squares solver of Optimistix
        For example ``optax.adam(0.03)``, or ``optimistix.LevenbergMarquardt(1e-6, 1e-6)`` for a
        loss that is a sum of squares and some dozens of parameters at most. The free parameters are
        a dict by name, which ``optax.partition`` takes as groups with rates of their own.
    steps : int, default 200
    starts : int, default 1
        How many points to start from, all in one program: the model, and others drawn between the
        bounds of the parameters. The best is kept; one that fails stays behind.
    seed : int, default 0
        Of the starts, and of the order of batches.
    batch_size : int, optional
        How many of the trained trials to take in each step; by default all.
    held_out : sequence of int, optional
        Trials that are not fitted, only scored. Default: every third.
    patience : int, optional
        Stop when the loss on the held-out trials has not fallen for so many steps. With
        ``patience`` or ``batch_size`` the best step is the one with the lowest loss there.
    checkpoint : path, optional
        A file to write progress to; if it is there, the fit goes on from it, and ends with the same
        parameters, bit for bit, as one that was never interrupted. It is also written when the
        process is told to end (SIGTERM).
    checkpoint_every : int, default 10
    progress : bool, default False
        Whether to show a progress bar.

    Returns
    -------
    FitResult

    Raises
    ------
    FitError
        If nothing is learnable, the loss becomes infinite or NaN from every start, the simulation
        is longer than the sweeps, no trial is held out to watch, or the checkpoint is of another
        fit or has no folder to go to.
    SimulationError
        If the simulations fail, for example because a limit of spikes was reached.

    Warns
    -----
    RuntimeWarning
        If the fitted model never spikes where the recording does.
    """
    started = time.perf_counter()
    data, simulator = sweeps, _recording(simulator, sweeps, loss)
    if isinstance(sweeps.target, SimulationResult):
        sweeps = on_grid(sweeps, simulator)
    trained, held_out = split(sweeps.inputs.n_trials, held_out)
    watches = patience is not None or batch_size is not None
    if watches and not held_out:
        raise FitError("patience and batch_size need trials to watch. Name some in held_out.")
    _must_be_among(
        "batch_size",
        1 if batch_size is None else batch_size,
        len(trained),
        "the number of trained trials",
    )
    _must_be_among("starts", starts, np.inf, "as many as memory holds")

    method = _method(optimizer)
    if isinstance(method, LeastSquares):
        simulator = with_settings(simulator, adjoint="forward")
    objective = Objective(model, simulator, loss)
    watched = take(sweeps, list(held_out)) if watches else None
    trials = Trials(take(sweeps, list(trained)), watched, batch_size, seed)
    state = begin(method, objective, scatter(model, starts, seed), trials, steps)
    plan = Plan(method, objective, trials, steps, patience)
    state = run(plan, state, checkpoint, checkpoint_every, progress)

    start = int(jnp.argmin(state.best_loss))
    best = with_free(model, jax.tree.map(lambda x: x[start], state.best))
    result = simulator(best, sweeps.inputs)
    scores = {
        name: score(take(result, list(trials)), take(sweeps, list(trials)), _SCORING)
        for name, trials in (("trained", trained), ("held_out", held_out))
        if trials and _can_be_scored(result, sweeps)
    }
    _warn_if_dead(result, sweeps)
    history = to_history(model, state.history, start, int(state.step[0]))
    settings = {"steps": steps, "starts": starts, "seed": seed}
    settings |= {"batch_size": batch_size, "patience": patience}
    objective = Objective(best, simulator, loss)
    origin = provenance(objective, method, data, settings, time.perf_counter() - started)
    return FitResult(
        best,
        result,
        history,
        to_starts(model, state),
        trained,
        held_out,
        scores,
        objective,
        sweeps,
        origin,
    )


def on_grid(sweeps: Sweeps, simulator: Simulator) -> Sweeps:
    """Return sweeps that end where the simulation does, sampled where it records.

    Raises
    ------
    FitError
        If the simulation is longer than the sweeps.
    """
    target = sweeps.target
    if simulator.record is None:
        raise FitError("the simulator records nothing. Give it record=dx.Record('v', every=...).")
    times = simulator.record.times(simulator.t_stop)
    period = float(target.times[1] - target.times[0])
    if times[-1] > float(target.times[-1]) + period:
        raise FitError(
            f"the simulation must not be longer than the sweeps, {target.t_stop:g} ms; got "
            f"t_stop = {simulator.t_stop:g} ms. Lower Simulator(t_stop=...)."
        )
    nearest = np.clip(np.rint(times / period).astype(int), 0, len(target.times) - 1)
    spikes = jnp.where(target.spike_times < simulator.t_stop, target.spike_times, jnp.inf)
    traces = {name: trace[..., nearest] for name, trace in target.traces.items()}
    sampled = replace(
        target,
        times=jnp.asarray(times, dtype=float),
        traces=traces,
        spike_times=spikes,
        t_stop=simulator.t_stop,
    )
    return Sweeps(sampled, sweeps.inputs)


def _recording(simulator: Simulator, sweeps: Sweeps, loss: AbstractLoss) -> Simulator:
    """Return the simulator that keeps what the loss and the score need."""
    readouts = {**dict(simulator.readouts), **loss.readouts}
    names = set(loss.records)
    if isinstance(sweeps.target, SimulationResult):
        names |= {"v"} & set(sweeps.target.traces)
    if not names:
        return with_settings(simulator, readouts=readouts)
    record = simulator.record or Record(every=to_quantity(1.0, "ms"))
    if record.every is None:
        raise FitError("voltages are compared on a grid. Give the simulator Record(every=...).")
    every = to_quantity(record.every, "ms")
    record = Record(*sorted({*record.names, *names}), every=every)
    return with_settings(simulator, record=record, readouts=readouts)


def _must_be_among(name: str, value: int, most: float | int, why: str) -> None:
    if not 1 <= value <= most:
        raise FitError(f"{name} must be 1 to {most:g}, {why}; got {value}.")


def _method(optimizer: Any) -> AbstractMethod:
    import optimistix

    if isinstance(optimizer, optimistix.AbstractLeastSquaresSolver):
        return LeastSquares(optimizer)
    if hasattr(optimizer, "init") and hasattr(optimizer, "update"):
        return Descent(optimizer)
    raise FitError(
        "optimizer must be a gradient transformation of Optax or a least-squares solver of "
        f"Optimistix; got {type(optimizer).__name__}."
    )


def _can_be_scored(result: Any, sweeps: Sweeps) -> bool:
    pair = (result, sweeps.target)
    return all(isinstance(each, SimulationResult) and "v" in each.traces for each in pair)


def _warn_if_dead(result: Any, sweeps: Sweeps) -> None:
    if not _can_be_scored(result, sweeps):
        return
    if sweeps.target.spike_counts.any() and not result.spike_counts.any():
        warnings.warn(
            "the fitted model never spikes, the recording does. Start from a more excitable model, "
            "try more starts, or add a loss that pulls silent models up, such as "
            "losses.spike_times(...).",
            RuntimeWarning,
            stacklevel=3,
        )
