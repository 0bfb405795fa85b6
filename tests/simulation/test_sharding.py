"""Trials on several devices: the same numbers, and nothing large goes between the devices."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

PROGRAM = """
import json, re, sys
import diffrax, jax, jax.numpy as jnp, quantities as pq
from jax.sharding import AxisType, NamedSharding, PartitionSpec
import dendrax as dx

jax.config.update("jax_enable_x64", True)
MS = pq.ms
model, execution = sys.argv[1:]
network = dx.feed_forward([5, 3], getattr(dx, model)(tau_mem=20 * MS), key=jax.random.key(0))
common = {"execution": execution, "solver": diffrax.Bosh3(), "max_spikes": 8, "max_steps": 128}
simulator = dx.Simulator(30 * MS, 1 * MS, **common)
inputs = dx.latency(dx.yin_yang(8, seed=0)[0], 30 * MS)

def loss(network, inputs):
    times = simulator(network, inputs)["output"].spike_times
    there = jnp.isfinite(times)
    return jnp.sin(jnp.where(there, times, 0.0)).sum(where=there), times

for n in (1, 2, 4):
    mesh = jax.make_mesh((n,), ("trial",), devices=jax.devices()[:n], axis_types=(AxisType.Auto,))
    split = jax.device_put(inputs, NamedSharding(mesh, PartitionSpec("trial")))
    copied = jax.device_put(network, NamedSharding(mesh, PartitionSpec()))
    compiled = jax.jit(jax.value_and_grad(loss, has_aux=True)).lower(copied, split).compile()
    (_, times), gradient = compiled(copied, split)
    leaves = [jnp.ravel(x) for x in jax.tree.leaves(gradient)]
    print(json.dumps({
        "times": jnp.where(jnp.isfinite(times), times, -1.0).tolist(),
        "gradient": jnp.concatenate(leaves).tolist(),
        "gathered": len(re.findall("= .* (all-gather|all-to-all)", compiled.as_text())),
    }))
"""


@pytest.mark.slow  # a process for each number of devices
@pytest.mark.parametrize(("model", "execution"), [("LIF", "flat"), ("QIF", "auto")])
def test_trials_on_several_devices(model, execution):
    flags = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_force_host_platform_device_count=4"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, model, execution],
        capture_output=True,
        text=True,
        env={**os.environ, **flags},
    )
    assert done.returncode == 0, done.stderr
    one, *others = map(json.loads, done.stdout.splitlines())
    assert len(others) == 2
    assert np.max(one["times"]) > 0
    for other in others:
        # Loops over fewer trials are vectorized otherwise: the last digit may differ.
        np.testing.assert_allclose(other["times"], one["times"], rtol=1e-14)
        # The sums over trials are in another order.
        np.testing.assert_allclose(other["gradient"], one["gradient"], rtol=1e-12, atol=1e-12)
        assert other["gathered"] == 0
