"""Cells in Brian2: equations from the literature, and events where they belong.

The equations of all mechanisms are compared where they stand, at states drawn at random, and what
Brian2 makes of them in a few runs; ``validation/scenarios/brian2_cell_*`` has the others.
"""

import re
from importlib.util import find_spec
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from scipy.special import exprel

import dendrax as dx
from dendrax.parameters import resolve
from dendrax.validation.transcriptions import CellEquations, transcription
from dendrax.validation.transcriptions._cable import conductances
from validation.scenarios import dspike

needs_brian2 = pytest.mark.skipif(find_spec("brian2") is None, reason="Brian2 is an extra")

MS, UM, MV, PA, NS = pq.ms, pq.um, pq.mV, pq.pA, pq.nS
# A trunk with two branches that meet in a point.
FORK = dx.discretize(dx.rall_tree([160, 120] * UM, [3, 2] * UM), max_length=60 * UM)
N = len(FORK)
HALF = f"{FORK.section_names[0]}(0.5)"

CHANNELS = [
    dx.HodgkinHuxley(q10=2.5),
    dx.NaT(v_shift=3 * MV),
    dx.NaP(v_shift=2 * MV),
    dx.Kdr(v_shift=-4 * MV),
    dx.Kv31(v_shift=1 * MV),
    dx.KA(tau_m_min=0.5 * MS, tau_h_min=4 * MS),
    dx.KM(v_shift=2 * MV),
    dx.Ih(v_shift=-2 * MV),
    dx.BK(speed_m=5.0, speed_h=50.0, v_shift=2 * MV),
    dx.SK(),
    dx.CaHVA(v_shift=2 * MV),
    dx.CaLVA(e_ca=100 * MV, v_shift=-2 * MV),
    dx.CalciumPool(gamma=0.05, inward_only=False),
    dx.DendriticSpike(v_th=-50 * MV),
]
SYNAPSES = [
    dx.ExponentialSynapses(n=7, tau=np.linspace(2, 9, 7) * MS, e_rev=5 * MV),
    dx.ExponentialCurrents(n=3, i_max=[10, -5, 3] * PA),
    dx.DoubleExponentialSynapses(
        at=[HALF, HALF], tau_rise=[1, 5] * MS, tau_decay=[5, 5] * MS, e_rev=[5, -9] * MV
    ),
    dx.DoubleExponentialCurrents(tau_rise=6 * MS, tau_decay=2 * MS),
    dx.AMPA(n=2, e_rev=3 * MV),
    dx.GABA(),
    dx.NMDA(n=N + 2, gamma=0.062 / MV, e_rev=2 * MV),
    dx.VoltageClamp(HALF, r_series=5 * pq.MOhm),
]
CELLS = {
    name: dx.Cell(
        FORK,
        [dx.Passive(c_m=0.9 * pq.uF / pq.cm**2, r_axial=130 * pq.ohm * pq.cm), *mechanisms],
        radius=np.linspace(0.9, 1.1, N) * FORK.radius * UM,
        length=np.linspace(1.1, 0.9, N) * FORK.length * UM,
        electrode=HALF,
        spike_at=HALF,
        celsius=31.0,
    )
    for name, mechanisms in (("channels", CHANNELS), ("synapses", SYNAPSES))
}
CURRENT = 37.0
# Both sides are sums of at most some hundred terms, of which some cancel.
ROUNDING = 1e-9


def drawn(cell):
    """Return a state of a cell, and what there is of it in Brian2's variables, by row."""
    rng = np.random.default_rng(1)
    state = jax.eval_shape(resolve(cell).init_state)
    v = rng.uniform(-100, 40, N)
    rows = {"v": v}
    parts = []
    for k, part in enumerate(state.parts):
        fields = {}
        for name, x in getattr(part, "_asdict", dict)().items():
            low, high = {"c": (1e-4, 1e-3), "age": (0.0, 2.0)}.get(name, (0.1, 0.9))
            fields[name] = rng.uniform(low, high, np.shape(x))
            rows[f"{name}_{k}"] = fields[name]
        parts.append(type(part)(**fields) if fields else part)
    return state._replace(v=jnp.asarray(v), parts=jax.tree.map(jnp.asarray, tuple(parts))), rows


def number(name):
    """Return which mechanism a variable is of; None if of the cell."""
    tail = name.rpartition("_")[2]
    return int(tail) if tail.isdecimal() else None


def at(equations, name):
    """Return the rows that have a variable."""
    return slice(N) if number(name) is None else equations.rows[number(name)]


def known_to(equations: CellEquations, rows):
    """Return all that Brian2's equations may refer to, in NumPy, by row."""

    def product(matrix):
        n_to, n_from = matrix.shape
        return lambda x: np.pad(matrix @ x[:n_from], (0, equations.n_rows - n_to))

    known = {"exp": np.exp, "log": np.log, "clip": np.clip, "where": np.where, "abs": np.abs}
    known |= {"expm1_over": exprel, "infinity": np.inf, "now": 0.0}
    known |= {"int": lambda x: np.asarray(x, dtype=int), "axial": product(equations.axial)}
    for k, places in enumerate(equations.places):
        of = np.eye(N)[places]
        known |= {f"of_{k}": product(of), f"into_{k}": product(of.T)}
    known |= {**equations.constants, **equations.marks}
    known |= {name: np.zeros(equations.n_rows) for name in equations.rates}
    for name, x in rows.items():
        known[name] = np.full(equations.n_rows, x[0])  # a possible one where there is none
        known[name][at(equations, name)] = x
    known["electrode"][equations.electrode_row] = CURRENT
    exec(equations.begin, known)
    for name, text in equations.shorthand.items():
        known[name] = eval(text, known)
    return known


def evaluated(equations: CellEquations, known, rows, wrong=None, of=None):
    """Return the rates of the states; of one mechanism and the cell only, where one is changed."""
    wrong = wrong or {}
    known = known | {name: x for name, x in wrong.items() if not isinstance(x, str)}

    def value(name, text):
        return eval(wrong.get(name, text), known)

    for name, text in equations.shorthand.items():
        if of is None or number(name) in (of, None):
            known[name] = value(name, text)
    return {
        name: np.broadcast_to(value(f"d{name}", text), equations.n_rows)[at(equations, name)]
        for name, text in equations.rates.items()
        if name in rows and (of is None or number(name) in (of, None))
    }


def discrepancy(ours, theirs):
    """Return the largest difference of each rate in units of the largest rate of its kind."""
    return max(np.max(np.abs(ours[x] - theirs[x])) / np.max(np.abs(ours[x])) for x in theirs)


@pytest.fixture(scope="module", params=CELLS)
def case(request):
    """A cell, its equations, a state of it, and the rates of dendrax there."""
    cell = CELLS[request.param]
    state, rows = drawn(cell)
    slopes = eqx.filter_jit(dx.Cell.dynamics)(
        resolve(cell), jnp.zeros(()), state, jnp.asarray(CURRENT)
    )
    ours = {"v": np.asarray(slopes.v)}
    for k, part in enumerate(slopes.parts):
        for name, x in getattr(part, "_asdict", dict)().items():
            if np.any(x):  # an amplitude stands still
                ours[f"{name}_{k}"] = np.asarray(x)
    equations = transcription(cell)
    assert isinstance(equations, CellEquations)
    return equations, known_to(equations, rows), rows, ours


def test_equations_of_all_mechanisms_are_those_of_the_literature(case):
    equations, known, rows, ours = case
    theirs = evaluated(equations, known, rows)
    assert {*ours} == {*theirs}
    assert discrepancy(ours, theirs) <= ROUNDING


def mutants(equations):
    """Yield a number that is 1 % larger, or a sign that is wrong: what is changed, and of what."""
    rates = {f"d{name}": text for name, text in equations.rates.items()}
    for name, text in {**rates, **equations.shorthand}.items():
        for found in re.finditer(r"(?<![\w.])[\d.]+(?:e[-+]?\d+)?(?![\w.])| [-+] ", text):
            old, opposite = found[0], {" - ": " + ", " + ": " - "}
            new = opposite[old] if old in opposite else repr(1.01 * float(old))
            if old in opposite or float(old):
                yield {name: f"{text[: found.start()]}{new}{text[found.end() :]}"}, number(name)
    for k, part in enumerate(equations.mechanisms):
        # When a dendritic spike begins and how high a synapse peaks is seen in runs.
        for name in () if part.corners else part.constants:
            if not name.startswith("peak"):
                yield {name: 1.01 * equations.constants[name]}, None if part.calcium else k


def test_a_wrong_number_or_sign_in_any_mechanism_is_caught(case):
    equations, known, rows, ours = case
    found = list(mutants(equations))
    assert len(found) > 50
    with np.errstate(all="ignore"):
        missed = [
            wrong
            for wrong, of in found
            # What is no number is caught too.
            if discrepancy(ours, evaluated(equations, known, rows, wrong, of)) <= 100 * ROUNDING
        ]
    assert missed == []


def test_axial_currents_of_a_real_tree_are_those_of_kirchhoff():
    path = Path(dx.__file__).parents[1] / "morphologies" / "l5_pyramidal.swc"
    compartments = dx.discretize(dx.read_swc(path), n_per_section=1)
    cell = dx.Cell(compartments, [dx.Passive()])
    v = np.random.default_rng(2).uniform(-80, 40, len(compartments))
    resolved = resolve(cell)
    edge, tree = resolved.cable().edge, resolved.tree
    ours = -tree.across(edge, tree.with_meeting_points(edge, jnp.asarray(v)))[: tree.n]
    theirs = conductances(cell) @ v
    assert np.max(np.abs(ours - theirs)) <= 1e-10 * np.max(np.abs(theirs))


@needs_brian2
def test_dendritic_spikes_begin_and_end_where_the_closed_form_has_them():
    inputs = dx.Inputs(dx.step_current(dspike.CURRENT * PA, dspike.START * MS, 70 * MS))
    result = dx.run_brian2(dspike.model(), inputs, dx.Simulator(70 * MS), dt=0.1 * MS)
    expected = dspike.exact(3)
    # The membrane is linear from event to event: 0.1 ms is short beside its time constant.
    assert np.abs(result.spikes(0)[:3] - expected).max() <= 1e-6
    assert dict(result.provenance)["equations"] == "transcribed"


SOMA = dx.discretize(dx.ball_and_stick(20 * UM, 140 * UM, 2 * UM), max_length=70 * UM)
EXCITABLE = dx.Cell(
    SOMA,
    [dx.Passive(), dx.HodgkinHuxley("soma"), dx.AMPA("dend", n=3, delay=[0, 1.013, 2] * MS)],
    celsius=6.3,
    probes={
        "m": dx.Probe("m", "soma", of="HodgkinHuxley"),
        "i": dx.Probe("current", "dend", of="AMPA"),
    },
)
DRIVE = dx.Inputs(
    current=[dx.step_current(level * PA, 1 * MS, 9 * MS) for level in (300, 400)],
    spikes=dx.spike_trains([[3] * MS, [3.77] * MS, [4] * MS], weight=[1.0, 2.0, 1.0]),
)


# Slow, as dendrax compiles the cell for seconds.
@pytest.mark.slow
@needs_brian2
def test_a_cell_agrees_with_brian2():
    record = dx.Record("v", "v_cell", "m", "i", every=0.25 * MS)
    simulator = dx.Simulator(10 * MS, 0.01 * MS, record=record)
    ours, theirs = simulator(EXCITABLE, DRIVE), dx.run_brian2(EXCITABLE, DRIVE, simulator)
    assert theirs.spike_counts.tolist() == [[1], [1]]
    comparison = dx.compare(ours, theirs)
    # What steps of 0.01 ms of second order leave in dendrax; its limit is that of the scenarios.
    assert comparison.spike_max <= 5e-4
    for name in record.names:
        assert ours.traces[name].shape == theirs.traces[name].shape
        trace = dx.compare(ours, theirs, trace=name)
        assert trace.v_rms <= 3e-4 * trace.v_range
    assert ours.units == theirs.units


class Unknown(dx.Passive):
    """A mechanism that nobody has transcribed."""


@needs_brian2
@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            lambda *case: dx.run_brian2(*case, dt=0.01 * MS, schedule="default"),
            "multiples of dt only",
        ),
        (lambda *case: dx.run_brian2(*case, dt=1 * MS), "dt must be at most 0.0"),
        (
            lambda *case: dx.to_brian2_script(*case, dt=0.01 * MS),
            "multiples of dt only",
        ),
        (lambda *case: dx.to_brian2_script(*case, dt=1 * MS), "dt must be at most 0.0"),
    ],
)
def test_what_brian2_cannot_do_with_a_cell_is_refused(run, message):
    with pytest.raises(dx.ModelError, match=message):
        run(EXCITABLE, DRIVE, dx.Simulator(10 * MS))


def test_an_unknown_mechanism_is_named():
    with pytest.raises(dx.ModelError, match="Unknown has no equations for Brian2"):
        transcription(dx.Cell(SOMA, [Unknown()]))
