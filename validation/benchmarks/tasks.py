"""The common weights and inputs: ``python -m validation.benchmarks.tasks NAME PATH`` writes them.

Peer and dendrax read the same file, in which all is float64 and in ms. Weights and biases are drawn
as eventax draws them: uniform, with the ranges of Table II of König et al. 2026, and weights
divided by the number of sources.
"""

import sys
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import quantities as pq

import dendrax as dx

SEED = 0
MIDDLE_OF_BIAS, HALF_OF_BIAS = 0.0025, 0.005


def uniform(rng: np.random.Generator, middle: float, half: float, shape: Any) -> np.ndarray:
    """Draw from ``middle ± half``."""
    return rng.uniform(middle - half, middle + half, shape)


def layers(
    sizes: list[int], middle: float, half: float, n_active: int | None = None
) -> dict[str, Any]:
    """Draw weights, biases and delays of two layers.

    Where few of the inputs are active, the first weights are divided by the number of those: an
    untrained network would be silent, and cost nothing.
    """
    rng = np.random.default_rng(SEED)
    drawn = {}
    for k, (n_source, n_target) in enumerate(pairwise(sizes)):
        shape = (n_source, n_target)
        fan_in = n_active if n_active and k == 0 else n_source
        drawn[f"weight_{k}"] = uniform(rng, middle, half, shape) / fan_in
        drawn[f"bias_{k}"] = uniform(rng, MIDDLE_OF_BIAS, HALF_OF_BIAS, n_target)
        drawn[f"delay_{k}"] = uniform(rng, 0.5, 0.5, shape)
    return drawn


def yin_yang(n: int, t_max: float) -> dict[str, Any]:
    """Draw samples of the Yin-Yang task: five sources of one spike each, the first one at 0."""
    values, labels = dx.yin_yang(n, SEED)
    times = t_max * np.concatenate([np.zeros((n, 1)), values], axis=1)
    return {"times": times[:, :, None], "labels": labels, "t_stop": t_max}


def digits(n: int, n_sources: int, n_spikes: int, t_max: float) -> dict[str, Any]:
    """Draw samples in which some of many sources spike once: MNIST as events, without MNIST."""
    rng = np.random.default_rng(SEED)
    times = np.full((n, n_sources), np.inf)
    for row in times:
        row[rng.choice(n_sources, n_spikes, replace=False)] = rng.uniform(0, t_max, n_spikes)
    return {"times": times[:, :, None], "labels": rng.integers(0, 10, n), "t_stop": t_max}


def xor(n: int, n_hidden: int, t_max: float) -> dict[str, Any]:
    """Draw the delayed exclusive or, and an EGRU: inputs are the last sources, as in eventax.

    The biases are not those of eventax, with which no unit of an untrained network would spike.
    """
    rng = np.random.default_rng(SEED)
    inputs, labels = dx.delayed_xor(n, t_max * pq.ms, 3 * pq.ms, SEED)
    n_sources = n_hidden + 9
    biases = rng.normal([0.0, 1.0, 0.8], 0.1, (n_hidden, 3))
    return {
        "times": np.asarray(inputs.spikes.times, dtype=float),
        "labels": np.asarray(labels),
        "t_stop": t_max,
        "weight": rng.normal(0.0, 1.0, (n_sources, n_hidden, 3)),
        "bias": biases,
    }


def wide_qif(n_hidden: int) -> dict[str, Any]:
    """Draw the network of the rows of the QIF with another width, and many samples."""
    return {**layers([5, n_hidden, 3], 40, 80), **yin_yang(4096, 30.0)}


def normal_layers(sizes: list[int], ranges: list[tuple[float, float]]) -> dict[str, Any]:
    """Draw weights as the Yin-Yang example of jaxsnn does: normal, and no bias."""
    rng = np.random.default_rng(SEED)
    drawn = {
        f"weight_{k}": rng.normal(*each, shape)
        for k, (each, shape) in enumerate(zip(ranges, pairwise(sizes), strict=True))
    }
    return drawn | {f"bias_{k}": np.zeros(n) for k, n in enumerate(sizes[1:])}


TASKS = {
    "qif": lambda: {**layers([5, 50, 3], 40, 80), **yin_yang(256, 30.0)},
    **{f"qif-{n}": partial(wide_qif, n) for n in (50, 200)},
    "eif": lambda: {**layers([5, 50, 3], 20, 40), **yin_yang(256, 30.0)},
    "lif": lambda: {
        **normal_layers([5, 100, 3], [(3.0, 1.6), (0.5, 0.8)]),
        **yin_yang(64, 10.0),
        "t_stop": 20.0,
    },
    "digits": lambda: {**layers([784, 200, 10], 14, 28, 150), **digits(1024, 784, 150, 30.0)},
    "xor": lambda: xor(256, 32, 100.0),
    "dendritic": lambda: {**yin_yang(256, 30.0), "t_stop": 45.0},
}


if __name__ == "__main__":
    np.savez(sys.argv[2], **TASKS[sys.argv[1]]())
