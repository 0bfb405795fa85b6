"""dendrax: a feed-forward network, the loss of first spikes, and its gradient."""

import diffrax
import jax
import numpy as np
import quantities as pq

import dendrax as dx
from validation.benchmarks.workers._worker import failures, measured, report, save, settings

given = settings()
jax.config.update("jax_enable_x64", given["dtype"] == "float64")


MS = pq.ms
task = np.load(given["task"])
batch = given["batch"]


def population(k):
    bias = dx.learnable(task[f"bias_{k}"])
    model = getattr(dx, given["model"])
    neuron = model(tau_mem=20 * MS, bias=bias, **given.get("constants", {}))
    return dx.Population(neuron, len(task[f"bias_{k}"]))


def connection(k, source, target):
    delay = dx.learnable(task[f"delay_{k}"] * MS) if given.get("delays") else None
    return dx.Connection(source, target, weight=dx.learnable(task[f"weight_{k}"]), delay=delay)


network = dx.Network(
    len(task["weight_0"]),
    {"hidden": population(0), "output": population(1)},
    [connection(0, "input", "hidden"), connection(1, "hidden", "output")],
)
simulator = dx.Simulator(
    float(task["t_stop"]) * MS,
    given["dt"] * MS,
    until="first_spikes",
    solver=getattr(diffrax, given.get("solver", "Tsit5"))(),
    execution=given.get("execution", "auto"),
    max_spikes=given["max_spikes"],
    max_arrivals=given.get("max_arrivals"),
    max_steps=given.get("max_steps"),
)
cost = dx.losses.first_spike(tau_0=0.5 * MS, tau_1=6.4 * MS, alpha=3e-3)
inputs = dx.Inputs(
    spikes=[dx.SpikeTrains(times, np.ones(len(times))) for times in task["times"][:batch]]
)
labels = np.asarray(task["labels"][:batch])


# What is learnable: weights and biases, as of the peer.
free = dx.to_free(network)


def simulated(free, inputs):
    results = simulator(dx.with_free(network, free), inputs)
    return results["output"], failures(results)


def forward(free, inputs):
    result, failed = simulated(free, inputs)
    return result.spike_times[:, :, 0], failed


def loss(free, inputs, labels):
    result, failed = simulated(free, inputs)
    return cost(result, labels), (result.spike_times[:, :, 0], failed)


if given["mode"] == "forward":
    done = measured(jax.jit(forward), free, inputs)
    first, failed = done.returned
    save(given["out"], values=first)
    more = {}
else:
    done = measured(jax.jit(jax.value_and_grad(loss, has_aux=True)), free, inputs, labels)
    (value, (first, failed)), gradient = done.returned
    # What is learned are weights in units of their size.
    name = "connections[0].weight"
    per_weight = gradient[name] * free[name] / network.connections[0].weight.value
    save(given["out"], values=first, gradient=per_weight)
    more = {"loss": float(value)}
report(done.times, ["dendrax", "diffrax", "equinox"], batch=batch, failed=int(failed), **more)
