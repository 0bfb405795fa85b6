"""XOR by one neuron: its dendritic spikes fade when the drive grows too strong.

Two pathways, X and Y, end on each of six dendrites. The neuron learns to spike when one of them is
active, and not when both are: no single threshold can do that. Weights, synaptic and dendritic time
constants are learned. (Gidon et al. 2020, Science 367:83.)
"""

import sys
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
import quantities as pq

import dendrax as dx

MS = pq.ms
PATTERNS = {"neither": (0, 0), "Y": (0, 1), "X": (1, 0), "X and Y": (1, 1)}
DENDRITES, STEPS = 6, 150
# A spike at 18 ms where it is wanted, none where it is not.
LOSS = dx.losses.spike_time_mse(5 * MS, reach=20 * MS)
SIMULATOR = dx.Simulator(40 * MS, 1 * MS, max_spikes=8, readouts=LOSS.readouts)
OPTIMIZER = optax.adam(optax.cosine_decay_schedule(0.1, STEPS, 0.1))


def neuron(seed: int) -> dx.DendriticNeuron:
    rng = np.random.default_rng(seed)
    each, site = DENDRITES, (DENDRITES, 2)
    return dx.DendriticNeuron(
        weight=dx.learnable(rng.normal(3, 1.5, site)),
        tau_syn=dx.learnable(rng.uniform(3, 8, site) * MS, bounds=(1, 20) * MS),
        tau_dend=dx.learnable(rng.uniform(5, 12, each) * MS, bounds=(1, 30) * MS),
        g_dend=dx.learnable(np.full(each, 2 / each), bounds=(0.01, 10)),
    )


def trials(n: int, seed: int) -> dx.Sweeps:
    """Return n trials of each pattern, whose spikes jitter by 1 ms, and when to spike."""
    rng = np.random.default_rng(seed)
    trains, wanted = [], []
    for active in [*PATTERNS.values()] * n:
        times = 5 + rng.normal(0, 1, 2)
        trains.append(dx.spike_trains([[t] * k * MS for t, k in zip(times, active, strict=True)]))
        wanted.append([18.0 if sum(active) == 1 else np.inf])
    return dx.Sweeps(jnp.asarray(wanted), dx.Inputs(spikes=trains))


def learn(seed: int) -> dx.DendriticNeuron:
    return dx.fit(
        neuron(seed),
        trials(8, seed),
        SIMULATOR,
        loss=LOSS,
        optimizer=OPTIMIZER,
        steps=STEPS,
        held_out=[],
    ).model


def accuracy(model: dx.DendriticNeuron, unseen: dx.Sweeps) -> float:
    result = SIMULATOR(model, unseen.inputs)
    spiked = np.isfinite(result.spike_times[:, 0, 0])
    return float(np.mean(spiked == np.isfinite(unseen.target[:, 0])))


def draw(before: dx.DendriticNeuron, after: dx.DendriticNeuron, path: str) -> None:
    record = dx.Record("v", "v_dend", every=0.1 * MS)
    simulator = dx.Simulator(40 * MS, 1 * MS, record=record, max_spikes=8)
    inputs = trials(1, 0).inputs
    figure, axes = plt.subplots(2, 4, figsize=(9, 4), sharex=True, sharey="row", layout="tight")
    for model, color, label in ((before, "0.7", "before"), (after, "C0", "after")):
        result = simulator(model, inputs)
        for k, name in enumerate(PATTERNS):
            soma, dendrites = axes[:, k]
            soma.set_title(name)
            soma.plot(result.times, result.traces["v"][k, 0], color=color, label=label)
            for t in result.spikes(k):
                soma.plot([t, t], [1.05, 1.4], color=color, lw=2)
            _dendrites(dendrites, result.times, result.traces["v_dend"][k, 0], color)
    for dendrites in axes[1]:
        dendrites.set_xlabel("time (ms)")
    axes[0, 0].set_ylabel("soma")
    axes[1, 0].set_ylabel("dendrites")
    axes[0, 0].legend(frameon=False)
    figure.savefig(path, dpi=150)


def _dendrites(axes: Any, times: Any, v: Any, color: str) -> None:
    v = np.asarray(v)
    axes.plot(times, v if v.shape[0] == len(times) else v.T, color=color, lw=0.8)


def main(seeds: int = 3) -> None:
    jax.config.update("jax_enable_x64", True)
    unseen = trials(25, 1000)
    for seed in range(seeds):
        before, after = neuron(seed), learn(seed)
        print(
            f"seed {seed}: {accuracy(before, unseen):.0%} of unseen trials right before, "
            f"{accuracy(after, unseen):.0%} after"
        )
        if seed == 0:
            draw(before, after, "xor.png")
    print("voltages of the first seed are in xor.png")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
