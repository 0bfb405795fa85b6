"""NEURON: the excitable ball and stick."""

import time

import numpy as np
from neuron import h

from validation.benchmarks.workers._cable import CURRENT, REST, START, STOP, T_STOP, crossings
from validation.benchmarks.workers._worker import measured, report, save, settings

given = settings()
h.load_file("stdrun.hoc")
h.usetable_hh = 0  # its tables would shift the last spike by 0.07 ms

begin = time.perf_counter()
soma, dend = h.Section(name="soma"), h.Section(name="dend")
dend.connect(soma(1))
soma.L = soma.diam = 20
dend.L, dend.diam, dend.nseg = 500, 2, given["compartments"] - 1
for section in (soma, dend):
    section.Ra, section.cm = 100, 1
    section.insert("hh")
    section.ena, section.ek = 50, -77
h.celsius = 6.3
clamp = h.IClamp(soma(0.5))
clamp.delay, clamp.dur, clamp.amp = START, STOP - START, CURRENT
build_s = time.perf_counter() - begin
t, v = h.Vector().record(h._ref_t), h.Vector().record(soma(0.5)._ref_v)
tip = h.Vector().record(dend(1 - 0.5 / dend.nseg)._ref_v)
# 0 is backward Euler, 2 is Crank-Nicolson.
h.secondorder = given.get("order", 0)
h.dt, h.steps_per_ms = given["dt"], 1 / given["dt"]


def run():
    h.finitialize(REST)
    h.continuerun(T_STOP)


done = measured(run)
times, soma_v, tip_v = np.array(t), np.array(v), np.array(tip)
save(given["out"], values=crossings(times, soma_v)[None], t=times, v=soma_v, tip=tip_v)
report(done.times, ["neuron"], batch=1, build_s=build_s)
