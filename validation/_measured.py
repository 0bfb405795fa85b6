"""What a scenario measures: a number, what it may be, and why."""

import math
from typing import Any, NamedTuple


class Measured(NamedTuple):
    """A number beside its tolerance.

    ``sense`` says how the two are compared: the value must be at most (``"<="``) or at least
    (``">="``) the tolerance, or no further than it from what is expected (``"+-"``). A value of
    None could not be measured, and passes nothing.
    """

    quantity: str
    value: float | None
    unit: str
    tolerance: float
    reason: str  # of the tolerance; or why nothing was measured
    sense: str = "<="
    expected: float | None = None

    @property
    def passes(self) -> bool:
        """Whether the value is within its tolerance."""
        if self.value is None or not math.isfinite(self.value):
            return False
        if self.expected is not None:
            return abs(self.value - self.expected) <= self.tolerance
        return self.value >= self.tolerance if self.sense == ">=" else self.value <= self.tolerance

    @property
    def wanted(self) -> str:
        """The tolerance in words."""
        if self.expected is not None:
            return f"{self.expected:.7g} ± {self.tolerance:.3g}"
        return f"{self.sense} {self.tolerance:.4g}"

    @property
    def digits(self) -> int:
        """How many digits of the value matter."""
        return 3 if self.expected is None else 6

    def entry(self, scenario: str) -> dict[str, Any]:
        """Return the record of the report."""
        return {
            "scenario": scenario,
            "quantity": self.quantity,
            "value": self.value,
            "unit": self.unit,
            "tolerance": self.tolerance,
            "pass": self.passes,
            "expected": self.expected,
            "sense": self.sense,
            "reason": self.reason,
        }


def at_most(quantity: str, value: Any, unit: str, tolerance: float, reason: str) -> Measured:
    """Return what must not be larger than its tolerance."""
    return Measured(quantity, float(value), unit, tolerance, reason)


def at_least(quantity: str, value: Any, unit: str, tolerance: float, reason: str) -> Measured:
    """Return what must not be smaller than its tolerance."""
    return Measured(quantity, float(value), unit, tolerance, reason, ">=")


def near(
    quantity: str, value: Any, unit: str, expected: float, tolerance: float, reason: str
) -> Measured:
    """Return what must not be further than its tolerance from what is expected."""
    return Measured(quantity, float(value), unit, tolerance, reason, "+-", float(expected))


def not_measured(quantity: str, unit: str, tolerance: float, why: str) -> Measured:
    """Return what could not be measured, and why."""
    return Measured(quantity, None, unit, tolerance, f"not measured: {why}")
