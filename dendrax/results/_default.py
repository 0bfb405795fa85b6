"""The recording that comes with dendrax."""

from pathlib import Path
from typing import Any

from dendrax.results._file import read_recording
from dendrax.results._sweeps import Sweeps


def default_recording(**options: Any) -> Sweeps:
    """Return a recording to try things on: ten current steps into a regular-spiking cell.

    The cell is a simulated one (Hodgkin-Huxley type, Pospischil et al. 2008) with membrane and
    recording noise; ``data/README.md`` says how it was made.

    Parameters
    ----------
    **options
        As for :func:`from_neo`: ``spike_threshold``, ``every``.

    Returns
    -------
    Sweeps
        10 sweeps of 700 ms at 10 kHz; a step of -100 to 150 pA from 50 to 550 ms.

    Examples
    --------
    >>> import dendrax as dx
    >>> target, inputs = dx.default_recording()
    >>> target.traces["v"].shape
    (10, 1, 7000)
    """
    return read_recording(Path(__file__).parents[1] / "data" / "default_recording.nix", **options)
