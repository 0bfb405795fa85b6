"""jaxsnn: one update of two layers of LIF neurons, solved in closed form, by EventProp."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxsnn.event.loss import mse_loss
from jaxsnn.event.modules import LIF, LIFParameters, Linear, Source
from jaxsnn.event.topology import Topology
from jaxsnn.event.training import update
from jaxsnn.event.types import OptState, Spike
from jaxsnn.examples.event.utils import loss_wrapper

from validation.benchmarks.workers._worker import measured, report, save, settings

given = settings()
task = np.load(given["task"])
weights = [jnp.asarray(task[f"weight_{k}"], jnp.float32) for k in range(2)]
n_in, n_hidden, n_out = *weights[0].shape, weights[1].shape[1]

# All in ms. A reset this low leaves one spike to each neuron, as in jaxsnn's own example.
constants = LIFParameters(v_reset=-1000.0, v_th=1.0, tau_syn=5.0, tau_mem=10.0)
topology = Topology(t_max=float(task["t_stop"]), backprop_method="eventprop")
topology.add(
    {
        "input": Source(n_in),
        "hidden": LIF(n_hidden, n_hidden + n_in, constants),
        "output": LIF(n_out, n_out + n_hidden, constants),
        "first": Linear(pre_weights=weights[0]),
        "second": Linear(pre_weights=weights[1]),
    }
)
topology.connect(
    [("input", "first"), ("first", "hidden"), ("hidden", "second"), ("second", "output")]
)
init, apply = topology.done()

times = task["times"][:, :, 0]
batch = len(times)
order = np.argsort(times, axis=1)
spikes = Spike(
    time=jnp.asarray(np.take_along_axis(times, order, 1), jnp.float32),
    idx=jnp.asarray(order),
    current=jnp.zeros(times.shape),
    layer_idx=jnp.zeros(times.shape, dtype=int),
    internal=jnp.ones(times.shape, dtype=bool),
)
is_label = np.arange(n_out) == task["labels"][:, None]
wanted = jnp.where(is_label, 4.5, 5.5)

optimizer = optax.chain(optax.clip(0.01), optax.adam(5e-3))
loss = partial(loss_wrapper, apply, mse_loss, constants.tau_mem, "output", n_out)
step = jax.jit(partial(update, optimizer, loss))
parameters = init(jax.random.PRNGKey(0))
state = OptState(optimizer.init(parameters), parameters, jax.random.PRNGKey(1))

done = measured(step, state, ({"input": spikes}, wanted))
_, ((value, (first, _)), gradient) = done.returned
first = np.where(first < float(task["t_stop"]), first, np.inf)
save(given["out"], values=first, gradient=gradient["first"])
report(done.times, ["jaxsnn", "optax"], batch=batch, loss=float(value))
