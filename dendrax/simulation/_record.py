"""What to record."""

from typing import Any

import equinox as eqx
import numpy as np

from dendrax.units import scalar


class Record(eqx.Module):
    """What to record, and when.

    Parameters
    ----------
    *names : str
        Variables of the model's ``observe``, for example ``"v"``; also ``"guard"``, the distance of
        the spike condition from zero.
    every : Quantity [time]
        Sampling period; samples start at 0 and do not pass ``t_stop``.
    """

    names: tuple[str, ...] = eqx.field(static=True)
    every: float = eqx.field(static=True)

    def __init__(self, *names: str, every: Any) -> None:
        self.names = names
        self.every = scalar(every, "ms", "every")

    def times(self, t_stop: float) -> np.ndarray:
        """Return the sample times up to ``t_stop``, in ms."""
        return np.arange(int(np.floor(t_stop / self.every * (1 + 1e-12))) + 1) * self.every
