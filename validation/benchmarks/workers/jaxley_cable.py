"""Jaxley: the excitable ball and stick."""

import time
import warnings

warnings.filterwarnings("ignore")
import jax  # noqa: E402

jax.config.update("jax_enable_x64", True)
import jaxley as jx  # noqa: E402
import numpy as np  # noqa: E402
from jaxley.channels import HH  # noqa: E402

from validation.benchmarks.workers._cable import (  # noqa: E402
    CURRENT,
    REST,
    START,
    STOP,
    T_STOP,
    crossings,
)
from validation.benchmarks.workers._worker import measured, report, save, settings  # noqa: E402

given = settings()
n, dt = given["compartments"] - 1, given["dt"]

begin = time.perf_counter()
compartment = jx.Compartment()
branches = [jx.Branch(compartment, 1), jx.Branch(compartment, n)]
cell = jx.Cell(branches, parents=[-1, 0])
for branch, length, radius in ((0, 20.0, 10.0), (1, 500.0 / n, 1.0)):
    cell.branch(branch).set("length", length)
    cell.branch(branch).set("radius", radius)
for name, value in (("axial_resistivity", 100.0), ("capacitance", 1.0), ("v", REST)):
    cell.set(name, value)
cell.insert(HH())
channel = {"gNa": 0.12, "gK": 0.036, "gLeak": 3e-4, "eNa": 50.0, "eK": -77.0, "eLeak": -54.3}
for name, value in channel.items():
    cell.set(f"HH_{name}" if f"HH_{name}" in cell.nodes.columns else name, value)
cell.init_states(dt)
pulse = jx.step_current(START, STOP - START, CURRENT, dt, T_STOP)
cell.branch(0).loc(0.5).stimulate(pulse, verbose=False)
cell.branch(0).loc(0.5).record(verbose=False)
cell.branch(1).loc(1.0).record(verbose=False)
cell.branch(0).make_trainable("HH_gNa", verbose=False)
parameters = cell.get_parameters()
build_s = time.perf_counter() - begin


def run(parameters):
    return jx.integrate(
        cell, params=parameters, delta_t=dt, t_max=T_STOP, solver=given.get("solver", "bwd_euler")
    )


begin = time.perf_counter()
compiled = jax.jit(run).lower(parameters).compile()
compile_s = time.perf_counter() - begin
done = measured(compiled, parameters)
v, tip = np.asarray(done.returned)
t = np.arange(len(v)) * dt
save(given["out"], values=crossings(t, v)[None], t=t, v=v, tip=tip)
report(done.times, ["jaxley"], batch=1, build_s=build_s, compile_s=compile_s)
