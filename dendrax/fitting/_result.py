"""What a fit leaves behind."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dendrax.fitting._score import Score
from dendrax.results import SimulationResult

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class FitResult:
    """A fitted model and how it came about.

    Attributes
    ----------
    model : AbstractNeuron
        The model with the lowest training loss.
    result : SimulationResult
        What that model does on all sweeps.
    history : xarray.Dataset
        On the dimension ``step``: ``loss``, its terms, ``gradient_norm``, ``spike_count`` and each
        learnable parameter (with units).
    trained, held_out : tuple of int
        The trials that were fitted, and those that were kept back.
    score : dict of str to Score
        How the model does on the ``"trained"`` and on the ``"held_out"`` trials.
    """

    model: Any
    result: SimulationResult
    history: "xarray.Dataset"
    trained: tuple[int, ...]
    held_out: tuple[int, ...]
    score: dict[str, Score]
