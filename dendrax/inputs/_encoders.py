"""Numbers as spikes, and the tasks that the paper trains networks on."""

from math import hypot
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dendrax.errors import ModelError
from dendrax.inputs._current import Current
from dendrax.inputs._inputs import Inputs
from dendrax.inputs._spikes import SpikeTrains
from dendrax.units import scalar

# Of the Yin-Yang figure, whose disk has the radius 1/2 about (1/2, 1/2).
_R_DOT, _R_EYE = 0.1, 0.25


def latency(values: Any, t_max: Any, *, bias: bool = True, strongest_first: bool = False) -> Inputs:
    """Encode numbers as spike times, one spike per source, one trial per row.

    Parameters
    ----------
    values : array (trial, source)
        From 0 to 1.
    t_max : Quantity [time]
        The spike of the value ``x`` is at ``x t_max``.
    bias : bool, default True
        Whether there is one more source, the first one, which spikes at 0.
    strongest_first : bool, default False
        Put the spike at ``(1 - x) t_max`` instead, and none where a value is 0.

    Returns
    -------
    Inputs
        For a network with a source per value, and one for the bias.

    Raises
    ------
    UnitError
        If ``t_max`` is not a time.
    ModelError
        If values are not a table of numbers from 0 to 1.

    Notes
    -----
    Eq. 6 of König et al. 2026, for ``values`` ``[x, y, 1 - x, 1 - y]``. With
    ``strongest_first=True`` and ``bias=False`` it is their Eq. 7, for ``values`` ``p / 255``.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.latency([[0.2, 0.9]], 30 * pq.ms).spikes.times[0, :, 0].tolist()
    [0.0, 6.0, 27.0]
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or not np.all((values >= 0) & (values <= 1)):
        raise ModelError(
            "values must be a table (trial, source) of numbers from 0 to 1; got the shape "
            f"{values.shape} and values from {values.min(initial=np.inf)} to "
            f"{values.max(initial=-np.inf)}."
        )
    if strongest_first:
        values = np.where(values > 0, 1 - values, np.inf)
    times = scalar(t_max, "ms", "t_max") * values
    if bias:
        times = np.concatenate([np.zeros((len(times), 1)), times], axis=1)
    return _of_times(times[:, :, None])


def yin_yang(n: int, seed: int) -> tuple[Float[np.ndarray, "trial 4"], Int[np.ndarray, " trial"]]:
    """Draw samples of the Yin-Yang task.

    Parameters
    ----------
    n : int
    seed : int
        The published sets are ``(5000, 42)`` for training, ``(1000, 41)`` for validation and
        ``(1000, 40)`` for testing.

    Returns
    -------
    values : array (trial, 4)
        ``x``, ``y``, ``1 - x`` and ``1 - y``, from 0 to 1.
    labels : array of int (trial,)
        0 for yin, 1 for yang, 2 for a dot.

    Notes
    -----
    Kriener, Göltz & Petrovici 2022: points of a disk, a third of each class, without noise. The
    random numbers are consumed as by the authors' program, so that the same seed makes the same
    samples, bit for bit.

    Examples
    --------
    >>> import dendrax as dx
    >>> values, labels = dx.yin_yang(5, seed=42)
    >>> values[0].round(4).tolist(), labels.tolist()
    ([0.6803, 0.4505, 0.3197, 0.5495], [2, 1, 2, 1, 1])
    """
    rng = np.random.RandomState(seed)  # that of the published samples
    points, labels = np.empty((n, 2)), np.empty(n, dtype=int)
    for k in range(n):
        labels[k] = rng.randint(3)
        while True:
            x, y = points[k] = rng.rand(2).tolist()
            if hypot(x - 0.5, y - 0.5) <= 0.5 and _yin_yang_class(x, y) == labels[k]:
                break
    return np.concatenate([points, 1 - points], axis=1), labels


def _yin_yang_class(x: float, y: float) -> int:
    right, left = hypot(x - 0.75, y - 0.5), hypot(x - 0.25, y - 0.5)
    if right < _R_DOT or left < _R_DOT:
        return 2
    in_right_eye = right <= _R_DOT
    in_left_bulge = _R_DOT < left <= _R_EYE
    above = y > 0.5 and right > _R_EYE
    return int(in_right_eye or in_left_bulge or above)


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
    return _of_times(times.reshape(n, 9, 2)), jnp.asarray(bits[:, 0] ^ bits[:, 1])


def _of_times(times: Float[np.ndarray, "trial source spike"]) -> Inputs:
    """Make inputs of spikes that all bring 1, without a loop over trials."""
    n_trials, n_sources, _ = times.shape
    trains = SpikeTrains(jnp.asarray(times, dtype=float), jnp.ones((n_trials, n_sources)), "1")
    nothing = jnp.zeros((n_trials, 1))
    current = Current(nothing, nothing, nothing, "1")
    return eqx.tree_at(lambda i: (i.current, i.spikes), Inputs(), (current, trains))
