"""A maximum has the gradient of the element that it is, however XLA rounds."""

import jax
import jax.numpy as jnp
import numpy as np
import quantities as pq

import dendrax as dx
from dendrax.simulation import peak


def test_it_is_the_maximum_and_one_of_those_that_are_equal():
    x = jnp.array([[1.0, 3.0, 3.0], [-jnp.inf, -jnp.inf, -jnp.inf]])
    np.testing.assert_array_equal(peak(x), x.max(-1))
    np.testing.assert_array_equal(peak(x, 0), x.max(0))
    np.testing.assert_array_equal(jax.grad(lambda x: peak(x).sum())(x), [[0, 1, 0], [1, 0, 0]])


def test_it_is_found_among_elements_that_are_computed_twice():
    # A fit came here. XLA fuses what makes the samples with what compares them with their maximum,
    # and rounds otherwise in there: compiled as tests are, without LLVM's optimizer, none is equal,
    # and the gradient of jnp.max is NaN.
    neuron = dx.LIF(
        c_m=dx.learnable(180.54208534097 * pq.pF), g_leak=dx.learnable(9.288408542344184 * pq.nS)
    )
    inputs = dx.Inputs(dx.step_current(230 * pq.pA, 10 * pq.ms, 60 * pq.ms))
    record = dx.Record("guard", every=1 * pq.ms)
    simulator = dx.Simulator(80 * pq.ms, 0.5 * pq.ms, record=record)

    def gradient(of_the_end):
        def seen(neuron):
            return of_the_end(simulator(neuron, inputs).traces["guard"][0, 0, 60:])

        return jax.tree.leaves(jax.jit(jax.grad(seen))(neuron))

    of_the_first = gradient(lambda guard: guard[0])
    for found, expected in zip(gradient(peak), of_the_first, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
