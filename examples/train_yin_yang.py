"""Train QIF neurons on the Yin-Yang task: the output that spikes first names the class.

python examples/train_yin_yang.py [EPOCHS [SAMPLES]]
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import quantities as pq
from tqdm import tqdm

import dendrax as dx

BATCH = 100


def task(n: int, seed: int) -> tuple[dx.Inputs, jax.Array]:
    values, labels = dx.yin_yang(n, seed)
    return dx.latency(values, t_max=30 * pq.ms), jnp.asarray(labels)


def main(epochs: int = 3, samples: int = 5000) -> None:
    network = dx.feed_forward([5, 30, 3], dx.QIF(tau_mem=20 * pq.ms), key=jax.random.key(0))
    simulator = dx.Simulator(45 * pq.ms, 5 * pq.ms, until="first_spikes", max_spikes=4)
    loss = dx.losses.first_spike(tau_0=0.5 * pq.ms, tau_1=6.4 * pq.ms, alpha=3e-3)

    inputs, labels = task(samples, seed=42)
    steps = epochs * (samples // BATCH)
    optimizer = optax.chain(
        optax.clip_by_global_norm(1.0), optax.adam(optax.cosine_decay_schedule(0.05, steps))
    )
    free = dx.to_free(network)  # what is learnable, as numbers without bounds
    state = optimizer.init(free)

    @jax.jit
    def step(free, state, inputs, labels):
        def cost(free):
            results = simulator(dx.with_free(network, free), inputs)
            return loss(results["output"], labels)

        value, gradient = jax.value_and_grad(cost)(free)
        updates, state = optimizer.update(gradient, state)
        return optax.apply_updates(free, updates), state, value

    rng = np.random.default_rng(0)
    progress = tqdm(total=steps, disable=None)
    for _ in range(epochs):
        for batch in rng.permutation(samples)[: samples // BATCH * BATCH].reshape(-1, BATCH):
            free, state, value = step(free, state, dx.take(inputs, batch), labels[batch])
            progress.set_postfix_str(f"loss {value:.3f}", refresh=False)
            progress.update()
    progress.close()

    trained = dx.with_free(network, free)
    inputs, labels = task(1000, seed=40)
    accuracy = loss.accuracy(simulator(trained, inputs)["output"], labels)
    print(f"{accuracy:.1%} of 1000 test samples after {epochs} epochs of {samples} samples")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
