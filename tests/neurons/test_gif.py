"""GIF: the equations of the literature, in the distance to the moved threshold."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.parameters import resolve

GIF = resolve(dx.GIF(bias=30 * pq.pA, t_ref=2 * pq.ms))
T, NONE = jnp.asarray(7.0), jnp.asarray(0.0)


def at(v, theta):
    state = GIF.init_state()._replace(fast=jnp.asarray(40.0), slow=jnp.asarray(9.0))
    p = GIF._distance(jnp.asarray(v - theta))
    return state._replace(p=p, theta=jnp.asarray(theta), h=jnp.asarray(0.3))


def rise(state, current):
    flow = GIF.dynamics(T, state, current)
    of = lambda p, theta: GIF.observe(state._replace(p=p, theta=theta))["v"]  # noqa: E731
    return jax.jvp(of, (state.p, state.theta), (flow.p, flow.theta))[1]


@pytest.mark.parametrize(("v", "theta"), [(-80.0, 0.0), (-55.0, 6.0), (-44.0, 6.0), (-43.0, -1.0)])
def test_the_flow_is_that_of_the_literature(v, theta):
    upstroke = GIF.g_leak * GIF.delta_t * np.exp((v - theta - GIF.v_t) / GIF.delta_t)
    total = GIF.g_leak * (GIF.e_leak - v) + upstroke - 49.0 + 0.3 * GIF.g_h * (GIF.e_h - v)
    expected = (total + GIF.bias + 70.0) / GIF.c_m
    # The coordinate loses the digits of the exponential current.
    np.testing.assert_allclose(rise(at(v, theta), NONE + 70.0), expected, rtol=1e-9)


def test_it_starts_at_rest():
    flow = GIF.dynamics(T, GIF.init_state(), NONE)
    # But for the exponential current, exp(-10) of the leak's.
    assert max(abs(float(rate)) for rate in flow if rate is not None) < 1e-3


def test_a_spike_moves_currents_and_threshold_and_holds_the_voltage():
    before = at(-50.0, 2.0)
    after = GIF.reset_spiked(T, before)
    assert (after.fast - before.fast, after.slow - before.slow) == (GIF.b_fast, GIF.b_slow)
    assert after.theta - before.theta == GIF.theta_jump
    np.testing.assert_allclose(GIF.observe(after)["v"], GIF.v_reset, rtol=1e-12)
    # The threshold falls meanwhile, the voltage does not.
    assert GIF.dynamics(T, after, NONE).theta < 0
    np.testing.assert_allclose(rise(after, NONE + 500.0), 0.0, atol=1e-12)
