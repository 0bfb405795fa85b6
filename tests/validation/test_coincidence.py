"""The coincidence factor: 1 for equal trains, what is defined by hand, and 0 by chance."""

import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx


def result(trains, t_stop=1000.0):
    width = max(map(len, trains), default=0)
    rows = [np.pad(t, (0, width - len(t)), constant_values=np.inf) for t in trains]
    times = jnp.asarray(np.array(rows).reshape(len(trains), 1, width), float)
    ones = jnp.ones((len(trains), 1))
    return dx.SimulationResult(
        spike_times=times,
        spike_slope=times,
        times=jnp.zeros(0),
        traces={},
        status=ones.astype(int),
        n_steps=ones.astype(int),
        t_reached=ones * t_stop,
        t_stop=t_stop,
        units=(),
    )


def test_it_is_what_its_definition_says():
    recorded = result([[10.0, 50.0, 90.0, 130.0]])
    model = result([[12.0, 49.0, 55.0, 200.0, 300.0]])
    # Two coincidences; by chance 4 x 2 x 5/1000 x 4 = 0.16.
    expected = (2 - 0.16) / 4.5 / (1 - 0.04)
    np.testing.assert_allclose(dx.coincidence_factor(recorded, model), [[expected]], rtol=1e-12)


def test_one_spike_coincides_with_one_only():
    one, three = result([[10.0]]), result([[9.0, 10.0, 11.0]])
    expected = (1 - 2 * 4 * 3 / 1000) / 2 / (1 - 2 * 4 * 3 / 1000)
    np.testing.assert_allclose(dx.coincidence_factor(one, three), [[expected]], rtol=1e-12)


def test_chance_gives_zero():
    rng = np.random.default_rng(0)
    trains = [[np.sort(rng.uniform(0, 1e5, 1000)) for _ in range(4)] for _ in range(2)]
    factors = dx.coincidence_factor(*(result(each, 1e5) for each in trains))
    # Some 80 coincidences by chance: their mean over four trains varies by 5 of 1000.
    assert abs(factors.mean()) < 0.03


def test_silence_has_no_factor_and_unlike_results_none():
    assert np.isnan(dx.coincidence_factor(result([[]]), result([[]]))).all()
    assert dx.coincidence_factor(result([[5.0]]), result([[]]))[0, 0] == 0
    with pytest.raises(dx.ModelError, match="same trials, neurons and duration"):
        dx.coincidence_factor(result([[5.0]]), result([[5.0]], t_stop=10.0))
    with pytest.raises(dx.UnitError, match="window"):
        dx.coincidence_factor(result([[5.0]]), result([[5.0]]), window=4 * pq.mV)
