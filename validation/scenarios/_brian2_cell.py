"""What the scenarios of cells in Brian2 share: what both converge to, and how fast."""

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
    """Measure whether dendrax converges to Brian2, with an order of two, and Brian2 with its own.

    Here Brian2 is the more accurate side, as its explicit steps have to be short.

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
    limit = dx.compare(_extrapolated(coarse, fine), theirs[-1], trace="v_cell")
    found = [
        near("spikes without partner", limit.n_missing + limit.n_extra, "", 0, 0, "a count"),
        at_most(
            f"v of Brian2, dt {brian2_dt / 2:g} and {brian2_dt / 4:g} ms, rms in its range",
            itself[1].v_rms / itself[1].v_range, "", 0.1 * trace, ITSELF,
        ),
        at_least("order of Brian2", _order(*(x.v_rms for x in itself)), "", brian2_order, FOURTH),
        at_least("order of dendrax", _order(*(x.v_rms for x in ours)), "", order, SECOND),
        at_most(
            "v, extrapolated, rms in its range", limit.v_rms / limit.v_range, "", trace, LIMIT
        ),
    ]  # fmt: skip
    if not limit.n_pairs:
        return found
    spikes = f"{limit.n_pairs} spike times, extrapolated"
    return [*found, at_most(spikes, limit.spike_max, "ms", spike, LIMIT)]


def _order(coarse: float, fine: float) -> float:
    return float(np.log2(coarse / fine))


def _extrapolated(coarse: dx.SimulationResult, fine: dx.SimulationResult) -> dx.SimulationResult:
    """Return what is left if the error falls by four where the step is halved."""

    def values(result: dx.SimulationResult) -> tuple:
        return result.spike_times, result.traces

    def limit(one: jax.Array, other: jax.Array) -> jax.Array:
        return jnp.where(jnp.isfinite(other), other + (other - one) / 3, other)

    return eqx.tree_at(values, fine, jax.tree.map(limit, values(coarse), values(fine)))
