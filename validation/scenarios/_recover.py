"""What the scenarios of recovery share: known parameters are found, and their intervals hold."""

from typing import Any

import equinox as eqx
import numpy as np
import optimistix
from tqdm import tqdm

import dendrax as dx
from validation._measured import Measured, at_least, at_most

N = 100
SOLVER = optimistix.LevenbergMarquardt(rtol=1e-7, atol=1e-7)
EXACT = "a percent; the data have no noise, so that the truth is where the loss is zero"
COVERED = "of intervals of 95 %: 90 or fewer happen to one parameter in fifty, so 90 is the limit"


def recovery(
    truth: Any,
    start: Any,
    inputs: dx.Inputs,
    simulator: dx.Simulator,
    loss: dx.losses.AbstractLoss,
    *,
    noise: float,
    noisy: tuple[str, ...] = ("v",),
    steps: int = 60,
    starts: int = 1,
) -> list[Measured]:
    """Measure how far a fit to perfect data ends from the truth, and how often intervals hold it.

    Parameters
    ----------
    truth, start : model
        The one that makes the data, and the one that fits begin with.
    inputs : Inputs
    simulator : Simulator
    loss : AbstractLoss
        A sum of squares.
    noise : float
        Standard deviation, in mV or without unit, of independent noise on each sample.
    noisy : tuple of str
        The traces that have it.
    steps, starts : int
        Of the fit to perfect data; those to noisy data begin with what it finds.
    """
    perfect = dx.Sweeps(simulator(truth, inputs), inputs)
    options = {"loss": loss, "optimizer": SOLVER, "steps": steps, "held_out": []}
    found = dx.fit(start, perfect, simulator, **options, starts=starts)
    expected = _numbers(truth)
    error = np.max(np.abs(_numbers(found.model) / expected - 1))
    rng = np.random.default_rng(0)
    inside = np.zeros(len(expected))
    for _ in tqdm(range(N), desc="repetitions", disable=None):
        fitted = dx.fit(found.model, _with_noise(perfect, noise, noisy, rng), simulator, **options)
        interval = dx.uncertainty(fitted)
        inside += (interval.lower.values <= expected) & (expected <= interval.upper.values)
    return [
        at_most("largest error without noise", 100 * error, "%", 1.0, EXACT),
        at_least(
            f"repetitions of {N} in which the interval holds the truth, fewest of "
            f"{len(expected)} parameters",
            inside.min(), "", 90, COVERED,
        ),
    ]  # fmt: skip


def _numbers(model: Any) -> np.ndarray:
    """Return the learnable parameters in the order of :func:`dendrax.uncertainty`."""
    known = dx.parameters(model)
    return np.concatenate([np.ravel(known[name].value) for name in sorted(dx.to_free(model))])


def _with_noise(
    sweeps: dx.Sweeps, noise: float, names: tuple[str, ...], rng: np.random.Generator
) -> dx.Sweeps:
    traces = dict(sweeps.target.traces)
    for name in names:
        traces[name] = traces[name] + noise * rng.standard_normal(traces[name].shape)
    return eqx.tree_at(lambda each: each.target.traces, sweeps, traces)
