"""Fitting a model to recorded sweeps by exact gradients."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dendrax.errors import FitError
from dendrax.fitting import _checkpoint
from dendrax.fitting._descent import Progress, beginning, descent
from dendrax.fitting._free import with_free
from dendrax.fitting._history import to_history
from dendrax.fitting._result import FitResult
from dendrax.fitting._score import score
from dendrax.fitting.losses import AbstractLoss, Voltage
from dendrax.neurons import AbstractNeuron
from dendrax.results import Sweeps, take
from dendrax.simulation import Record, Simulator, raise_on_failure, with_record
from dendrax.units import to_quantity

if TYPE_CHECKING:
    import optax

# Which samples are compared when a model is scored, whatever loss it was fitted with.
_SCORING = Voltage(scale=1.0, before=2.0, after=10.0)


def fit(
    model: AbstractNeuron,
    sweeps: Sweeps,
    simulator: Simulator,
    *,
    loss: AbstractLoss,
    optimizer: "optax.GradientTransformation",
    steps: int = 200,
    held_out: Sequence[int] | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 10,
    progress: bool = False,
) -> FitResult:
    """Fit the learnable parameters of a model to recorded sweeps.

    The optimizer moves in a space without bounds (the logit or the logarithm of each parameter), so
    bounds hold at every step, and a learning rate of 0.01 is about 1 % of a parameter.

    Parameters
    ----------
    model : AbstractNeuron
        Where to start; what a fit may change was made with :func:`learnable`.
    sweeps : Sweeps
        What to reproduce, and the inputs that go with it; see :func:`read_recording`.
    simulator : Simulator
        Its ``record``, if any, says at which times voltages are compared (default: every ms).
    loss : AbstractLoss
        For example ``losses.voltage(...) + 2 * losses.spike_times(...)``.
    optimizer : optax.GradientTransformation
        For example ``optax.adam(0.03)``.
    steps : int, default 200
    held_out : sequence of int, optional
        Trials that are not fitted, only scored. Default: every third.
    checkpoint : path, optional
        A file to write progress to; if it is there, the fit goes on from it, and ends with the same
        parameters, bit for bit, as one that was never interrupted.
    checkpoint_every : int, default 10
    progress : bool, default False
        Whether to show a progress bar.

    Returns
    -------
    FitResult

    Raises
    ------
    FitError
        If nothing is learnable, the loss becomes infinite or NaN, the simulation is longer than the
        sweeps, or the checkpoint is of another fit or has no folder to go to.
    SimulationError
        If a simulation fails, for example because a limit of spikes was reached.
    """
    simulator = _recording(simulator, ("v", *loss.records))
    sweeps = on_grid(sweeps, simulator)
    trained, held_out = _split(sweeps, held_out)
    training = take(sweeps, list(trained))
    file = None if checkpoint is None else Path(checkpoint)
    if file is not None and not file.parent.is_dir():
        raise FitError(f"there is no folder {file.parent} for the checkpoint. Make it first.")
    fingerprint = _fingerprint(model, training, simulator, loss, steps)

    state = beginning(model, loss.terms, optimizer, steps)
    if file is not None and file.exists():
        state = _checkpoint.load(file, state, fingerprint)
    go = descent(model, simulator, loss, optimizer)
    with _bar(steps, int(state.step), progress) as bar:
        for step in range(int(state.step), steps):
            before, (state, result) = state, go(state, training)
            raise_on_failure(result)
            _must_be_finite(before, state, step)
            if file is not None and ((step + 1) % checkpoint_every == 0 or step + 1 == steps):
                _checkpoint.save(file, state, fingerprint)
            bar.set_postfix_str(f"loss {float(state.history['loss'][step]):.4g}", refresh=False)
            bar.update()

    best = with_free(model, state.best)
    result = simulator(best, sweeps.inputs)
    scores = {
        name: score(take(result, list(trials)), take(sweeps, list(trials)), _SCORING)
        for name, trials in (("trained", trained), ("held_out", held_out))
        if trials
    }
    history = to_history(model, state.history)
    return FitResult(best, result, history, trained, held_out, scores)


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
    sampled = eqx.tree_at(
        lambda t: (t.times, t.traces, t.spike_times),
        target,
        (jnp.asarray(times, dtype=float), traces, spikes),
    )
    return Sweeps(sampled, sweeps.inputs)


def _recording(simulator: Simulator, names: tuple[str, ...]) -> Simulator:
    record = simulator.record or Record(every=to_quantity(1.0, "ms"))
    if record.every is None:
        raise FitError("voltages are compared on a grid. Give the simulator Record(every=...).")
    every = to_quantity(record.every, "ms")
    return with_record(simulator, Record(*sorted({*record.names, *names}), every=every))


def _split(
    sweeps: Sweeps, held_out: Sequence[int] | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    everything = range(sweeps.target.n_trials)
    kept = tuple(everything[2::3]) if held_out is None else tuple(held_out)
    if strange := [trial for trial in kept if trial not in everything]:
        raise FitError(f"held_out names trial {strange[0]}; there are {len(everything)} trials.")
    trained = tuple(trial for trial in everything if trial not in kept)
    if not trained:
        raise FitError("held_out leaves no trial to fit. Hold out fewer.")
    return trained, kept


def _must_be_finite(before: Progress, after: Progress, step: int) -> None:
    loss = float(after.history["loss"][step])
    strange = [name for name, x in after.free.items() if not np.all(np.isfinite(x))]
    if np.isfinite(loss) and not strange:
        return
    last = {name: np.asarray(after.history[name][step]).tolist() for name in before.free}
    # A loss that is not finite has such a gradient too.
    cause = (
        f"the gradient of {strange[0]} is not finite"
        if np.isfinite(loss)
        else f"the loss is {loss}"
    )
    raise FitError(
        f"step {step}: {cause}, at {last}. Lower the learning rate, or narrow the bounds of the "
        "parameters."
    )


def _fingerprint(model: Any, sweeps: Sweeps, simulator: Simulator, loss: Any, steps: int) -> str:
    """Return what must not change between the parts of an interrupted fit."""
    digest = hashlib.sha256()
    for part in (model, sweeps):
        leaves, structure = jax.tree.flatten(part)
        digest.update(str(structure).encode())
        for leaf in leaves:
            digest.update(np.asarray(leaf).tobytes())
    digest.update(repr((simulator, loss, steps)).encode())
    return digest.hexdigest()


def _bar(steps: int, done: int, show: bool) -> Any:
    from tqdm.auto import tqdm

    return tqdm(total=steps, initial=done, desc="fit", unit="step", disable=not show)
