"""Networks of dendrax against Brian2 and SciPy, which know nothing of how dendrax executes them.

Brian2 gets one population after the other until no spike moves, SciPy all units as one system.
"""

from functools import cache
from importlib.util import find_spec

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

needs_brian2 = pytest.mark.skipif(find_spec("brian2") is None, reason="Brian2 is an extra")

MS, PA = pq.ms, pq.pA
RNG = np.random.default_rng(0)
# Two trials, with currents into the hidden neurons, and inputs of different strength.
INPUTS = dx.Inputs(
    current=[dx.step_current(level * PA, 1 * MS, 20 * MS) for level in (150, 200)],
    spikes=[
        dx.spike_trains([times * MS for times in each], weight=[1.0, 0.8, 1.2])
        for each in (([1, 8], [2.5, 3.5], [6]), ([3], [0.5, 9], [4, 4.5]))
    ],
)
SIMULATOR = dx.Simulator(20 * MS, 0.025 * MS, record=dx.Record("v", every=0.5 * MS))
W_IN = RNG.uniform(200, 400, (3, 4))
W_OUT = RNG.uniform(200, 400, (4, 2))
W_BACK = RNG.uniform(-200, 200, (4, 4))
MASK = ~np.eye(4, dtype=bool)
DELAY_IN = np.round(RNG.uniform(0.5, 3, (3, 4)), 1)
DELAY_BACK = np.round(RNG.uniform(3, 5, (4, 4)), 1)
AXONAL = np.array([1.0, 1.5, 2.0, 2.5])


def network(*, w_in=W_IN, w_out=W_OUT, delay_in=DELAY_IN, back=None):
    """Two populations of units that differ from each other; the delays differ likewise."""
    connections = [
        dx.Connection("input", "hidden", weight=dx.learnable(w_in * PA), delay=delay_in * MS),
        dx.Connection("hidden", "output", weight=w_out * PA, delay=AXONAL * MS),
    ]
    if back is not None:
        connections.append(dx.Connection("hidden", "hidden", weight=W_BACK * PA, **back))
    hidden = dx.LIF(tau_syn=dx.learnable([3, 4, 5, 6] * MS), t_ref=1.013 * MS)
    return dx.Network(
        3,
        {"hidden": dx.Population(hidden, 4), "output": dx.Population(dx.QIF(), 2)},
        connections,
        electrode="hidden",
    )


NETWORKS = {
    "feed-forward": network(),
    "recurrent": network(back={"delay": DELAY_BACK * MS, "mask": MASK}),
    "recurrent at once": network(back={"mask": MASK}),
}
# Of Brian2 with steps of 0.1 ms: about ten times what is measured. Near its rheobase a QIF
# multiplies what a spike is late until its own.
SPIKE_TOLERANCE, TRACE_TOLERANCE = 1e-5, 1e-5


@cache
def ours(name):
    return SIMULATOR(NETWORKS[name], INPUTS)


@cache
def of_brian2(name):
    return dx.run_brian2(NETWORKS[name], INPUTS, SIMULATOR, dt=0.1 * MS)


@needs_brian2
@pytest.mark.parametrize("name", NETWORKS)
def test_brian2_agrees(name):
    found = dx.compare(ours(name), of_brian2(name))
    print(name, found, found.n_pairs)
    found.raise_if_outside(spike_time=SPIKE_TOLERANCE * MS)
    assert found.n_pairs >= 20
    assert found.v_relative <= TRACE_TOLERANCE


@pytest.mark.parametrize("name", NETWORKS)
def test_scipy_agrees(name):
    found = dx.compare(ours(name), dx.run_scipy(NETWORKS[name], INPUTS, SIMULATOR))
    print(name, found, found.n_pairs)
    # The tolerances of its steps, 1e-10, multiplied by a slow approach to the threshold.
    found.raise_if_outside(spike_time=1e-8 * MS)
    assert found.v_relative <= 1e-8
