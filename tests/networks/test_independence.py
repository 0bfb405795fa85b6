"""Who is not connected does not matter, and neither does the arrangement of neurons and trials.

Networks of LIF and EIF neurons are cut out of one larger network. Two of its neurons, one of each
kind, receive inputs and spike, and have no synapse to any other.
"""

from functools import cache

import diffrax
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

RNG = np.random.default_rng(11)
N_IN, N_A, N_B, T_STOP = 3, 5, 4, 25.0
ALL = np.arange(N_A), np.arange(N_B)
# The bystanders: the second LIF and the first EIF.
FEW = np.delete(ALL[0], 1), np.delete(ALL[1], 0)
TAUS = RNG.uniform(3, 7, N_A)
WEIGHT = {
    ("input", "a"): RNG.uniform(200, 500, (N_IN, N_A)),
    ("input", "b"): RNG.uniform(200, 500, (N_IN, N_B)),
    ("a", "b"): RNG.uniform(50, 250, (N_A, N_B)),
    ("b", "a"): RNG.uniform(-200, 200, (N_B, N_A)),
    ("a", "a"): RNG.uniform(-200, 200, (N_A, N_A)),
}
DELAY = {ends: RNG.uniform(0.6, 2.5, weight.shape) for ends, weight in WEIGHT.items()}
# Each takes half a minute to compile, and the first has all that the others have but one thing.
ARRANGEMENTS = (
    "recurrent with delays",
    pytest.param("feed-forward", marks=pytest.mark.slow),
    pytest.param("recurrent at once", marks=pytest.mark.slow),
)


def network(arrangement, units):
    """Cut a network out of the large one, in the order of ``units``."""
    index = {"input": np.arange(N_IN), "a": units[0], "b": units[1]}
    silent = {"a": units[0] == 1, "b": units[1] == 0}
    connections = []
    for (source, target), weight in WEIGHT.items():
        if arrangement == "feed-forward" and (source, target) in [("b", "a"), ("a", "a")]:
            continue
        cut = np.ix_(index[source], index[target])
        inner = source != "input"
        delayed = arrangement == "recurrent with delays" and inner
        connections.append(
            dx.Connection(
                source,
                target,
                weight=weight[cut] * pq.pA,
                delay=DELAY[source, target][cut] * pq.ms if delayed else None,
                mask=~silent[source][:, None] & ~silent[target] if inner else None,
            )
        )
    populations = {
        "a": dx.Population(dx.LIF(tau_syn=TAUS[units[0]] * pq.ms), len(units[0])),
        "b": dx.Population(dx.EIF(), len(units[1])),
    }
    return dx.Network(N_IN, populations, connections)


TRIALS = [
    dx.spike_trains([np.sort(rng.uniform(0, 15, 2)) * pq.ms for _ in range(N_IN)])
    for rng in (np.random.default_rng(k) for k in range(3))
]
INPUTS = dx.Inputs(spikes=TRIALS)


def simulated(arrangement, units, inputs=INPUTS):
    """Return the spike times of LIF and EIF neurons, (trial, neuron, spike), in the large order."""
    simulator = dx.Simulator(
        T_STOP * pq.ms, 0.25 * pq.ms, solver=diffrax.Dopri8(), max_spikes=8, execution="flat"
    )
    results = simulator(network(arrangement, units), inputs)
    places = [np.argsort(index) for index in units]
    pairs = zip(results.values(), places, strict=True)
    return np.concatenate([np.asarray(r.spike_times)[:, place] for r, place in pairs], axis=1)


@cache
def base(arrangement):
    spikes = simulated(arrangement, FEW)
    assert np.isfinite(spikes).sum() >= 20
    return spikes


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_neurons_that_are_not_connected_change_nothing(arrangement):
    both = simulated(arrangement, ALL)
    bystanders = [1, N_A]
    assert np.isfinite(both[:, bystanders]).any(2).all()
    others = np.delete(both, bystanders, axis=1)
    if arrangement == "recurrent at once":
        # All go together, and a spike of anyone cuts the steps of all: the others notice as much as
        # these are inaccurate, in the upstroke of the EIF.
        np.testing.assert_allclose(others, base(arrangement), rtol=0, atol=1e-6)
    else:
        np.testing.assert_array_equal(others, base(arrangement))


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_the_order_of_neurons_changes_nothing(arrangement):
    rng = np.random.default_rng(3)
    mixed = simulated(arrangement, tuple(rng.permutation(index) for index in FEW))
    np.testing.assert_array_equal(mixed, base(arrangement))


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_a_batch_is_a_loop_over_trials(arrangement):
    loop = [simulated(arrangement, FEW, dx.Inputs(spikes=trial)) for trial in TRIALS]
    # The batch is another program: the last digits may be rounded otherwise.
    np.testing.assert_allclose(np.concatenate(loop), base(arrangement), rtol=0, atol=1e-12)
