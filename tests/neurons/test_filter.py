"""What passes through two exponentials, also where their time constants come close."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy.integrate import quad

from dendrax.neurons._filter import filtered

H, TAU = 3.0, 5.0
# Differences of the time constants: none, in the series, on both sides of its end, and far.
APART = [0.0, 1e-7, 0.3, 4.9, 5.1, -1.5, -4.0, 40.0]


@pytest.mark.parametrize("apart", APART)
def test_it_is_the_integral(apart):
    expected, _ = quad(
        lambda s: np.exp(-s / (TAU + apart)) * np.exp(-(H - s) / TAU), 0, H, epsabs=1e-14
    )
    assert filtered(*map(jnp.asarray, (H, TAU + apart, TAU))) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("apart", APART)
def test_its_derivatives_are_those_of_differences(apart):
    # The second derivative too: a Hessian of a fit passes through it.
    def on_arrays(*args):  # check_grads hands over NumPy's
        return filtered(*map(jnp.asarray, args))

    check_grads(on_arrays, (H, TAU + apart, TAU), order=2)


def test_in_single_precision_it_is_as_exact_as_single_precision():
    tau = np.linspace(2.0, 12.0, 101)
    exact = filtered(jnp.asarray(H), jnp.asarray(tau), jnp.asarray(TAU))
    single = filtered(jnp.float32(H), jnp.asarray(tau, jnp.float32), jnp.float32(TAU))
    # Far from each other exponentials are subtracted, which costs a digit at most.
    np.testing.assert_allclose(single, exact, rtol=2e-6)
    slope = jax.vmap(jax.grad(filtered, 1), (None, 0, None))
    exact, single = (
        slope(jnp.asarray(H, dtype), jnp.asarray(tau, dtype), jnp.asarray(TAU, dtype))
        for dtype in (jnp.float64, jnp.float32)
    )
    np.testing.assert_allclose(single, exact, rtol=1e-5)
