"""Arbor: the excitable ball and stick."""

import time

import arbor as A
from arbor import units as U

from validation.benchmarks.workers._cable import CURRENT, REST, START, STOP, T_STOP, crossings
from validation.benchmarks.workers._worker import measured, report, save, settings

given = settings()
n, dt = given["compartments"] - 1, given["dt"] * U.ms

begin = time.perf_counter()
tree = A.segment_tree()
soma = tree.append(A.mnpos, A.mpoint(-10, 0, 0, 10), A.mpoint(10, 0, 0, 10), tag=1)
tree.append(soma, A.mpoint(10, 0, 0, 1), A.mpoint(510, 0, 0, 1), tag=3)
labels = A.label_dict(
    {
        "middle": "(on-components 0.5 (tag 1))",
        "tip": f"(on-components {1 - 0.5 / n} (tag 3))",
    }
)
decor = A.decor()
decor.set_property(
    Vm=REST * U.mV, cm=0.01 * U.F / U.m2, rL=100 * U.Ohm * U.cm, tempK=279.45 * U.Kelvin
)
decor.set_ion("na", rev_pot=50 * U.mV).set_ion("k", rev_pot=-77 * U.mV)
decor.paint("(all)", A.density("hh"))
pulse = A.i_clamp(START * U.ms, (STOP - START) * U.ms, CURRENT * U.nA)
decor.place('"middle"', pulse)
policy = f"(join (single (tag 1)) (fixed-per-branch {n} (tag 3)))"
cell = A.cable_cell(tree, decor, labels, discretization=A.cv_policy(policy))


class Recipe(A.recipe):
    """One cell, recorded at two places."""

    def __init__(self):
        A.recipe.__init__(self)
        self.properties = A.neuron_cable_properties()

    def num_cells(self):
        return 1

    def cell_kind(self, gid):
        return A.cell_kind.cable

    def cell_description(self, gid):
        return cell

    def probes(self, gid):
        places = {"v": '"middle"', "tip": '"tip"'}
        return [A.cable_probe_membrane_voltage(place, name) for name, place in places.items()]

    def global_properties(self, kind):
        return self.properties


simulation = A.simulation(Recipe())
build_s = time.perf_counter() - begin
handles = [simulation.sample((0, name), A.regular_schedule(dt)) for name in ("v", "tip")]


def run():
    simulation.reset()
    simulation.run(T_STOP * U.ms, dt)


done = measured(run)
samples, tip = (simulation.samples(handle)[0][0] for handle in handles)
t, v = samples[:, 0], samples[:, 1]
save(given["out"], values=crossings(t, v)[None], t=t, v=v, tip=tip[:, 1])
report(done.times, ["arbor"], batch=1, build_s=build_s)
