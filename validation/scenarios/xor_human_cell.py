"""XOR in one dendrite of a human cell: synaptic weights and time constants are learned.

Two pathways of six contacts each end on one oblique of the cell 171122005 of Gidon et al. 2020
(Science 367:83), which makes dCaAPs by their phenomenological model, as it does in their coupled
case (apic[60](0.99) of the publication). A dCaAP that a pulse made 200 ms earlier has left the
dendrite refractory until the volleys come; then the stronger the drive, the smaller the next one.
The output is the voltage that the soma reaches when a dCaAP is at its peak.
"""

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import quantities as pq
from tqdm import tqdm

import dendrax as dx
from validation._measured import Measured, at_least, not_measured
from validation.scenarios import _real

CELL = "human_l23_171122005"
SITE, CONTACTS = "apic[31](0.99)", "apic[31]({:.3f})"
N_CONTACTS, N_SEEDS, STEPS = 6, 10, 40
MS, MV, PER_CM2 = pq.ms, pq.mV, 1 / pq.cm**2
V_TH = -36.0  # mV, of dCaAPs
READY, ANSWER = (206.0, 212.0), (230.0, 246.0)  # ms: the next dCaAP may begin; the soma answers
LEVEL, MARGIN = -55.0, 3.0  # mV: the soma is above if the answer is yes
PATTERNS = ((0, 0), (0, 1), (1, 0), (1, 1))


class Answer(dx.losses.AbstractLoss):
    """A hinge, made smooth, on the highest voltage of the soma when it answers.

    A dCaAP that does not begin has no gradient: where one is wanted, the dendrite is pulled to its
    threshold, as silent neurons are by the guard of other losses.
    """

    records = ("soma", "site")
    terms = ("answer", "beginning")

    def parts(self, result: dx.SimulationResult, wanted: Any, /) -> dict[str, jax.Array]:
        """Return the two terms."""
        sign = jnp.where(wanted, 1.0, -1.0)
        short = 1 - sign * (answers(result) - LEVEL) / MARGIN
        below = (V_TH + 2 - _highest(result, "site", READY)) / MARGIN
        return {
            "answer": jnp.mean(jax.nn.softplus(3 * short)) / 3,
            "beginning": jnp.mean(jnp.where(wanted, jax.nn.softplus(below), 0.0)),
        }


def answers(result: dx.SimulationResult) -> jax.Array:
    """Return the voltages (mV) that the soma reaches in each trial."""
    return _highest(result, "soma", ANSWER)


def _highest(result: dx.SimulationResult, trace: str, window: tuple[float, float]) -> jax.Array:
    inside = (result.times >= window[0]) & (result.times <= window[1])
    return jnp.max(jnp.where(inside, result.traces[trace][:, 0], -jnp.inf), -1)


@cache
def _compartments() -> dx.Compartments:
    path = _real.path(CELL)
    assert path is not None
    return dx.discretize(dx.read_swc(path), max_length=100 * pq.um)


def model(seed: int) -> dx.Cell:
    """Return the cell with contacts of random strength and duration."""
    rng = np.random.default_rng(seed)
    n = 2 * N_CONTACTS
    # Those of one pathway between those of the other.
    places = np.linspace(0.5, 0.99, n).reshape(-1, 2).T.ravel()
    contacts = dx.ExponentialCurrents(
        at=[CONTACTS.format(x) for x in places],
        i_max=dx.learnable(rng.uniform(100, 300, n) * pq.pA, bounds=(-300, 600) * pq.pA),
        tau=dx.learnable(rng.uniform(2, 8, n) * MS, bounds=(1, 30) * MS),
    )
    passive = dx.Passive(
        c_m=0.45 * pq.uF * PER_CM2,
        g_leak=1 / 37 * pq.mS * PER_CM2,
        e_leak=-74 * MV,
        r_axial=100 * pq.ohm * pq.cm,
    )
    spike = dx.CalciumSpike(SITE, v_th=V_TH * MV, w=4000 * pq.uA * PER_CM2)
    return dx.Cell(
        _compartments(),
        [passive, spike, contacts],
        v_init=-74 * MV,
        electrode=SITE,
        probes={"site": SITE, "soma": "soma"},
    )


def trials(n: int, seed: int) -> dx.Sweeps:
    """Return ``n`` trials of each pattern, and whether one pathway alone is active."""
    rng = np.random.default_rng(seed)
    trains, wanted = [], []
    for x, y in PATTERNS * n:
        volleys = 196 + rng.normal(0, 1.0, 2)
        times = np.repeat(volleys, N_CONTACTS) + rng.normal(0, 0.5, 2 * N_CONTACTS)
        active = np.repeat([x, y], N_CONTACTS)
        trains.append(dx.spike_trains([[t] * k * MS for t, k in zip(times, active, strict=True)]))
        wanted.append(x != y)
    pulse = dx.step_current(1500 * pq.pA, 2 * MS, 12 * MS)
    return dx.Sweeps(jnp.asarray(wanted), dx.Inputs(pulse, trains))


def simulator() -> dx.Simulator:
    """Return what simulates a trial, with the traces of the loss."""
    record = dx.Record(*Answer.records, every=0.5 * MS)
    return dx.Simulator(ANSWER[1] * MS, 0.25 * MS, record=record, max_spikes=16)


def accuracy(cell: dx.Cell, unseen: dx.Sweeps) -> float:
    """Return the share of trials that the soma answers right."""
    yes = np.asarray(answers(simulator()(cell, unseen.inputs))) > LEVEL
    return float(np.mean(yes == np.asarray(unseen.target)))


def solve(seed: int) -> dx.FitResult:
    """Train one cell."""
    return dx.fit(
        model(seed),
        trials(3, seed),
        simulator(),
        loss=Answer(),
        optimizer=optax.adam(optax.cosine_decay_schedule(0.1, STEPS, 0.1)),
        steps=STEPS,
        held_out=[],
    )


def measure() -> list[Measured]:
    """Measure how many of the seeds answer every unseen trial right."""
    name = f"seeds of {N_SEEDS} that solve XOR"
    if _real.path(CELL) is None:
        why = "the reconstruction is not part of the repository"
        return [not_measured(name, "", N_SEEDS, why)]
    unseen = trials(10, 1000)
    after, before = [], []
    for seed in tqdm(range(N_SEEDS), desc="seeds", disable=None):
        before.append(accuracy(model(seed), unseen))
        after.append(accuracy(solve(seed).model, unseen))
    return [
        at_least(name, np.sum(np.equal(after, 1)), "", N_SEEDS, "all, in 40 unseen trials each"),
        at_least(
            "gain of accuracy by training", 100 * np.mean(np.subtract(after, before)), "%", 10,
            "what is solved before needs no training",
        ),
    ]  # fmt: skip
