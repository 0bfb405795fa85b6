"""Networks without silent neurons."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

MS = pq.ms
INPUTS = dx.latency(dx.yin_yang(20, seed=42)[0], t_max=30 * MS)
SIMULATOR = dx.Simulator(45 * MS)


def layer(bias):
    return dx.feed_forward([5, 20], dx.LIF(tau_mem=20 * MS, bias=bias), key=jax.random.key(1))


def shares(network):
    """Return in which fraction of the trials each neuron spikes."""
    return np.mean(SIMULATOR(network, INPUTS)["output"].spike_counts > 0, axis=0)


def test_silent_neurons_are_raised_and_all_others_left():
    network = layer(0.0)
    shy = shares(network) < 0.7
    assert 0 < shy.sum() < 20
    awake = dx.awaken(network, SIMULATOR, INPUTS, at_least=0.7)
    assert np.all(shares(awake) >= 0.7)
    before, after = (x.connections[0].weight.value for x in (network, awake))
    np.testing.assert_array_equal(before[:, ~shy], after[:, ~shy])
    raised = (after - before)[:, shy]
    assert np.all(raised > 0)
    np.testing.assert_allclose(raised, jnp.broadcast_to(raised[:1], raised.shape), rtol=1e-12)


def test_what_cannot_be_awakened_is_named():
    with pytest.raises(dx.FitError, match="20 of 20 neurons of 'output'"):
        dx.awaken(layer(-50.0), SIMULATOR, INPUTS, max_rounds=2)
    with pytest.raises(dx.FitError, match="fraction"):
        dx.awaken(layer(0.0), SIMULATOR, INPUTS, at_least=0.0)
