"""EIF and AdEx: their coordinate is the voltage of the literature in disguise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from hypothesis import given
from hypothesis import strategies as st

import dendrax as dx
from dendrax.parameters import resolve

NEURONS = {
    "EIF": resolve(dx.EIF(delta_t=1.5 * pq.mV)),
    "AdEx": resolve(dx.AdEx(delta_t=3 * pq.mV, v_reset=-47 * pq.mV)),
}
T = jnp.asarray(0.0)
# Down to hyperpolarisation, and up to where the exponential current is 20,000 times the leak.
VOLTAGE = st.floats(-120.0, -35.0)
CURRENT = st.floats(-1000.0, 2000.0)


@pytest.fixture(params=NEURONS)
def neuron(request):
    return NEURONS[request.param]


def state_at(neuron, v, **rest):
    state = neuron.init_state()
    return state._replace(
        p=neuron._distance(jnp.asarray(v)), **{k: jnp.asarray(x) for k, x in rest.items()}
    )


def voltage(neuron, state):
    return neuron.observe(state)["v"]


@pytest.mark.parametrize("name", NEURONS)
@given(v=VOLTAGE)
def test_voltage_comes_back_from_the_coordinate(name, v):
    neuron = NEURONS[name]
    # A distance of p loses the digits of exp(-p / delta_t): that is what the upstroke costs.
    np.testing.assert_allclose(voltage(neuron, state_at(neuron, v)), v, rtol=1e-9)


@pytest.mark.parametrize("name", NEURONS)
@given(v=VOLTAGE, current=CURRENT, i_syn=CURRENT, w=CURRENT)
def test_flow_is_that_of_the_literature(name, v, current, i_syn, w):
    neuron = NEURONS[name]
    adaptation = {"w": w} if name == "AdEx" else {}
    state = state_at(neuron, v, i_syn=i_syn, **adaptation)
    flow = neuron.dynamics(T, state, jnp.asarray(current))
    dv_dp = jax.grad(lambda p: voltage(neuron, state._replace(p=p)))(state.p)

    upstroke = neuron.g_leak * neuron.delta_t * np.exp((v - neuron.v_t) / neuron.delta_t)
    total = neuron.g_leak * (neuron.e_leak - v) + upstroke + i_syn + current
    expected = (total - sum(adaptation.values())) / neuron.c_m
    scale = 1 + np.abs(upstroke) / neuron.c_m
    np.testing.assert_allclose(dv_dp * flow.p, expected, rtol=1e-7, atol=1e-9 * scale)
    if name == "AdEx":
        expected_w = (neuron.a * (v - neuron.e_leak) - w) / neuron.tau_w
        np.testing.assert_allclose(flow.w, expected_w, rtol=1e-9, atol=1e-9)


def test_distance_falls_and_is_finite_as_the_voltage_runs_away(neuron):
    v = jnp.linspace(-100.0, 1000.0, 500)
    p = jax.vmap(neuron._distance)(v)
    assert jnp.all(jnp.diff(p) <= 0)
    assert jnp.all(jnp.isfinite(p))
    assert p[-1] == pytest.approx(0.0, abs=1e-100)


def test_the_speed_of_the_coordinate_is_bounded_in_the_upstroke(neuron):
    p = jnp.linspace(0.0, neuron.delta_t, 101)
    flow = jax.vmap(lambda p: neuron.dynamics(T, neuron.init_state()._replace(p=p), T).p)(p)
    leak_at_threshold = neuron.g_leak * (neuron.v_t - neuron.e_leak) / neuron.c_m
    assert jnp.all(jnp.abs(flow) <= leak_at_threshold)
    np.testing.assert_allclose(flow[0], -neuron.g_leak * neuron.delta_t / neuron.c_m)


def test_nothing_breaks_beyond_the_peak(neuron):
    """A stage of the last step before a spike may overshoot to a negative distance."""

    def overshot(p):
        state = neuron.init_state()._replace(p=p)
        return voltage(neuron, state), neuron.dynamics(T, state, T).p

    values, slopes = jax.jvp(overshot, (jnp.asarray(-0.3),), (jnp.asarray(1.0),))
    assert all(jnp.isfinite(x) for x in (*values, *slopes))


def test_the_guard_is_zero_at_the_peak(neuron):
    assert neuron.spike_condition(T, state_at(neuron, neuron.v_peak)) == 0
    assert neuron.spike_condition(T, state_at(neuron, neuron.v_peak - 1.0)) < 0


def test_adex_adapts_by_b_at_each_spike():
    neuron = NEURONS["AdEx"]
    spiked = neuron.reset_spiked(T, state_at(neuron, -40.0, w=5.0))
    assert spiked.w == 5.0 + neuron.b
    np.testing.assert_allclose(voltage(neuron, spiked), -47.0)


def test_steps_are_graded_towards_the_spike(neuron):
    limit = jax.vmap(lambda p: neuron.step_limit(T, neuron.init_state()._replace(p=p), T))
    limits = limit(jnp.asarray([0.0, 1e-6, 0.1, 10.0]))
    assert jnp.all(limits > 0)
    assert jnp.all(limits[1:] >= limits[:-1])


def test_a_spike_that_is_suppressed_is_no_trap(neuron):
    """Beyond the spike, where only a neuron goes that may not spike, nothing diverges or slows."""
    p = jnp.asarray([-1e-9, -1.0, -1e6])
    state = jax.vmap(lambda p: neuron.init_state()._replace(p=p))(p)
    limits = jax.vmap(lambda state: neuron.step_limit(T, state, T))(state)
    assert jnp.all(limits == jnp.inf)
    flow = jax.vmap(lambda state: neuron.dynamics(T, state, jnp.asarray(9000.0)).p)(state)
    np.testing.assert_allclose(flow, -neuron.g_leak * neuron.delta_t / neuron.c_m)
