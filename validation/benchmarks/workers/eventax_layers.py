"""eventax: a feed-forward network, the loss of first spikes, and its gradient."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix
from eventax import neuron_models
from eventax.evnn import FFEvNN

from validation.benchmarks.workers._worker import measured, report, save, settings

given = settings()
jax.config.update("jax_enable_x64", given["dtype"] == "float64")


task = np.load(given["task"])
dtype = jnp.dtype(given["dtype"])
t_stop, batch = float(task["t_stop"]), given["batch"]
hidden, output = task["weight_0"], task["weight_1"]
(n_in, n_hidden), n_out = hidden.shape, output.shape[1]

# Sources are the rows: hidden and output neurons, then the inputs.
weights = np.zeros((n_hidden + n_out + n_in, n_hidden + n_out))
weights[:n_hidden, n_hidden:] = output
weights[n_hidden + n_out :, :n_hidden] = hidden
root = given.get("root", 1e-2)
network = FFEvNN(
    layers=[n_hidden, n_out],
    in_size=n_in,
    neuron_model=getattr(neuron_models, given["model"]),
    max_solver_time=t_stop,
    key=jax.random.PRNGKey(0),
    solver_stepsize=given["dt"],
    max_event_steps=given["max_event_steps"],
    solver=getattr(diffrax, given["solver"])(),
    root_finder=optimistix.Newton(root, root, optimistix.rms_norm),
    init_weights=jnp.asarray(weights, dtype),
    init_bias=jnp.asarray(np.concatenate([task["bias_0"], task["bias_1"]]), dtype),
    dtype=dtype,
    tmem=20.0,
    tsyn=5.0,
    **given.get("constants", {}),
)
times = jnp.asarray(task["times"][:batch], dtype)
labels = jnp.asarray(task["labels"][:batch])


def first_spikes(network, times):
    return jax.vmap(network.ttfs)(times)


def loss(network, times, labels):
    first = first_spikes(network, times)
    late = jnp.where(jnp.isfinite(first), first, t_stop)
    chosen = jnp.take_along_axis(late, labels[:, None], 1)[:, 0]
    likelihood = jnp.take_along_axis(jax.nn.log_softmax(-late / 0.5), labels[:, None], 1)[:, 0]
    return jnp.mean(-likelihood + 3e-3 * (jnp.exp(chosen / 6.4) - 1)), first


if given["mode"] == "forward":
    done = measured(eqx.filter_jit(first_spikes), network, times)
    save(given["out"], values=done.returned)
    more = {}
else:
    step = eqx.filter_jit(eqx.filter_value_and_grad(loss, has_aux=True))
    done = measured(step, network, times, labels)
    (value, first), gradient = done.returned
    learned = np.asarray(gradient.neuron_model.weights)[n_hidden + n_out :, :n_hidden]
    save(given["out"], values=first, gradient=learned)
    more = {"loss": float(value)}
report(done.times, ["eventax", "diffrax", "equinox"], batch=batch, **more)
