"""What the scenarios of cells in Brian2 share: what all converge to, and how fast."""

from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured, at_least, at_most, near

MS, MV, PA, UM, NS = pq.ms, pq.mV, pq.pA, pq.um, pq.nS
MS_CM2 = pq.mS / pq.cm**2
# A soma, and a dendrite of three compartments that are long enough for explicit steps.
SHAPE = dx.discretize(dx.ball_and_stick(20 * UM, 210 * UM, 2 * UM), max_length=70 * UM)
TIP = "dend[0](0.9)"

ITSELF = "Runge-Kutta's method; four times what is measured or more"
FOURTH = "Runge-Kutta's method is of order 4, of which steps near the limit of stability fall short"
SECOND = "the scheme of cells is of order 2"
LIMIT = "what is left of the difference when its second order is taken away"
BOTH = "Brian2's step, and SciPy's interpolation within its own; ten times what is measured or more"
PLAIN_DT = 0.01
PLAIN = "an input acts up to one step late, and a spike is noted up to one step early"
FIRST = (
    "the plain schedule is of order 1; which part of a step an event falls into changes the rest"
)
EVENTS = "steps late of what dendrites do; four times what is measured or more"


def agreement(
    cell: dx.Cell,
    inputs: dx.Inputs,
    t_stop: float,
    *,
    spike: float = 1e-4,
    trace: float = 1e-4,
    brian2_dt: float = 0.02,
    brian2_order: float = 3.0,
    dt: float = 0.0125,
    order: float = 1.8,
) -> list[Measured]:
    """Measure whether dendrax converges to Brian2 and SciPy, of order two, and Brian2 of its own.

    Here Brian2 is the more accurate side, as its explicit steps have to be short. Its plain
    schedule is the weaker check.

    Parameters
    ----------
    cell : Cell
    inputs : Inputs
    t_stop : float
        In ms.
    spike, trace : float
        Tolerances of what dendrax is extrapolated to: spike times in ms, and voltages, rms, in
        their range.
    brian2_dt, dt : float
        The largest step (ms) of each; Brian2 takes a half and a quarter of it too, dendrax a half.
    brian2_order, order : float
        The smallest order of each.
    """
    record = dx.Record("v_cell", every=0.5 * MS)
    simulators = [dx.Simulator(t_stop * MS, h * MS, record=record) for h in (dt, dt / 2)]
    coarse, fine = (simulator(cell, inputs) for simulator in simulators)
    theirs = [dx.run_brian2(cell, inputs, simulators[0], dt=brian2_dt / n * MS) for n in (1, 2, 4)]
    itself = [dx.compare(one, other, trace="v_cell") for one, other in pairwise(theirs)]
    ours = [dx.compare(each, theirs[-1], trace="v_cell") for each in (coarse, fine)]
    extrapolated, third = _extrapolated(coarse, fine), dx.run_scipy(cell, inputs, simulators[0])
    limit, to_third = (dx.compare(extrapolated, x, trace="v_cell") for x in (theirs[-1], third))
    beside = dx.compare(theirs[-1], third, trace="v_cell")
    plain = [
        dx.compare(
            extrapolated,
            dx.run_brian2(cell, inputs, simulators[0], dt=PLAIN_DT / n * MS, schedule="default"),
            trace="v_cell",
        )
        for n in (1, 2)
    ]
    alone = sum(x.n_missing + x.n_extra for x in (limit, to_third, *plain))
    found = [
        near("spikes without partner", alone, "", 0, 0, "a count"),
        at_most(
            f"v of Brian2, dt {brian2_dt / 2:g} and {brian2_dt / 4:g} ms, rms in its range",
            itself[1].v_relative, "", 0.1 * trace, ITSELF,
        ),
        at_least("order of Brian2", _order(*(x.v_rms for x in itself)), "", brian2_order, FOURTH),
        at_least("order of dendrax", _order(*(x.v_rms for x in ours)), "", order, SECOND),
        at_most(
            "v, extrapolated, rms in its range", limit.v_relative, "", trace, LIMIT
        ),
        at_most("v of SciPy and Brian2, rms in its range", beside.v_relative, "", 1e-5, BOTH),
        at_most(
            "v, extrapolated, beside SciPy, rms in its range", to_third.v_relative, "", trace, LIMIT
        ),
        at_most(
            f"v, plain schedule, dt {PLAIN_DT / 2:g} ms, rms in its range",
            plain[1].v_relative, "", 0.01, EVENTS,
        ),
        at_least("order of the plain schedule", _order(*(x.v_rms for x in plain)), "", 0.8, FIRST),
    ]  # fmt: skip
    if not limit.n_pairs:
        return found
    spikes = f"{limit.n_pairs} spike times"
    return [
        *found,
        at_most(f"{spikes}, extrapolated", limit.spike_max, "ms", spike, LIMIT),
        at_most(f"{spikes} of SciPy and Brian2", beside.spike_max, "ms", 1e-4, BOTH),
        at_most(f"{spikes}, extrapolated, beside SciPy", to_third.spike_max, "ms", spike, LIMIT),
        at_most(
            f"{spikes}, plain schedule, dt {PLAIN_DT / 2:g} ms",
            plain[1].spike_max, "ms", PLAIN_DT, PLAIN,
        ),
    ]  # fmt: skip


def _order(coarse: float, fine: float) -> float:
    return float(np.log2(coarse / fine))


def _extrapolated(coarse: dx.SimulationResult, fine: dx.SimulationResult) -> dx.SimulationResult:
    """Return what is left if the error falls by four where the step is halved."""

    def values(result: dx.SimulationResult) -> tuple:
        return result.spike_times, result.traces

    def limit(one: jax.Array, other: jax.Array) -> jax.Array:
        return jnp.where(jnp.isfinite(other), other + (other - one) / 3, other)

    return eqx.tree_at(values, fine, jax.tree.map(limit, values(coarse), values(fine)))
