"""dendrax: one update of two layers of LIF neurons that spike once at most."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import quantities as pq

import dendrax as dx
from validation.benchmarks.workers._worker import failures, measured, report, save, settings

given = settings()
is_exact = given.get("exact", False)
jax.config.update("jax_enable_x64", is_exact)


MS = pq.ms
task = np.load(given["task"])
batch, t_stop = len(task["times"]), float(task["t_stop"])
neuron = dx.AtMostOneSpike(dx.LIF(tau_mem=10 * MS, tau_syn=5 * MS))
network = dx.Network(
    len(task["weight_0"]),
    {name: dx.Population(neuron, len(task[f"bias_{k}"])) for k, name in enumerate(("one", "two"))},
    [
        dx.Connection("input", "one", weight=dx.learnable(task["weight_0"])),
        dx.Connection("one", "two", weight=dx.learnable(task["weight_1"])),
    ],
)
numerics = {"execution": "flat", "solver": diffrax.Dopri8()} if is_exact else {}
simulator = dx.Simulator(t_stop * MS, 0.25 * MS, until="first_spikes", max_spikes=1, **numerics)
inputs = dx.Inputs(spikes=[dx.SpikeTrains(times, np.ones(len(times))) for times in task["times"]])
is_label = np.arange(task["weight_1"].shape[1]) == task["labels"][:, None]
wanted = jnp.where(is_label, 4.5, 5.5)
optimizer = optax.chain(optax.clip(0.01), optax.adam(5e-3))


def with_weights(weights):
    return eqx.tree_at(lambda n: [c.weight.value for c in n.connections], network, weights)


def loss(weights, inputs, wanted):
    results = simulator(with_weights(weights), inputs)
    first = results["two"].spike_times[:, :, 0]
    late = jnp.where(jnp.isfinite(first), first, t_stop)
    return jnp.mean(jnp.sum(((late - wanted) / 10.0) ** 2, axis=1)), (first, failures(results))


@jax.jit
def step(weights, state, inputs, wanted):
    aside, gradient = jax.value_and_grad(loss, has_aux=True)(weights, inputs, wanted)
    updates, state = optimizer.update(gradient, state)
    return optax.apply_updates(weights, updates), state, aside, gradient


weights = [connection.weight.value for connection in network.connections]
done = measured(step, weights, optimizer.init(weights), inputs, wanted)
_, _, (value, (first, failed)), gradient = done.returned
save(given["out"], values=first, gradient=gradient[0])
report(done.times, ["dendrax", "optax"], batch=batch, loss=float(value), failed=int(failed))
