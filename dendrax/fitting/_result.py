"""What a fit leaves behind."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dendrax.fitting._objective import Objective
from dendrax.fitting._score import Score
from dendrax.results import Sweeps

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class FitResult:
    """A fitted model and how it came about.

    Attributes
    ----------
    model : AbstractNeuron
        The model with the lowest training loss.
    result : SimulationResult, or dict of str to SimulationResult
        What that model does on all sweeps; of a network, by population.
    history : xarray.Dataset
        On the dimension ``step``: ``loss``, its terms, ``gradient_norm``, ``spike_count`` and each
        learnable parameter (with units).
    starts : xarray.Dataset
        On the dimension ``start``: ``best_loss``, ``best_step``, ``has_failed``, and the best
        parameters of each start.
    trained, held_out : tuple of int
        The trials that were fitted, and those that were kept back.
    score : dict of str to Score
        How the model does on the ``"trained"`` and on the ``"held_out"`` trials.
    objective : Objective, optional
        What was fitted; None in a fit that was read from a file.
    sweeps : Sweeps, optional
        The data, sampled as the simulation is.
    provenance : dict of str to str, int or float
        Versions, settings, seed, model, loss, checksum of the data and wall time in seconds.
    uncertainty : xarray.Dataset, optional
        As of :func:`with_uncertainty`; None where nobody asked.
    """

    model: Any
    result: Any
    history: "xarray.Dataset"
    starts: "xarray.Dataset"
    trained: tuple[int, ...]
    held_out: tuple[int, ...]
    score: dict[str, Score]
    objective: Objective | None = None
    sweeps: Sweeps | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    uncertainty: "xarray.Dataset | None" = None
