"""Where a fit comes from: who made it, of what, and how."""

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import jax
import jax.numpy as jnp

from dendrax.fitting._checkpoint import fingerprint
from dendrax.fitting._method import AbstractMethod
from dendrax.fitting._objective import Objective
from dendrax.results import Sweeps

_PACKAGES = ("dendrax", "jax", "diffrax", "optax", "optimistix")


def provenance(
    objective: Objective,
    method: AbstractMethod,
    sweeps: Sweeps,
    settings: Mapping[str, int | None],
    seconds: float,
) -> dict[str, Any]:
    """Return the provenance of a fit as strings and numbers, which every format can hold.

    The checksum is that of the arrays of the data, as they were handed to the fit.
    """
    simulator = objective.simulator
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": type(objective.model).__name__,
        "loss": str(objective.loss),
        "method": type(method).__name__,
        **{name: "none" if value is None else value for name, value in settings.items()},
        "t_stop_ms": simulator.t_stop,
        "dt_ms": simulator.dt,
        "solver": type(simulator.solver).__name__,
        "data_sha256": fingerprint(jax.tree.leaves(sweeps), ()),
        "precision": str(jnp.zeros(()).dtype),
        "device": jax.default_backend(),
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        "wall_s": round(seconds, 1),
    }
