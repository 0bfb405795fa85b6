"""eventax: a recurrent EGRU, a loss of two of its cells at the end of a trial, and its gradient."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from eventax.evnn import EvNN
from eventax.neuron_models import EGRU

from validation.benchmarks.workers._worker import measured, report, save, settings

given = settings()
task = np.load(given["task"])
t_stop, batch = float(task["t_stop"]), given["batch"]
weights = jnp.asarray(task["weight"], jnp.float32)
biases = jnp.asarray(task["bias"], jnp.float32)
n_sources, n, _ = weights.shape
connected = np.ones((n_sources, n))
connected[:n] -= np.eye(n)
network = EvNN(
    neuron_model=EGRU,
    n_neurons=n,
    max_solver_time=t_stop,
    in_size=n_sources - n,
    key=jax.random.PRNGKey(0),
    wmask=jnp.asarray(connected),
    max_event_steps=given["max_event_steps"],
    solver_stepsize=given["dt"],
    solver=getattr(diffrax, given["solver"])(),
)
network = eqx.tree_at(
    lambda net: [getattr(net.neuron_model, f"{kind}_{gate}") for kind in "Wb" for gate in "urz"],
    network,
    [*jnp.moveaxis(weights, -1, 0), *jnp.moveaxis(biases, -1, 0)],
)
times = jnp.asarray(task["times"][:batch], jnp.float32)
labels = jnp.asarray(task["labels"][:batch])


def loss(network, times, labels):
    cells = jax.vmap(lambda each: network.state_at_t(each, jnp.asarray([t_stop])))(times)
    logits = jax.nn.log_softmax(cells[:, :2, 0, 0])
    return -jnp.mean(jnp.take_along_axis(logits, labels[:, None], 1))


def first_spikes(network, times):
    when, who, _ = jax.vmap(network.record)(times)
    is_of = who[:, None, :] == jnp.arange(n)[:, None]
    return jnp.where(is_of, when[:, None, :], jnp.inf).min(-1)


done = measured(eqx.filter_jit(eqx.filter_value_and_grad(loss)), network, times, labels)
value, gradient = done.returned
first = eqx.filter_jit(first_spikes)(network, times)  # not measured
save(given["out"], values=first, gradient=gradient.neuron_model.W_u[n:])
report(done.times, ["eventax", "diffrax", "equinox"], batch=batch, loss=float(value))
