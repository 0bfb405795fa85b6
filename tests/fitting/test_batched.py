import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from tests.fitting import small_fit

INPUTS = dx.Inputs([dx.step_current(a * pq.pA, 10 * pq.ms, 60 * pq.ms) for a in (170, 260)])


def first_spikes(result):
    return result.spike_times[:, 0, 0]


@pytest.fixture(scope="module")
def batched():
    return dx.batched(small_fit.cell(small_fit.START), INPUTS, small_fit.SIMULATOR, first_spikes)


def test_columns_are_the_learnable_parameters(batched):
    assert batched.names == ("c_m", "g_leak", "v_th")
    assert batched.units == ("pF", "nS", "mV")
    assert (batched.low[0], batched.high[0]) == (50, 500)
    assert batched.values.tolist() == [190, 10, -49]


def test_each_set_gives_what_a_simulation_of_it_gives(batched):
    sets = np.array([[150.0, 8.0, -52.0], [120.0, 9.0, -50.0]])
    seen = batched(sets)
    for theta, row in zip(sets, seen, strict=True):
        named = zip(batched.names, batched.units, theta, strict=True)
        neuron = dx.LIF(**{name: pq.Quantity(x, unit) for name, unit, x in named})
        alone = small_fit.SIMULATOR(neuron, INPUTS)
        # The same numbers in another order of compilation.
        assert np.allclose(row, first_spikes(alone), rtol=1e-12)


def test_a_set_that_fails_is_nan_and_the_others_are_not(batched):
    # With 0.1 pF the neuron spikes more often than there is room for.
    failed, well = batched([[0.1, 8.0, -52.0], [150.0, 8.0, -52.0]])
    assert np.isnan(failed).all()
    assert np.isfinite(well).all()


def test_a_column_too_few_is_refused(batched):
    with pytest.raises(dx.FitError, match=r"columns c_m, g_leak, v_th; got the shape \(1, 2\)"):
        batched([[150.0, 8.0]])
