"""What Brian2 says of a model, in numbers that fit into a table."""

import math
from typing import Any

from dendrax.validation import Convergence


def agreement(check: Convergence | str) -> dict[str, Any]:
    """Return what a check found, as plain lists; of a text, that it is why there was none."""
    if isinstance(check, str):
        return {"not_checked": check}
    each = check.comparisons
    return {
        "dt_ms": list(check.dt),
        "spike_counts_equal": all(one.n_missing == one.n_extra == 0 for one in each),
        "max_spike_time_difference_ms": [number(one.spike_max) for one in each],
        "voltage_rms_mV": [number(one.v_rms) for one in each],
    }


def number(value: float) -> float | None:
    """Return what JSON can hold: nothing in the place of NaN and infinity."""
    return float(value) if math.isfinite(value) else None
