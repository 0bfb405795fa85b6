"""Builders of networks: what they draw, what they leave alone, and that all of it learns."""

import jax
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

KEY = jax.random.key(3)
LIF, QIF = dx.LIF(tau_mem=20 * pq.ms), dx.QIF(tau_mem=20 * pq.ms)
LI = dx.LeakyIntegrator(tau_mem=20 * pq.ms)


def spread(values, middle, half):
    """Return where values lie in the interval ``middle +- half``, from -1 to 1."""
    return (np.asarray(values) - middle) / half


@pytest.mark.parametrize("wrapped", [False, True])
def test_weights_and_biases_are_those_of_table_ii(wrapped):
    neuron = dx.AtMostOneSpike(LIF) if wrapped else LIF
    network = dx.feed_forward([5, 300, 200], neuron, key=KEY)
    for connection, fan_in in zip(network.connections, (5, 300), strict=True):
        assert connection.weight.is_learnable
        at = spread(connection.weight.value * fan_in, 14.0, 28.0)
        assert -1 <= at.min() < -0.99 < 0.99 < at.max() <= 1
        assert abs(at.mean()) < 5 / np.sqrt(3 * at.size)  # of a uniform distribution
    hidden = network.populations["hidden"].neuron
    bias = (hidden.neuron if wrapped else hidden).bias
    at = spread(bias.value, 0.0025, 0.005)
    assert bias.is_learnable
    assert bias.value.shape == (300,)
    assert -1 <= at.min() < -0.95 < 0.95 < at.max() <= 1


def test_the_key_decides():
    networks = [dx.feed_forward([2, 3, 2], LIF, key=jax.random.key(k)) for k in (0, 0, 1)]
    values = [np.concatenate([np.ravel(x) for x in jax.tree.leaves(n)]) for n in networks]
    np.testing.assert_array_equal(values[0], values[1])
    assert not np.array_equal(values[0], values[2])


def test_layers_may_differ_and_a_readout_has_no_bias_of_its_own():
    taus = dx.learnable(np.linspace(3, 7, 4) * pq.ms)
    shared = dx.learnable(0.3)
    first = dx.LIF(tau_mem=20 * pq.ms, tau_syn=taus, bias=shared)
    network = dx.feed_forward([3, 4, 5, 2], [first, QIF], readout=LI, key=KEY, delay=1 * pq.ms)
    assert list(network.populations) == ["hidden_1", "hidden_2", "output"]
    assert [c.delay is not None for c in network.connections] == [False, True, True]
    hidden = network.populations["hidden_1"].neuron
    # What the user has made learnable stays as it is.
    assert hidden.bias.value.shape == ()
    np.testing.assert_array_equal(hidden.tau_syn.value, np.linspace(3, 7, 4))
    output = network.populations["output"].neuron
    assert output == LI or not output.bias.is_learnable
    assert output.bias.value == 0


def test_a_given_bias_is_where_the_draw_starts_from():
    neuron = dx.Izhikevich(bias=10.0)
    bias = dx.feed_forward([2, 50], neuron, key=KEY).populations["output"].neuron.bias.value
    at = spread(bias, 13.0, 0.5)
    assert -1 <= at.min() < -0.8 < 0.8 < at.max() <= 1


def test_a_recurrent_network_of_units_with_gates():
    network = dx.recurrent(9, 32, dx.EGRU(), 2, LI, key=KEY, delay=1 * pq.ms)
    into, back, _ = network.connections
    assert into.weight.value.shape == (9, 32, 3)
    assert np.array_equal(back.mask, 1 - np.eye(32))
    assert [c.delay is not None for c in network.connections] == [False, True, False]
    # Forty sources, of which an own spike is none.
    np.testing.assert_allclose(np.abs(back.weight.value).max(), 71 / 40, rtol=1e-2)
    gates = network.populations["hidden"].neuron
    np.testing.assert_array_equal(gates.bias_u.value, np.full(32, -2.0))
    assert gates.bias_u.is_learnable
    assert (
        dx.recurrent(2, 3, LIF, 2, LI, key=KEY, self_connections=True).connections[1].mask is None
    )


def test_dendritic_neurons_have_a_readout_of_their_spikes_if_asked():
    readout = dx.LeakyIntegrator(tau_mem=20 * pq.ms)
    network = dx.dendritic(3, 7, 5, key=KEY, readout=readout)
    np.testing.assert_allclose(network.connections[1].weight.value, 0.3 * np.eye(3), rtol=1e-6)
    assert [each.weight.value.shape for each in network.connections][1] == (3, 3)
    loss = dx.losses.cross_entropy(dx.Maximum("v"))
    simulator = dx.Simulator(40 * pq.ms, 2 * pq.ms, readouts=loss.readouts, max_spikes=32)
    results = simulator(network, dx.latency(dx.yin_yang(4, seed=0)[0], 30 * pq.ms))
    assert results["hidden"].spike_counts.sum() > 0
    assert np.ptp(loss.logits(results["output"])) > 0


def test_dendritic_neurons_start_from_the_bias_that_is_given():
    neuron = dx.dendritic(3, 7, 5, key=KEY, bias=1.5).populations["output"].neuron
    assert neuron.bias.is_learnable
    np.testing.assert_array_equal(neuron.bias.value, np.full(3, 1.5))


def test_dendritic_neurons_spike_for_inputs_of_the_task():
    network = dx.dendritic(3, 14, 5, key=KEY)
    fixed = {n.rpartition(".")[2] for n, p in dx.parameters(network).items() if not p.is_learnable}
    # The weight of the connection scales those of the synapses.
    assert fixed == {"v_max", "v_th", "v_reset", "weight"}
    values, _ = dx.yin_yang(40, seed=0)
    simulator = dx.Simulator(45 * pq.ms, 2 * pq.ms, until="first_spikes")
    result = simulator(network, dx.latency(values, 30 * pq.ms))["output"]
    assert 0.5 < np.mean(result.spike_counts > 0) <= 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: dx.feed_forward([2, 2], dx.LIF(), key=KEY), "LIF takes inputs in pA"),
        (lambda: dx.feed_forward([2], LIF, key=KEY), "sizes must be"),
        (lambda: dx.feed_forward([2, 3, 1], [LIF] * 3, key=KEY), "ask for 2 models"),
        (lambda: dx.feed_forward([2, 3, 1], [LIF] * 2, readout=LI, key=KEY), "ask for 2 models"),
        (
            lambda: dx.feed_forward([2, 1], dx.DendriticNeuron(weight=np.ones((2, 2))), key=KEY),
            "dx.dendritic",
        ),
        (lambda: dx.dendritic(1, 1, 1, key=KEY, activation="relu"), "'attenuating' or 'sigmoid'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(make, message):
    with pytest.raises(dx.ModelError, match=message):
        make()
