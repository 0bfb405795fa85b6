"""What all losses of a trace are."""

import equinox as eqx
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.fitting.losses._compared import Compared
from dendrax.fitting.losses._loss import AbstractLoss
from dendrax.results import SimulationResult, Sweeps

Traces = Float[Array, "trial neuron *place time"]


class AbstractTraceLoss(AbstractLoss):
    """A loss that compares one trace of a result with that of the recording.

    Attributes
    ----------
    trace : str
    compared : Compared
    """

    trace: str = eqx.field(static=True)
    compared: Compared = eqx.field(static=True)

    @property
    def records(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return (self.trace,)

    def pair(self, result: SimulationResult, sweeps: Sweeps) -> tuple[Traces, Traces]:
        """Return the trace of the result and that of the recording.

        Raises
        ------
        FitError
            If one of them does not have it, or they differ in their samples.
        """
        name = self.trace
        for side, each in (("result", result), ("recording", sweeps.target)):
            if name not in each.traces:
                known = ", ".join(each.traces) or "none"
                raise FitError(f"the loss compares the trace {name!r}; the {side} has {known}.")
        ours, theirs = result.traces[name], sweeps.target.traces[name]
        if ours.shape != theirs.shape:
            raise FitError(
                f"the trace {name!r} must have the same samples in result and recording; got the "
                f"shapes {ours.shape} and {theirs.shape}. Record every=... as the sweeps are "
                "sampled."
            )
        return ours, theirs
