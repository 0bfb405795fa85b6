"""Models of known structure, executed without events, against SciPy and against the flat loop."""

from functools import partial

import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from tests.systems.reference import Engine, relative_errors
from tests.systems.test_models import CASES, EVERY, T_STOP, inputs_of, reference

# Of spikes and states, and of gradients, with cells of 1 ms. LIF and the integrator are closed.
TOLERANCES = {
    "LIF": (1e-12, 1e-11),
    "LeakyIntegrator": (1e-12, 1e-11),
    "EGRU": (1e-10, 1e-8),
    "QIF": (1e-8, 1e-8),
}


@pytest.mark.parametrize("name", TOLERANCES)
def test_spikes_states_and_gradients(name):
    case, (_, solution, theta) = CASES[name], reference(name)
    record = dx.Record(*case.recorded, every=EVERY * pq.ms)
    simulator = partial(dx.Simulator, T_STOP * pq.ms, 1 * pq.ms, record=record, max_spikes=4)
    n_spikes = len(solution.spikes)
    out, count, jacobian = Engine(simulator, case.neuron, inputs_of(case), n_spikes).forward()
    tolerance, of_gradients = TOLERANCES[name]
    assert count == n_spikes
    np.testing.assert_allclose(out[:count], solution.spikes, rtol=0, atol=tolerance)
    np.testing.assert_allclose(out[count:], solution.samples.ravel(), rtol=0, atol=tolerance)
    assert relative_errors(jacobian, solution.jacobian, theta).max() < of_gradients
