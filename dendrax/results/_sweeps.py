"""Sweeps: what a recording gives, a target and the inputs that made it."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
from jax.core import Tracer

from dendrax.errors import RecordingError
from dendrax.inputs import Inputs
from dendrax.results._result import SimulationResult
from dendrax.units import scalar


class Sweeps(NamedTuple):
    """A recording as the pair that a fit takes: ``target, inputs = sweeps``.

    Attributes
    ----------
    target : SimulationResult
        The recorded voltage, trace ``"v"`` (trial, 1, time) in mV, and its spikes.
    inputs : Inputs
        The injected currents, one per trial.
    """

    target: SimulationResult
    inputs: Inputs


def apart(
    result: SimulationResult | Sweeps, inputs: Inputs | None
) -> tuple[SimulationResult, Inputs | None]:
    """Return a result and its inputs apart, however they came.

    Raises
    ------
    RecordingError
        If they differ in their number of trials.
    """
    if isinstance(result, Sweeps):
        result, inputs = result.target, result.inputs if inputs is None else inputs
    if inputs is not None and inputs.n_trials != result.n_trials:
        raise RecordingError(
            f"inputs must have the {result.n_trials} trials of the result; got {inputs.n_trials}. "
            "Pass the inputs that the result was made with."
        )
    return result, inputs


def take(batch: Any, indices: Any) -> Any:
    """Select trials, in the order of the indices.

    Parameters
    ----------
    batch : Sweeps, SimulationResult, Inputs, or any pytree of arrays with a leading trial axis
    indices : int or sequence of int, slice, or bool (trial,)
        Negative ones count from the end.

    Returns
    -------
    Same type as ``batch``
        A single index gives a batch of one trial.

    Raises
    ------
    IndexError
        If a trial is not there.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> steps = [dx.step_current(i * pq.pA, 1 * pq.ms, 2 * pq.ms) for i in range(5)]
    >>> dx.take(dx.Inputs(current=steps), [0, 4]).n_trials
    2
    """
    # The sample times of a result are common to all trials.
    common = {id(part.times) for part in _parts(batch) if isinstance(part, SimulationResult)}
    leaves = [leaf for leaf in jax.tree.leaves(batch) if id(leaf) not in common]
    n = leaves[0].shape[0]
    # Traced indices cannot be looked at: they are taken for what they are.
    traced = isinstance(indices, Tracer)
    rows = indices if traced else np.atleast_1d(np.arange(n)[indices])
    return jax.tree.map(lambda leaf: leaf if id(leaf) in common else leaf[rows], batch)


def _parts(batch: Any) -> list[Any]:
    return jax.tree.leaves(batch, is_leaf=lambda node: isinstance(node, SimulationResult))


def thin(batch: Any, every: Any) -> Any:
    """Keep every n-th sample of the traces; spike times and inputs stay as they are.

    Parameters
    ----------
    batch : Sweeps or SimulationResult
    every : Quantity [time]
        A multiple of the sampling period.

    Returns
    -------
    Same type as ``batch``

    Raises
    ------
    RecordingError
        If the interval is no multiple of the sampling period.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.thin(dx.default_recording(), every=0.5 * pq.ms).target.times[:3].tolist()
    [0.0, 0.5, 1.0]
    """
    if isinstance(batch, Sweeps):
        return batch._replace(target=thin(batch.target, every))
    interval = scalar(every, "ms", "every")
    if len(batch.times) < 2:
        return batch
    period = float(batch.times[1] - batch.times[0])
    n = round(interval / period)
    if n < 1 or abs(n * period - interval) > 1e-3 * period:
        raise RecordingError(
            f"every must be a multiple of the sampling period, {period:g} ms; got {interval:g} ms."
        )
    traces = {name: trace[..., ::n] for name, trace in batch.traces.items()}
    return eqx.tree_at(
        lambda result: (result.times, result.traces), batch, (batch.times[::n], traces)
    )
