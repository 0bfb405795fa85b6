"""What holds for the spikes of any network, tried on random ones of one shape."""

import diffrax
import numpy as np
import quantities as pq
from hypothesis import given, settings
from hypothesis import strategies as st

import dendrax as dx

N_IN, N, T_STOP = 3, 3, 30.0
SIMULATOR = dx.Simulator(
    T_STOP * pq.ms, 0.25 * pq.ms, solver=diffrax.Dopri8(), max_spikes=12, execution="flat"
)
few = settings(derandomize=True, max_examples=8)
seeds = st.integers(0, 2**32 - 1)


def drawn(seed):
    """Return the weights and delays of a recurrent network, and its inputs (source, spike)."""
    rng = np.random.default_rng(seed)
    return {
        "w_in": rng.uniform(100, 600, (N_IN, N)),
        "w_back": rng.uniform(-300, 300, (N, N)),
        "delay": rng.uniform(0.5, 3, (N, N)),
        "times": rng.uniform(0.1, 18, (N_IN, 2)),
    }


def spikes(w_in, w_back, delay, times, mask=True):
    """Return spike times (neuron, spike)."""
    connections = [dx.Connection("input", "cells", weight=w_in * pq.pA)]
    if mask is not None:
        back = dx.Connection(
            "cells", "cells", weight=w_back * pq.pA, delay=delay * pq.ms, mask=np.full((N, N), mask)
        )
        connections.append(back)
    network = dx.Network(N_IN, {"cells": dx.Population(dx.LIF(), N)}, connections)
    inputs = dx.Inputs(spikes=dx.spike_trains([row * pq.ms for row in times]))
    return np.asarray(SIMULATOR(network, inputs)["cells"].spike_times[0])


@few
@given(seeds)
def test_spikes_come_in_order_and_within_the_trial(seed):
    times = spikes(**drawn(seed))
    there = np.isfinite(times)
    assert np.all(times[:, 1:] >= times[:, :-1])
    assert np.all(times[there] > 0)
    assert np.all(times[there] <= T_STOP)


@few
@given(seeds, st.floats(0.01, 5.0))
def test_later_inputs_make_the_same_spikes_later(seed, shift):
    network = drawn(seed)
    before = spikes(**network)
    after = spikes(**{**network, "times": network["times"] + shift})
    # What the shift moves out of the trial is not compared. From rest nothing happens before, and
    # steps that are cut elsewhere differ by the error of Dopri8.
    kept = before < T_STOP - shift - 1e-6
    np.testing.assert_allclose(after[kept], before[kept] + shift, rtol=0, atol=1e-9)
    assert np.all(~(after < T_STOP - 1e-6) | kept)


@few
@given(seeds)
def test_two_inputs_at_once_are_one_of_the_summed_weight(seed):
    network = drawn(seed)
    times, w_in = network["times"].copy(), network["w_in"]
    times[1] = times[0]
    two = spikes(**{**network, "times": times})
    one = spikes(
        **{**network, "times": times, "w_in": np.stack([w_in[0] + w_in[1], 0 * w_in[1], w_in[2]])}
    )
    # Sums in another order.
    np.testing.assert_allclose(two, one, rtol=0, atol=1e-9)


@few
@given(seeds)
def test_a_mask_without_synapses_is_no_connection(seed):
    masked, without = spikes(**drawn(seed), mask=False), spikes(**drawn(seed), mask=None)
    # A recurrent component goes at most the smallest delay in one step, here 0.5 ms or more: the
    # steps are the same ones.
    np.testing.assert_allclose(masked, without, rtol=0, atol=1e-12)
