"""Whether two results agree: spike by spike, and sample by sample between the spikes."""

from collections.abc import Mapping
from typing import Any, overload

import numpy as np

from dendrax.errors import ModelError
from dendrax.results import SimulationResult
from dendrax.units import scalar
from dendrax.validation._comparison import Comparison
from dendrax.validation._matching import matched
from dendrax.validation._network_comparison import NetworkComparison


@overload
def compare(
    a: SimulationResult,
    b: SimulationResult,
    *,
    trace: str = "v",
    around_spikes: Any = None,
    window: Any = None,
) -> Comparison: ...


@overload
def compare(
    a: Mapping[str, SimulationResult],
    b: Mapping[str, SimulationResult],
    *,
    trace: str = "v",
    around_spikes: Any = None,
    window: Any = None,
) -> NetworkComparison: ...


def compare(
    a: Any,
    b: Any,
    *,
    trace: str = "v",
    around_spikes: Any = None,
    window: Any = None,
) -> Any:
    """Compare two results of the same experiment, whoever made them.

    Where both have equally many spikes in a trial, spikes are paired in their order; elsewhere
    those that are nearest to each other, within a window.

    Parameters
    ----------
    a, b : SimulationResult, or mapping of str to SimulationResult
        Of networks, those of each population.
    trace : str, default "v"
        The variable to compare, if both recorded it.
    around_spikes : Quantity [time], default 0.1 ms
        Samples that are this close to a spike of either are left out: there a small shift in time
        is a large difference in voltage.
    window : Quantity [time], default 2 ms
        Spikes that are farther apart are no pair, where the numbers of spikes differ.

    Returns
    -------
    Comparison, or NetworkComparison for those of networks

    Raises
    ------
    ModelError
        If the results have other populations, trials, neurons, sample times or units.
    UnitError
        If a time has another dimension.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> inputs = dx.Inputs(current=dx.step_current(300 * pq.pA, 10 * pq.ms, 90 * pq.ms))
    >>> coarse, fine = (
    ...     dx.Simulator(100 * pq.ms, dt)(dx.LIF(), inputs) for dt in (0.2 * pq.ms, 0.1 * pq.ms)
    ... )
    >>> dx.compare(coarse, fine).raise_if_outside(spike_time=1 * pq.us).n_pairs
    5
    """
    if isinstance(a, Mapping) or isinstance(b, Mapping):
        _must_have_the_same_populations(a, b)
        options = {"trace": trace, "around_spikes": around_spikes, "window": window}
        return NetworkComparison({name: compare(a[name], b[name], **options) for name in a})
    near = 0.1 if around_spikes is None else scalar(around_spikes, "ms", "around_spikes")
    reach = 2.0 if window is None else scalar(window, "ms", "window")
    trains_a, trains_b = np.asarray(a.spike_times), np.asarray(b.spike_times)
    if trains_a.shape[:2] != trains_b.shape[:2]:
        raise ModelError(
            f"results must have the same trials and neurons; a has {trains_a.shape[:2]} and b has "
            f"{trains_b.shape[:2]}. Simulate both with the same inputs."
        )
    pairs = [
        matched(a.spikes(*place), b.spikes(*place), reach)
        for place in np.ndindex(trains_a.shape[:2])
    ]
    differences = np.concatenate([np.empty(0), *(late - early for early, late in pairs)])
    recorded = trace in a.traces and trace in b.traces
    nothing = np.array(np.nan), np.array(np.nan), np.nan
    v_max_at, v_rms_at, v_range = _deviation(a, b, trace, near) if recorded else nothing
    return Comparison(
        counts_a=a.spike_counts,
        counts_b=b.spike_counts,
        n_missing=int(a.spike_counts.sum()) - differences.size,
        n_extra=int(b.spike_counts.sum()) - differences.size,
        spike_differences=differences,
        trace=trace if recorded else None,
        unit=dict(a.units)[trace] if recorded else "",
        v_max_at=v_max_at,
        v_rms_at=v_rms_at,
        v_range=v_range,
    )


def _must_have_the_same_populations(a: Any, b: Any) -> None:
    named = [
        ", ".join(sorted(each)) if isinstance(each, Mapping) else "those of one neuron"
        for each in (a, b)
    ]
    if named[0] != named[1]:
        raise ModelError(
            f"results must have the same populations; a has {named[0]}, and b {named[1]}. Simulate "
            "the same network."
        )


def _deviation(
    a: SimulationResult, b: SimulationResult, trace: str, near: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the largest and the rms difference by place, and the range, of a trace."""
    ours, theirs = np.asarray(a.traces[trace]), np.asarray(b.traces[trace])
    units = dict(a.units)[trace], dict(b.units)[trace]
    if ours.shape != theirs.shape or not np.allclose(a.times, b.times, rtol=0, atol=1e-6):
        raise ModelError(
            f"results must have {trace} at the same times and places; a has the shape {ours.shape} "
            f"and b {theirs.shape}. Simulate both with the same Record."
        )
    if units[0] != units[1]:
        raise ModelError(
            f"{trace} must have the same unit in both results; it is in {units[0]} in a and in "
            f"{units[1]} in b. Convert one of them."
        )
    times = np.asarray(a.times)
    away = np.ones((*ours.shape[:2], times.size), dtype=bool)
    for place in np.ndindex(ours.shape[:2]):
        for spike in (*a.spikes(*place), *b.spikes(*place)):
            away[place] &= np.abs(times - spike) > near
    difference = np.moveaxis(theirs - ours, -1, 2)[away]
    if not len(difference):
        nothing = np.full(difference.shape[1:], np.nan)
        return nothing, nothing, np.nan
    largest, rms = np.max(np.abs(difference), axis=0), np.sqrt(np.mean(difference**2, axis=0))
    return np.asarray(largest), np.asarray(rms), float(np.ptp(ours))
