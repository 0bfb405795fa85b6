"""A small fit as a program that goes on from its checkpoint: ``_interrupted CHECKPOINT RESULT``."""

import sys
from pathlib import Path

import jax
import numpy as np
import optax
import quantities as pq

import dendrax as dx

STEPS = 400
MS, MV, PA = pq.ms, pq.mV, pq.pA


def main(checkpoint: str, result: str) -> None:
    """Fit a LIF neuron from four starts, and leave the history and all starts in a file."""
    inputs = dx.Inputs([dx.step_current(a * PA, 10 * MS, 60 * MS) for a in (100, 200, 300)])
    record = dx.Record("guard", "v", every=1 * MS)
    simulator = dx.Simulator(80 * MS, 0.5 * MS, record=record, max_spikes=16)
    model = dx.LIF(
        c_m=dx.learnable(190 * pq.pF, bounds=(50, 500) * pq.pF),
        v_th=dx.learnable(-49 * MV, bounds=(-60, -40) * MV),
    )
    loss = dx.losses.voltage(0.5 * MV, before=1 * MS, after=1 * MS)
    fitted = dx.fit(
        model,
        dx.Sweeps(simulator(dx.LIF(c_m=150 * pq.pF, v_th=-52 * MV), inputs), inputs),
        simulator,
        loss=loss + dx.losses.spike_times(2 * MS, reach=5 * MS),
        optimizer=optax.adam(optax.cosine_decay_schedule(0.1, STEPS)),
        steps=STEPS,
        starts=4,
        batch_size=1,
        held_out=[1],
        checkpoint=Path(checkpoint),
        checkpoint_every=1,
    )
    tables = {"history": fitted.history, "starts": fitted.starts}
    columns = {f"{k}_{name}": x.values for k, table in tables.items() for name, x in table.items()}
    np.savez(result, **columns)


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    main(*sys.argv[1:])
