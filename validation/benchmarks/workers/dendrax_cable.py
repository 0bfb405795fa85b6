"""dendrax: the excitable ball and stick, forward or with the gradient of a loss of two traces.

The gradient is that with respect to the sodium conductance of the soma, the potassium conductance
of each compartment of the dendrite, and the radius of the dendrite.
"""

import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import quantities as pq

import dendrax as dx
from validation.benchmarks.workers._cable import CURRENT, REST, START, STOP, T_STOP
from validation.benchmarks.workers._worker import measured, report, save, settings

given = settings()
jax.config.update("jax_enable_x64", True)
MS, UM, PER_CM2 = pq.ms, pq.um, 1 / pq.cm**2
n, dt = given["compartments"], given["dt"]


def cell():
    shape = dx.ball_and_stick(20 * UM, 500 * UM, 2 * UM)
    passive = dx.Passive(
        c_m=1 * pq.uF * PER_CM2,
        g_leak=0.3 * pq.mS * PER_CM2,
        e_leak=-54.3 * pq.mV,
        r_axial=100 * pq.ohm * pq.cm,
    )
    compartments = dx.discretize(shape, n_per_section={"soma[0]": 1, "dend[0]": n - 1})
    channels = dx.HodgkinHuxley(
        g_na=dx.learnable(np.full(n, 120.0) * pq.mS * PER_CM2),
        g_k=dx.learnable(np.full(n, 36.0) * pq.mS * PER_CM2),
    )
    return dx.Cell(
        compartments,
        [passive, channels],
        v_init=REST * pq.mV,
        radius=dx.learnable(compartments.radius * UM),
        probes={"tip": "dend[0](1)"},
        celsius=6.3,
    )


begin = time.perf_counter()
model = cell()
build_s = time.perf_counter() - begin
inputs = dx.Inputs(dx.step_current(1e3 * CURRENT * pq.pA, START * MS, STOP * MS))
record = dx.Record("v", "tip", every=dt * MS)
simulator = dx.Simulator(T_STOP * MS, dt * MS, record=record, max_spikes=16)


def run(model):
    result = simulator(model, inputs)
    return result.spike_times[0], jnp.stack([result.traces[k][0, 0] for k in record.names])


def learned(model):
    channels = model.mechanisms[1]
    return channels.g_na.value, channels.g_k.value, model.radius.value


def changed(free):
    """Return the cell with other values of what is learned."""
    of_soma, of_dendrite, radius = free
    g_na, g_k, radii = learned(model)
    values = g_na.at[0].set(of_soma), g_k.at[1:].set(of_dendrite), radii.at[1:].set(radius)
    return eqx.tree_at(learned, model, values)


wanted = jnp.zeros((2, round(T_STOP / dt) + 1)) - 60.0
free = (jnp.asarray(120.0), jnp.full(n - 1, 36.0), jnp.asarray(1.0))


def loss(free, wanted):
    return jnp.mean((run(changed(free))[1] - wanted) ** 2)


begin = time.perf_counter()
if given["mode"] == "gradient":
    args = (free, wanted)
    compiled = jax.jit(jax.value_and_grad(loss)).lower(*args).compile()
else:
    args = (model,)
    compiled = jax.jit(run).lower(*args).compile()
compile_s = time.perf_counter() - begin
done = measured(compiled, *args)
if given["mode"] == "forward":
    spikes, (v, tip) = done.returned
    t = np.arange(len(v)) * dt
    save(given["out"], values=spikes[:, np.isfinite(spikes[0])], t=t, v=v, tip=tip)
report(
    done.times,
    ["dendrax"],
    batch=1,
    build_s=build_s,
    compile_s=compile_s,
    temporary_mib=compiled.memory_analysis().temp_size_in_bytes / 2**20,
)
