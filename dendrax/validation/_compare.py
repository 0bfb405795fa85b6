"""Whether two results agree: spike by spike, and sample by sample between the spikes."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dendrax.errors import ModelError, ValidationError
from dendrax.results import SimulationResult
from dendrax.units import scalar
from dendrax.validation._matching import matched


@dataclass(frozen=True)
class Comparison:
    """How far two results are from each other.

    Attributes
    ----------
    counts_a, counts_b : ndarray (trial, neuron)
        Numbers of spikes.
    n_missing, n_extra : int
        Spikes of a without a partner in b, and of b without one in a.
    spike_differences : ndarray (pair,)
        ``b - a`` of all pairs of spikes, in ms.
    trace : str or None
        The variable that was compared; None if there was none.
    unit : str
        Of the trace.
    v_max_at, v_rms_at : ndarray (place,)
        The largest absolute, and the root mean squared, difference of the trace in its unit, away
        from spikes, in each compartment, dendrite or synapse: without an axis for a trace of one
        place, and NaN without a trace.
    v_range : float
        From the smallest to the largest value of the trace of a.
    """

    counts_a: np.ndarray
    counts_b: np.ndarray
    n_missing: int
    n_extra: int
    spike_differences: np.ndarray
    trace: str | None
    unit: str
    v_max_at: np.ndarray
    v_rms_at: np.ndarray
    v_range: float

    @property
    def v_max(self) -> float:
        """The largest absolute difference of the trace, of all places."""
        return float(np.max(self.v_max_at))

    @property
    def v_rms(self) -> float:
        """The root mean squared difference of the trace, over all places."""
        return float(np.sqrt(np.mean(self.v_rms_at**2)))

    @property
    def spike_max(self) -> float:
        """The largest absolute difference of spike times, in ms; 0 without pairs."""
        return float(np.max(np.abs(self.spike_differences), initial=0.0))

    @property
    def spike_rms(self) -> float:
        """The root mean squared difference of spike times, in ms; 0 without pairs."""
        return float(np.sqrt(np.mean(self.spike_differences**2))) if self.n_pairs else 0.0

    @property
    def n_pairs(self) -> int:
        """The number of spikes that were compared."""
        return self.spike_differences.size

    def raise_if_outside(self, *, spike_time: Any = None, v: Any = None) -> "Comparison":
        """Refuse a disagreement: other spikes, or differences above a tolerance, or NaN.

        Parameters
        ----------
        spike_time : Quantity [time], optional
            For the largest difference of spike times.
        v : Quantity of the unit of the trace, optional
            For the largest difference of the trace.

        Returns
        -------
        Comparison
            Itself, if all is well.

        Raises
        ------
        ValidationError
            If the results disagree.
        UnitError
            If a tolerance has another dimension.
        ModelError
            If ``v`` is given, and no trace was compared.
        """
        complaints = []
        if self.n_missing or self.n_extra:
            complaints.append(
                f"spikes must have partners; {self.n_missing} of a and {self.n_extra} of b "
                "have none"
            )
        if spike_time is not None:
            limit = scalar(spike_time, "ms", "spike_time")
            if not self.spike_max <= limit:
                complaints.append(
                    f"spike times must agree within {limit:g} ms; they differ by "
                    f"{self.spike_max:.3g} ms"
                )
        if v is not None:
            if self.trace is None:
                raise ModelError(
                    "v is a tolerance for a trace, and none was compared. Simulate with "
                    "Simulator(record=...)."
                )
            limit = scalar(v, self.unit, "v")
            if not self.v_max <= limit:
                complaints.append(
                    f"{self.trace} must agree within {limit:g} {self.unit}; it differs by "
                    f"{self.v_max:.3g} {self.unit}"
                )
        if complaints:
            raise ValidationError(
                f"the results disagree: {'; '.join(complaints)}. Look at str(comparison), and "
                "refine the steps of both simulators to learn which of them moves."
            )
        return self

    def to_xarray(self) -> Any:
        """Return the report as a dataset, with units.

        Returns
        -------
        xarray.Dataset
            ``counts_a``, ``counts_b`` (trial, neuron); ``spike_difference`` (pair,); ``v_max``,
            ``v_rms`` (place, ...) of the trace that the attributes name; ``n_missing``,
            ``n_extra``, ``v_range``.
        """
        import xarray as xr

        places = tuple(f"place_{k}" for k in range(self.v_max_at.ndim))
        places = ("place",) if len(places) == 1 else places
        return xr.Dataset(
            {
                "counts_a": (("trial", "neuron"), self.counts_a, {"units": "1"}),
                "counts_b": (("trial", "neuron"), self.counts_b, {"units": "1"}),
                "n_missing": ((), self.n_missing, {"units": "1"}),
                "n_extra": ((), self.n_extra, {"units": "1"}),
                "spike_difference": ("pair", self.spike_differences, {"units": "ms"}),
                "v_max": (places, self.v_max_at, {"units": self.unit}),
                "v_rms": (places, self.v_rms_at, {"units": self.unit}),
                "v_range": ((), self.v_range, {"units": self.unit}),
            },
            attrs={"trace": self.trace or ""},
        )

    def __str__(self) -> str:
        rows = [
            ("", "a", "b"),
            ("spikes", f"{self.counts_a.sum()}", f"{self.counts_b.sum()}"),
            ("without partner", f"{self.n_missing}", f"{self.n_extra}"),
            ("difference", "largest", "rms"),
            ("spike time", f"{self.spike_max:.3g} ms", f"{self.spike_rms:.3g} ms"),
        ]
        if self.trace is not None:
            scale = self.v_range or 1.0
            rows += [
                (self.trace, f"{self.v_max:.3g} {self.unit}", f"{self.v_rms:.3g} {self.unit}"),
                ("  of its range", f"{self.v_max / scale:.3g}", f"{self.v_rms / scale:.3g}"),
            ]
            if self.v_max_at.size > 1:
                k = np.unravel_index(np.argmax(self.v_max_at), self.v_max_at.shape)
                worst = f"  worst at {', '.join(map(str, k))}"
                largest, rms = self.v_max_at[k], self.v_rms_at[k]
                rows.append((worst, f"{largest:.3g} {self.unit}", f"{rms:.3g} {self.unit}"))
        return "\n".join(f"{name:<16}{left:>14}{right:>14}".rstrip() for name, left, right in rows)


def compare(
    a: SimulationResult,
    b: SimulationResult,
    *,
    trace: str = "v",
    around_spikes: Any = None,
    window: Any = None,
) -> Comparison:
    """Compare two results of the same experiment, whoever made them.

    Where both have equally many spikes in a trial, spikes are paired in their order; elsewhere
    those that are nearest to each other, within a window.

    Parameters
    ----------
    a, b : SimulationResult
    trace : str, default "v"
        The variable to compare, if both recorded it.
    around_spikes : Quantity [time], default 0.1 ms
        Samples that are this close to a spike of either are left out: there a small shift in time
        is a large difference in voltage.
    window : Quantity [time], default 2 ms
        Spikes that are farther apart are no pair, where the numbers of spikes differ.

    Returns
    -------
    Comparison

    Raises
    ------
    ModelError
        If the results have other trials, neurons, sample times or units.
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
