"""One number of a scenario."""

from typing import Any


def row(quantity: str, value: float, unit: str, wanted: float, tolerance: float) -> dict[str, Any]:
    """Compare a value with the one wanted; it passes within the tolerance."""
    return {
        "quantity": quantity,
        "value": float(value),
        "unit": unit,
        "wanted": float(wanted),
        "tolerance": float(tolerance),
        "passed": bool(abs(value - wanted) <= tolerance),
    }
