"""The temporal exclusive or: what a neuron with dendrites can do alone."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from dendrax.errors import ModelError
from dendrax.inputs import Inputs, of_times
from dendrax.units import scalar


def temporal_xor(
    n: int, lag: Any, sigma: Any, seed: int, *, n_sources: int = 2
) -> tuple[Inputs, Int[Array, " trial"]]:
    """Draw trials of the temporal exclusive or: two bits, one after the other, and do they differ.

    A 1 is a spike of each of ``n_sources`` sources; a 0 is silence. One group of sources spikes for
    the first bit, another group ``lag`` later for the second. So one spike of either time is a yes,
    but both together, or none, are a no: more input must lead to less response, as where a
    dendritic spike attenuates.

    Parameters
    ----------
    n : int
        Number of trials.
    lag : Quantity [time]
        From the first bit, at 0, to the second.
    sigma : Quantity [time]
        Jitter: each spike comes at a time uniform in the ``sigma`` that follow its bit.
    seed : int
    n_sources : int, default 2
        For each bit.

    Returns
    -------
    inputs : Inputs
        ``1 + 2 n_sources`` sources of up to one spike; the first one always spikes at 0, so that a
        trial without input can be answered.
    labels : array of int (trial,)
        1 where the bits differ.

    Raises
    ------
    UnitError
        If a time has another dimension.
    ModelError
        If there is no source.

    Notes
    -----
    After the task of Zheng et al. 2024 (Nat. Commun. 15, 277), in which rates of spikes are the
    bits. Gidon et al. 2020 show that single human dendrites compute the exclusive or.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> inputs, labels = dx.temporal_xor(4, 10 * pq.ms, 2 * pq.ms, seed=0)
    >>> inputs.spikes.times.shape, labels.shape
    ((4, 5, 1), (4,))
    """
    if n_sources < 1:
        raise ModelError(f"n_sources must be positive; got {n_sources}.")
    second, jitter = scalar(lag, "ms", "lag"), scalar(sigma, "ms", "sigma")
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (n, 2))
    spikes = np.array([0.0, second])[:, None] + rng.uniform(0, jitter, (n, 2, n_sources))
    spikes = np.where(bits[:, :, None] == 1, spikes, np.inf).reshape(n, -1)
    times = np.concatenate([np.zeros((n, 1)), spikes], axis=1)
    return of_times(times[:, :, None]), jnp.asarray(bits[:, 0] ^ bits[:, 1])
