"""The delayed exclusive or."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from dendrax.inputs import Inputs, of_times
from dendrax.units import scalar


def delayed_xor(n: int, t_max: Any, sigma: Any, seed: int) -> tuple[Inputs, Int[Array, " trial"]]:
    r"""Draw trials of the delayed exclusive or: two bits, and a cue that asks whether they differ.

    Of nine sources, three stand for a 0, three for a 1, and three are the cue. The first bit comes
    at :math:`t_0 = 0`, the second at :math:`t_1 \sim U(0, t_{max} / 3)`, the cue at
    :math:`t_2 \sim U(t_1, t_1 + t_{max} / 3)`; each of the three sources that belong to it spikes
    once, at a time uniform in the ``sigma`` that follow.

    Parameters
    ----------
    n : int
        Number of trials.
    t_max : Quantity [time]
        The duration of a trial.
    sigma : Quantity [time]
        Jitter.
    seed : int

    Returns
    -------
    inputs : Inputs
        Nine sources of up to two spikes; the last three are the cue.
    labels : array of int (trial,)
        1 where the bits differ.

    Raises
    ------
    UnitError
        If an argument has another dimension.

    Notes
    -----
    Eqs. 13-15 of König et al. 2026, section IV.E. Both bits are fair coins.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> inputs, labels = dx.delayed_xor(4, 100 * pq.ms, 3 * pq.ms, seed=0)
    >>> inputs.spikes.times.shape, labels.shape
    ((4, 9, 2), (4,))
    """
    span, jitter = scalar(t_max, "ms", "t_max"), scalar(sigma, "ms", "sigma")
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (n, 2))
    second = rng.uniform(0, span / 3, n)
    cue = rng.uniform(second, second + span / 3)
    start = np.stack([np.zeros(n), second, cue], axis=1)
    spikes = start[:, :, None] + rng.uniform(0, jitter, (n, 3, 3))
    times = np.full((n, 3, 3, 2), np.inf)  # trial, group, source of the group, spike
    trial = np.arange(n)
    times[trial, bits[:, 0], :, 0] = spikes[:, 0]
    times[trial, bits[:, 1], :, 1] = spikes[:, 1]
    times[:, 2, :, 0] = spikes[:, 2]
    return of_times(times.reshape(n, 9, 2)), jnp.asarray(bits[:, 0] ^ bits[:, 1])
