"""A small fit: a LIF neuron that has to find the parameters of another one.

As a program, ``python small_fit.py CHECKPOINT RESULT`` goes on from a checkpoint, saves one after
each step, and leaves the parameters and the loss of each step in RESULT.
"""

import sys
from pathlib import Path

import jax
import numpy as np
import optax
import quantities as pq

import dendrax as dx

STEPS = 150
BOUNDS = {"c_m": (50, 500) * pq.pF, "g_leak": (1, 50) * pq.nS, "v_th": (-60, -40) * pq.mV}
TRUTH = {"c_m": 150 * pq.pF, "g_leak": 8 * pq.nS, "v_th": -52 * pq.mV}
START = {"c_m": 190 * pq.pF, "g_leak": 10 * pq.nS, "v_th": -49 * pq.mV}
# What a fit records too, so that the truth and the best model share their compiled code.
SIMULATOR = dx.Simulator(
    80 * pq.ms, 0.5 * pq.ms, record=dx.Record("guard", "v", every=1 * pq.ms), max_spikes=16
)
LOSS = dx.losses.voltage(0.5 * pq.mV, before=1 * pq.ms, after=1 * pq.ms)
LOSS += dx.losses.spike_times(2 * pq.ms, reach=5 * pq.ms)

# One object: what is compiled for it is there for every fit.
OPTIMIZER = optax.adam(optax.cosine_decay_schedule(0.1, STEPS))


def cell(values):
    return dx.LIF(**{name: dx.learnable(x, bounds=BOUNDS[name]) for name, x in values.items()})


def simulated_sweeps():
    """Return sweeps of the true cell, of which the third and the sixth will be held out."""
    amplitudes = (-60, 100, 170, 220, 260, 300)
    inputs = dx.Inputs([dx.step_current(a * pq.pA, 10 * pq.ms, 60 * pq.ms) for a in amplitudes])
    return dx.Sweeps(SIMULATOR(cell(TRUTH), inputs), inputs)


def run(sweeps, **changes):
    options = {
        "loss": LOSS,
        "optimizer": OPTIMIZER,
        "steps": STEPS,
    }
    return dx.fit(cell(START), sweeps, SIMULATOR, **(options | changes))


def columns(fitted):
    """Return what must be the same, bit for bit, in two fits."""
    best = {f"best_{name}": dx.parameters(fitted.model)[name].value for name in BOUNDS}
    history = {str(name): column.values for name, column in fitted.history.items()}
    return {name: np.asarray(value) for name, value in (best | history).items()}


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    checkpoint, saved = map(Path, sys.argv[1:])
    fitted = run(simulated_sweeps(), checkpoint=checkpoint, checkpoint_every=1)
    np.savez(saved, **columns(fitted))
