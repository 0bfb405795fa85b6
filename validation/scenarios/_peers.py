"""Other simulators, each in a process of the interpreter that has them."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from validation.benchmarks.processes import Interpreters, Run, measurement


def interpreters() -> Interpreters:
    """Return who runs the workers: the peers are those of ``DENDRAX_PEERS``."""
    return Interpreters(os.environ.get("DENDRAX_PEERS", sys.executable))


def computed(worker: str, **settings: Any) -> dict[str, np.ndarray]:
    """Run a worker once and return what it computed.

    Raises
    ------
    WorkerError
        If it cannot do its work, for example because the peer is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "computed.npz"
        measurement(Run(worker, {**settings, "once": True}), interpreters(), out=out)
        return dict(np.load(out))
