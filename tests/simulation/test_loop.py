"""The differentiable while loop against a plain scan over all steps that are allowed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from dendrax.simulation._loop import Steps, forward_loop, tape_loop

SIZES = {"n_chunks": 5, "chunk": 4}
START = (jnp.asarray([0.3, -0.2]), jnp.asarray([0, 0]))
PARAMS = {"rate": jnp.asarray(0.37), "limit": jnp.asarray([6, 9])}


def step(params, carry):
    """Iterate a logistic map; each lane stops, and stays as it is, at its own limit."""
    x, n = carry
    done = n >= params["limit"]
    new = jnp.where(done, x, params["rate"] * 4 * jnp.sin(x) + 0.1 * x**2)
    outputs = {"square": jnp.where(done, 0.0, new**2), "advanced": ~done}
    return (new, jnp.where(done, n, n + 1)), outputs


def is_done(carry):
    return (carry[1] >= PARAMS["limit"]).all()


def nothing():
    n_steps = SIZES["n_chunks"] * SIZES["chunk"]
    return {"square": jnp.zeros((n_steps, 2)), "advanced": jnp.zeros((n_steps, 2), bool)}


def keep(params, kept, before, after, outputs):
    """Put the outputs of a chunk behind those of the chunks before."""
    del params, after
    first = before[1].max()
    return jax.tree.map(lambda x, y: lax.dynamic_update_slice(x, y, (first, 0)), kept, outputs)


def plain(params, carry):
    n_steps = SIZES["n_chunks"] * SIZES["chunk"]
    return lax.scan(lambda c, _: step(params, c), carry, None, length=n_steps)


def looped(loop):
    steps = Steps(step, is_done, nothing, keep, **SIZES)
    return lambda params, carry: loop(steps, params, carry)


def summary(run):
    """Make one number of all that a loop returns, as a function of rate and start."""

    def value(rate, x):
        (last, n), outputs = run({**PARAMS, "rate": rate}, (x, START[1]))
        weights = jnp.arange(1.0, 1 + outputs["square"].size).reshape(outputs["square"].shape)
        return jnp.sum(last * n) + jnp.sum(weights * outputs["square"])

    return value


@pytest.mark.parametrize("loop", [tape_loop, forward_loop])
def test_values_are_those_of_a_scan(loop):
    expected, found = plain(PARAMS, START), looped(loop)(PARAMS, START)
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_reverse_mode_is_that_of_a_scan():
    expected = jax.grad(summary(plain), (0, 1))(PARAMS["rate"], START[0])
    found = jax.grad(summary(looped(tape_loop)), (0, 1))(PARAMS["rate"], START[0])
    # The same sums in another order.
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-13), found, expected)


def test_forward_mode_is_that_of_a_scan():
    point, tangent = (PARAMS["rate"], START[0]), (jnp.asarray(0.7), jnp.asarray([1.0, -2.0]))
    expected = jax.jvp(summary(plain), point, tangent)
    found = jax.jvp(summary(looped(forward_loop)), point, tangent)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-13), found, expected)


@pytest.mark.parametrize("loop", [tape_loop, forward_loop])
def test_the_loop_stops_at_its_capacity(loop):
    def endless(carry):
        return jnp.asarray(False) & (carry[1] > 0).all()

    steps = Steps(step, endless, nothing, keep, n_chunks=2, chunk=3)
    (_, n), kept = loop(steps, PARAMS, START)
    np.testing.assert_array_equal(n, [6, 6])
    np.testing.assert_array_equal(kept["advanced"].sum(0), [6, 6])


def test_only_the_chunks_that_are_needed_are_made():
    def count_with(limit):
        params = {**PARAMS, "limit": jnp.asarray([limit, limit])}
        done = lambda carry: (carry[1] >= limit).all()  # noqa: E731
        steps = Steps(counted, done, lambda: jnp.asarray(0), count, **SIZES)
        return int(tape_loop(steps, params, START)[1])

    def counted(params, carry):
        return step(params, carry)[0], jnp.asarray(1)

    def count(params, kept, before, after, outputs):
        del params, before, after
        return kept + outputs.sum()

    assert count_with(4) == 4
    assert count_with(5) == 8
