"""dendrax: neurons with dendrites, by their structure or by any solver in the flat loop."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import quantities as pq

import dendrax as dx
from validation.benchmarks.workers._worker import measured, report, save, settings

MS = pq.ms
given = settings()
jax.config.update("jax_enable_x64", True)
task = np.load(given["task"])
t_stop, batch = float(task["t_stop"]), given["batch"]
network = dx.dendritic(3, 14, 5, key=jax.random.key(0))
simulator = dx.Simulator(
    t_stop * MS,
    given["dt"] * MS,
    record=dx.Record("v", "v_dend", at=np.arange(5.0, t_stop, 5.0) * MS),
    solver=getattr(diffrax, given.get("solver", "Tsit5"))(),
    execution=given["execution"],
    max_spikes=given["max_spikes"],
)
inputs = dx.Inputs(
    spikes=[dx.SpikeTrains(times, np.ones(len(times))) for times in task["times"][:batch]]
)
labels = jnp.asarray(task["labels"][:batch])


def loss(network, inputs, labels):
    result = simulator(network, inputs)["output"]
    logits = jax.nn.log_softmax(result.traces["v"].mean(-1))
    value = -jnp.mean(jnp.take_along_axis(logits, labels[:, None], 1))
    return value, (result.traces, (result.status != 0).sum())


done = measured(jax.jit(jax.value_and_grad(loss, has_aux=True)), network, inputs, labels)
(value, (traces, failed)), gradient = done.returned
states = np.concatenate([traces[name].reshape(batch, -1) for name in ("v", "v_dend")], axis=1)
learned = gradient.populations["output"].neuron.weight.value
save(given["out"], values=states, gradient=learned)
report(done.times, ["dendrax", "diffrax"], batch=batch, loss=float(value), failed=int(failed))
