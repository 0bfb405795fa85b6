"""dendrax: a recurrent EGRU, a loss of two of its cells at the end of a trial, and its gradient."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import quantities as pq

import dendrax as dx
from validation.benchmarks.workers._worker import measured, report, save, settings

MS = pq.ms
given = settings()
jax.config.update("jax_enable_x64", given["dtype"] == "float64")
task = np.load(given["task"])
t_stop, batch = float(task["t_stop"]), given["batch"]
weights = task["weight"]
n_sources, n, _ = weights.shape
biases = {f"bias_{gate}": dx.learnable(task["bias"][:, k]) for k, gate in enumerate("urz")}
network = dx.Network(
    n_sources - n,
    {"hidden": dx.Population(dx.EGRU(**biases), n)},
    [
        dx.Connection("input", "hidden", weight=dx.learnable(weights[n:])),
        dx.Connection(
            "hidden", "hidden", weight=dx.learnable(weights[:n]), mask=~np.eye(n, dtype=bool)
        ),
    ],
)
simulator = dx.Simulator(
    t_stop * MS,
    given["dt"] * MS,
    record=dx.Record("v", at=[t_stop] * MS),
    solver=getattr(diffrax, given["solver"])(),
    max_spikes=given["max_spikes"],
    max_steps=given.get("max_steps"),
)
inputs = dx.Inputs(
    spikes=[dx.SpikeTrains(times, np.ones(len(times))) for times in task["times"][:batch]]
)
labels = jnp.asarray(task["labels"][:batch])


def loss(network, inputs, labels):
    result = simulator(network, inputs)["hidden"]
    logits = jax.nn.log_softmax(result.traces["v"][:, :2, 0])
    value = -jnp.mean(jnp.take_along_axis(logits, labels[:, None], 1))
    return value, (result.spike_times[:, :, 0], (result.status != 0).sum())


done = measured(jax.jit(jax.value_and_grad(loss, has_aux=True)), network, inputs, labels)
(value, (first, failed)), gradient = done.returned
save(given["out"], values=first, gradient=gradient.connections[0].weight.value[:, :, 0])
report(done.times, ["dendrax", "diffrax"], batch=batch, loss=float(value), failed=int(failed))
