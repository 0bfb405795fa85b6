"""What compartments mean: the input resistance of passive cells, against cables and NEURON."""

import numpy as np
import pytest
import quantities as pq
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

import dendrax as dx

# By NEURON 9.0.2 with 150 ohm cm, 20 kohm cm2 and 1 + 2 int(L / 30 um) compartments; in MOhm.
NEURON = {
    "ca1_n120": {
        "soma[0](0.5)": 103.70501,
        "apic[30](0.5)": 401.98758,
        "dend[58](0.9)": 299.22495,
    },
    "human_l23_171122005": {
        "soma[0](0.5)": 24.519592,
        "apic[47](0.214)": 186.58487,
        "apic[31](0.99)": 75.463514,
    },
}


def input_resistance(cut, place, r_axial, r_m):
    """Return the input resistance in MOhm, for r_axial in ohm cm and r_m in ohm cm2.

    The nodes are the start of the root, and centers and ends of all compartments.
    """
    n = len(cut)
    center, end = 1 + np.arange(n), 1 + n + np.arange(n)
    start = np.zeros(n, dtype=int)
    for k in range(1, n):
        p = cut.parent[k]
        start[k] = {0.0: start[p], 0.5: center[p], 1.0: end[p]}[cut.attachment[k]]
    one, other = np.concatenate([start, center]), np.concatenate([center, end])
    # um * ohm cm / um2 is 1e-2 MOhm; um2 / (ohm cm2) is 1e-2 uS.
    axial = 1e2 / (r_axial * np.concatenate([cut.resistance_start, cut.resistance_end]))
    leak = 1e-2 * cut.area / r_m
    rows = np.concatenate([one, other, one, other, center])
    columns = np.concatenate([other, one, one, other, center])
    matrix = coo_array((np.concatenate([-axial, -axial, axial, axial, leak]), (rows, columns)))
    site = center[dx.locate(cut, place)]
    injected = np.zeros(1 + 2 * n)
    injected[site] = 1.0
    return spsolve(matrix.tocsc(), injected)[site]


def test_a_sealed_cable_has_the_resistance_of_theory():
    cable = dx.cylinder(1000 * pq.um, 1 * pq.um)
    cut = dx.discretize(cable, n_per_section=2001)
    # Rallpack 1: lambda = 1 mm; R = r_axial lambda / (pi r^2) coth(L / lambda), in MOhm.
    theory = 100 * 1e3 / (np.pi * 0.25) * 1e-2 / np.tanh(1.0)
    assert input_resistance(cut, "dend[0](0)", 100, 40_000) == pytest.approx(theory, rel=5e-4)


def test_a_tree_has_the_resistance_of_its_cylinder():
    level = np.arange(10)
    tree = dx.rall_tree(32 / 2 ** (level / 3) * pq.um, 16 / 2 ** (2 * level / 3) * pq.um)
    trunk = dx.cylinder(320 * pq.um, 16 * pq.um)
    cells = dx.discretize(tree, n_per_section=9), dx.discretize(trunk, n_per_section=90)
    of_tree, of_trunk = (input_resistance(cut, "dend[0](0)", 100, 40_000) for cut in cells)
    assert of_tree == pytest.approx(of_trunk, rel=1e-9)


def test_real_cells_have_the_resistance_of_neuron(real_cell):
    cell = dx.read_swc(real_cell)
    n = (1 + 2 * (cell.length // 30)).astype(int).tolist()
    cut = dx.discretize(cell, n_per_section=dict(zip(cell.names, n, strict=True)))
    for place, expected in NEURON[real_cell.stem].items():
        assert input_resistance(cut, place, 150, 20_000) == pytest.approx(expected, rel=1e-4)
