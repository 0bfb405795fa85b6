"""The exceptions that dendrax raises: one family, one class per kind of cause.

Every message names the thing, the rule, what came, and what to do about it.
"""


class DendraxError(Exception):
    """The common ancestor: ``except DendraxError`` catches whatever dendrax refuses."""


class UnitError(DendraxError, ValueError):
    """A value has another physical dimension than its argument."""


class MorphologyError(DendraxError, ValueError):
    """A morphology cannot be read, or does not have what was asked of it."""


class ModelError(DendraxError, ValueError):
    """A model is inconsistent: a bound is violated, a shape does not fit."""


class RecordingError(DendraxError, ValueError):
    """A recording cannot be read, or does not hold what was asked of it."""


class SimulationError(DendraxError, RuntimeError):
    """A simulation could not be carried to its end."""


class FitError(DendraxError, RuntimeError):
    """A fit cannot start, or cannot go on."""


class ValidationError(DendraxError, AssertionError):
    """Two results that should agree do not."""
