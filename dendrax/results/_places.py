"""Where in a cell a trace was recorded."""

from typing import Any

import numpy as np
from jaxtyping import Int

from dendrax.errors import RecordingError
from dendrax.neurons import Cell


def as_cell(model: Any) -> Cell | None:
    """Return a model as the cell that it must be, if there is one.

    Raises
    ------
    RecordingError
        If it is something else.
    """
    if isinstance(model, Cell | None):
        return model
    raise RecordingError(
        f"model must be a Cell; got {type(model).__name__}, of which no trace has a place in a "
        "morphology. Leave it away."
    )


def compartments_of(name: str, shape: tuple[int, ...], cell: Cell) -> Int[np.ndarray, "..."]:
    """Return the compartment of each channel of a trace, which has the shape (neuron, ...).

    Raises
    ------
    RecordingError
        If the cell has no such trace.
    """
    known: dict[str, Any] = {
        "v": cell.spike_compartment,
        "guard": cell.spike_compartment,
        "v_cell": np.arange(len(cell.compartments)),
        **{probe: electrode.compartment for probe, electrode in cell.electrodes},
    }
    if name not in known or np.shape(known[name]) != shape[1:]:
        raise RecordingError(
            f"model must be the cell that the result is of; of shape {shape[1:]} it has no trace "
            f"{name!r}, but {', '.join(known)}, and {len(cell.compartments)} compartments."
        )
    return np.broadcast_to(known[name], shape)
