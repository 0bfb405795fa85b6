"""How a fit goes from one point to the next."""

from abc import abstractmethod
from typing import Any, NamedTuple

import equinox as eqx
from jaxtyping import Array, Bool

from dendrax.fitting._free import Free
from dendrax.fitting._objective import Objective, Scalar, Seen
from dendrax.results import Sweeps


class Evaluation(NamedTuple):
    """What a method found at the point where it was."""

    loss: Scalar
    gradient_norm: Scalar
    seen: Seen
    has_converged: Bool[Array, ""] | bool = False


class AbstractMethod(eqx.Module):
    """A method of optimization, one step at a time."""

    @abstractmethod
    def begin(self, objective: Objective, free: Free, sweeps: Sweeps) -> Any:
        """Return what the method remembers before its first step."""

    @abstractmethod
    def advance(
        self, objective: Objective, free: Free, memory: Any, sweeps: Sweeps
    ) -> tuple[Free, Any, Evaluation]:
        """Return the next point, what is remembered, and what was found at the present one."""
