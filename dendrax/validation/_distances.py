"""Distances between spike trains, as Elephant computes them."""

from dataclasses import replace
from importlib import import_module
from typing import Any

import jax.numpy as jnp
import numpy as np

from dendrax.errors import ModelError
from dendrax.results import SimulationResult, to_neo
from dendrax.units import scalar, to_quantity


def spike_distances(a: SimulationResult, b: SimulationResult, *, tau: Any = None) -> Any:
    r"""Compute how far the spike trains of two results are from each other, by two metrics.

    Needs the extra ``elephant``.

    Parameters
    ----------
    a, b : SimulationResult
        Of the same trials and neurons.
    tau : Quantity [time], default 10 ms
        Precision: the time constant of the kernel of van Rossum (2001); a shift by it costs 1 in
        the metric of Victor and Purpura (1996), where a spike more or less costs 1 too.

    Returns
    -------
    xarray.Dataset
        ``van_rossum`` and ``victor_purpura`` (trial, neuron), without unit. The first is
        normalized such that one spike more is a distance of 1.

    Raises
    ------
    ImportError
        If Elephant is not installed.
    ModelError
        If trials or neurons differ.
    UnitError
        If ``tau`` is not a time.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> strong, weak = (
    ...     dx.Simulator(100 * pq.ms)(
    ...         dx.LIF(), dx.Inputs(dx.step_current(i * pq.pA, 0 * pq.ms, 90 * pq.ms))
    ...     )
    ...     for i in (300, 100)
    ... )
    >>> dx.spike_distances(strong, weak).victor_purpura.item()
    5.0
    """
    import xarray as xr

    elephant = _elephant()
    width = 10.0 if tau is None else scalar(tau, "ms", "tau")
    shape = np.shape(a.spike_times)[:2]
    if np.shape(b.spike_times)[:2] != shape:
        raise ModelError(
            f"results must have the same trials and neurons; a has {shape} and b has "
            f"{np.shape(b.spike_times)[:2]}. Simulate both with the same inputs."
        )
    # Trains end where the later of both does.
    t_stop = max(a.t_stop, b.t_stop)
    trains = [_trains(each, t_stop) for each in (a, b)]
    found = np.zeros((2, *shape))
    for place in np.ndindex(shape):
        pair = [each[place[0]][place[1]] for each in trains]
        found[0][place] = elephant.van_rossum_distance(pair, to_quantity(width, "ms"))[0, 1]
        found[1][place] = elephant.victor_purpura_distance(pair, to_quantity(1 / width, "1/ms"))[
            0, 1
        ]
    about = {"units": "1", "tau_ms": width}
    names = ("van_rossum", "victor_purpura")
    return xr.Dataset(
        {name: (("trial", "neuron"), each, about) for name, each in zip(names, found, strict=True)}
    )


def _elephant() -> Any:
    try:
        return import_module("elephant.spike_train_dissimilarity")
    except ModuleNotFoundError as error:
        raise ImportError(
            "spike_distances needs Elephant, which is not installed. Install it with: "
            "pip install 'dendrax[elephant]'."
        ) from error


def _trains(result: SimulationResult, t_stop: float) -> list[Any]:
    spikes = replace(result, traces={}, units=(), readouts={}, times=jnp.zeros(0), t_stop=t_stop)
    return [segment.spiketrains for segment in to_neo(spikes).segments]
