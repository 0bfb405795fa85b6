"""What Table IV tells of a trained network: accuracy, spikes, and neurons that never spike."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import dendrax as dx
from validation.paper.rows import Row

# Axes of spike times.
_TRIAL, _NEURON, _SPIKE = 0, 1, 2


def measured(row: Row, results: dict[str, dx.SimulationResult]) -> dict[str, float]:
    """Return what the footnotes of Table IV define, of the simulation of a set of samples.

    Spikes are counted until the first output spike if that is what classifies, else until the end.
    """
    first = results["output"].spike_times[:, :, 0].min(1)
    until = (first if row.loss == "ttfs" else jnp.full(len(first), np.inf))[:, None, None]
    trains = [result.spike_times for result in results.values()]
    counts = jnp.concatenate(
        [(jnp.isfinite(train) & (train <= until)).sum(_SPIKE) for train in trains], axis=_NEURON
    )
    spiking = [name for name, r in results.items() if row.loss == "ttfs" or name != "output"]
    n_spiking = sum(results[name].spike_times.shape[_NEURON] for name in spiking)
    found = {
        "max_firing": counts.max(_NEURON).mean(),
        "dead": n_spiking - (counts.sum(_TRIAL) > 0).sum(),
        "fire_count": counts.sum(_NEURON).mean(),
        "failed": jnp.mean(sum((r.status != 0).any(1) for r in results.values()) > 0),
    }
    if row.loss == "ttfs":
        there = jnp.isfinite(first)
        found["ttfs"] = jnp.where(there, first, 0.0).sum() / jnp.maximum(there.sum(), 1)
    return found


def as_floats(found: Any) -> dict[str, float]:
    """Return the quantities as plain numbers."""
    return {name: round(float(x), 4) for name, x in jax.device_get(found).items()}
