"""dendrax: the cost of a gradient against one size of the task, over two decades of it."""

import jax
import jax.numpy as jnp
import numpy as np
import quantities as pq

import dendrax as dx
from validation.benchmarks.workers._worker import failures, measured, report, settings

MS = pq.ms
given = settings()
# What is not varied; ``events`` counts the input spikes of a trial.
SIZES = {"batch": 64, "width": 50, "events": 50, "t_stop": 30.0}


def seconds(batch, width, events, t_stop):
    rng = np.random.default_rng(0)
    n_spikes = max(1, round(events / 5))
    # As many output spikes for any number of input spikes and of hidden neurons.
    weights = [rng.uniform(-40, 120, (5, width)) / events, rng.uniform(-40, 120, (width, 3))]
    weights[1] /= width
    neuron = dx.QIF(tau_mem=20 * MS)
    network = dx.Network(
        5,
        {"hidden": dx.Population(neuron, width), "output": dx.Population(neuron, 3)},
        [
            dx.Connection("input", "hidden", weight=dx.learnable(weights[0])),
            dx.Connection("hidden", "output", weight=dx.learnable(weights[1])),
        ],
    )
    times = np.sort(rng.uniform(0, t_stop, (batch, 5, n_spikes)))
    inputs = dx.Inputs(spikes=[dx.SpikeTrains(each, np.ones(5)) for each in times])
    simulator = dx.Simulator(t_stop * MS, given["dt"] * MS, max_spikes=given["max_spikes"])

    def loss(network, inputs):
        results = simulator(network, inputs)
        first = results["output"].spike_times[:, :, 0]
        return jnp.mean(jnp.where(jnp.isfinite(first), first, t_stop)), failures(results)

    done = measured(jax.jit(jax.value_and_grad(loss, has_aux=True)), network, inputs)
    (_, failed), _ = done.returned
    return done.times["seconds"], int(failed)


sizes = given["sizes"]
found = [seconds(**{**SIZES, given["axis"]: size}) for size in sizes]
each, failed = zip(*found, strict=True)
report({"sizes": sizes, "seconds": each}, ["dendrax"], failed=sum(failed))
