"""The loop of a fit: steps, checkpoints, progress, and an end when it is time."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from dendrax.errors import FitError
from dendrax.fitting import _checkpoint
from dendrax.fitting._method import AbstractMethod
from dendrax.fitting._objective import Objective
from dendrax.fitting._progress import Progress, Trials, advance


class Plan(NamedTuple):
    """What is to be done."""

    method: AbstractMethod
    objective: Objective
    trials: Trials
    steps: int
    patience: int | None


def run(
    plan: Plan,
    state: Progress,
    checkpoint: str | Path | None,
    checkpoint_every: int,
    progress: bool,
) -> Progress:
    """Take the steps of a fit that are left.

    Raises
    ------
    FitError, SimulationError
        If every start has failed, or the checkpoint is not of this fit.
    SystemExit
        If the process was told to end; the checkpoint is written before.
    """
    method, objective, trials, steps, patience = plan
    file = None if checkpoint is None else Path(checkpoint)
    if file is not None and not file.parent.is_dir():
        raise FitError(f"there is no folder {file.parent} for the checkpoint. Make it first.")
    settings = (steps, len(state.step), patience)
    fingerprint = _checkpoint.fingerprint((objective, trials), settings)
    if file is not None and file.exists():
        state = _checkpoint.load(file, state, fingerprint)
    with _bar(steps, _done(state), progress) as bar, _told_to_end() as told:
        over = _is_over(state, plan)
        while not over:
            state = advance(method, objective, state, trials)
            done = _done(state)
            if bool(state.has_failed.all()):
                raise _failure(objective, state, trials, done - 1)
            over = _is_over(state, plan)
            if file is not None and (over or told or done % checkpoint_every == 0):
                _checkpoint.save(file, state, fingerprint)
            if told:
                raise SystemExit(128 + told[0])
            bar.set_postfix_str(_postfix(state, done - 1), refresh=False)
            bar.update()
    return state


def _done(state: Progress) -> int:
    return int(state.step[0])


def _is_over(state: Progress, plan: Plan) -> bool:
    """Whether all steps are done, or no start has anything left to do."""
    over = state.has_failed | state.has_converged | (state.step >= plan.steps)
    if plan.patience is not None:
        over |= state.step - state.best_step > plan.patience
    return bool(over.all())


def _failure(objective: Objective, state: Progress, trials: Trials, step: int) -> FitError:
    """Return why no start could go on; raise what the simulation itself says of the first."""
    free = jax.tree.map(lambda x: x[0], state.free)
    objective.simulate(free, trials.trained)
    if trials.watched is not None:
        objective.simulate(free, trials.watched)
    last = {name: np.asarray(state.history[name][0, step]).tolist() for name in free}
    loss = float(state.history["loss"][0, step])
    cause = f"the loss is {loss}"
    if np.isfinite(loss):
        # As in the step that failed: what is not compiled as a whole may be rounded otherwise.
        gradient = eqx.filter_jit(jax.grad(objective, has_aux=True))(free, trials.trained)[0]
        strange = [name for name, slope in gradient.items() if not np.all(np.isfinite(slope))]
        cause = f"the gradient of {', '.join(strange) or 'the loss'} is not finite"
    return FitError(
        f"step {step}: {cause}, at {last}. Lower the learning rate, or narrow the bounds of the "
        "parameters."
    )


@contextmanager
def _told_to_end() -> Iterator[list[int]]:
    """Note that the process was told to end, instead of ending at once.

    Only the main thread of a process may listen.
    """
    told: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield told
        return
    before = signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    try:
        yield told
    finally:
        signal.signal(signal.SIGTERM, before)


def _postfix(state: Progress, step: int) -> str:
    start = int(jnp.argmin(state.best_loss))
    loss, norm, spikes = (
        float(state.history[name][start, step]) for name in ("loss", "gradient_norm", "spike_count")
    )
    best = float(state.best_loss[start])
    return f"loss {loss:.4g}, best {best:.4g}, gradient {norm:.2g}, spikes {spikes:.0f}"


def _bar(steps: int, done: int, show: bool) -> Any:
    from tqdm.auto import tqdm

    return tqdm(total=steps, initial=done, desc="fit", unit="step", disable=not show)
