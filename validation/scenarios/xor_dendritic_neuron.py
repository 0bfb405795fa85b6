"""XOR by one ``DendriticNeuron``: what the example shows, for ten seeds."""

import numpy as np
from tqdm import tqdm

from examples.xor_in_a_dendrite import accuracy, learn, neuron, trials
from validation._measured import Measured, at_least

N_SEEDS = 10


def measure() -> list[Measured]:
    """Measure how many of the seeds answer every unseen trial right."""
    unseen = trials(25, 1000)
    seeds = tqdm(range(N_SEEDS), desc="seeds", disable=None)
    pairs = [(accuracy(neuron(seed), unseen), accuracy(learn(seed), unseen)) for seed in seeds]
    before, after = np.transpose(pairs)
    return [
        at_least(
            f"seeds of {N_SEEDS} that solve XOR", np.sum(after == 1), "", N_SEEDS,
            "all, in 100 unseen trials each",
        ),
        at_least(
            "gain of accuracy by training", 100 * np.mean(after - before), "%", 10,
            "what is solved before needs no training",
        ),
    ]  # fmt: skip
