"""How far two results are from each other, and whether that is near enough."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dendrax.errors import ModelError, ValidationError
from dendrax.units import scalar


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

    @property
    def v_relative(self) -> float:
        """The root mean squared difference of the trace, as a part of its range."""
        return self.v_rms / (self.v_range or 1.0)

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
