import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit

import dendrax as dx
from dendrax.parameters import resolve

SLOPE = st.floats(-2.0, 2.0).map(lambda exponent: 10.0**exponent)
V_TH = 0.7


def neuron_with(rise, decay):
    return dx.DendriticNeuron(
        weight=np.ones((1, 1)),
        slope_rise=dx.learnable(rise),
        slope_decay=dx.learnable(decay),
        v_th_dend=dx.learnable(V_TH),
    )


@jax.jit
def activation(neuron, v):
    return resolve(neuron).dendritic_spike(jnp.asarray([v]))[0]


slopes_of_activation = jax.jit(jax.grad(activation))


def summit(rise: float, decay: float) -> tuple[float, float]:
    """Return position and height of Eq. 5 from a general-purpose minimizer."""
    span = 1.0 + np.log(max(rise, decay) / min(rise, decay))
    reach = span / max(rise, decay)
    found = minimize_scalar(
        lambda x: -log_expit(rise * x) - log_expit(-decay * x),
        bounds=(-reach, reach),
        method="bounded",
        options={"xatol": 1e-9 * reach},
    )
    return V_TH + found.x, np.exp(-found.fun)


@given(rise=SLOPE, decay=SLOPE)
def test_activation_is_eq_5_over_its_maximum(rise, decay):
    neuron, (where, height) = neuron_with(rise, decay), summit(rise, decay)
    np.testing.assert_allclose(activation(neuron, where), 1.0, atol=1e-12)
    for x in (-3.0, 0.0, 0.4, 1.0, 5.0):
        expected = expit(rise * (x - V_TH)) * expit(-decay * (x - V_TH)) / height
        np.testing.assert_allclose(activation(neuron, x), expected, rtol=1e-10)


@given(rise=SLOPE, decay=SLOPE, x=st.floats(-2.0, 2.0))
def test_activation_never_exceeds_one(rise, decay, x):
    assert activation(neuron_with(rise, decay), V_TH + x / min(rise, decay)) <= 1 + 1e-12


@given(rise=SLOPE, decay=SLOPE, x=st.floats(-2.0, 2.0))
def test_gradient_of_activation_equals_finite_differences(rise, decay, x):
    v = V_TH + x / max(rise, decay)
    gradient, h = slopes_of_activation(neuron_with(rise, decay), v), 1e-5

    def difference(make):
        return (activation(*make(1 + h)) - activation(*make(1 - h))) / (2 * h)

    np.testing.assert_allclose(
        [gradient.slope_rise.value * rise, gradient.slope_decay.value * decay],
        [
            difference(lambda factor: (neuron_with(rise * factor, decay), v)),
            difference(lambda factor: (neuron_with(rise, decay * factor), v)),
        ],
        atol=1e-8,
    )
    np.testing.assert_allclose(
        gradient.v_th_dend.value / max(rise, decay),
        difference(lambda factor: (neuron_with(rise, decay), v + (1 - factor) / max(rise, decay))),
        atol=1e-8,
    )


def test_dendrites_may_have_slopes_of_their_own():
    neuron = resolve(
        dx.DendriticNeuron(weight=np.ones((2, 1)), slope_rise=[8.0, 2.0], slope_decay=[3.0, 2.0])
    )
    np.testing.assert_allclose(neuron.dendritic_spike(jnp.asarray([1.0, 1.0]))[1], 1.0)


def test_activation_may_be_eq_5_as_printed_or_its_rise_alone():
    x = np.linspace(-1, 3, 9)
    forms = {"normalized": False}, {"activation": "sigmoid"}
    neurons = [
        dx.DendriticNeuron(weight=np.ones((1, 1)), v_th_dend=V_TH, slope_rise=4.0, **form)
        for form in forms
    ]
    raw, sigmoid = (resolve(neuron).dendritic_spike(jnp.asarray(x)) for neuron in neurons)
    np.testing.assert_allclose(raw, expit(4 * (x - V_TH)) * expit(-3 * (x - V_TH)))
    np.testing.assert_allclose(sigmoid, expit(4 * (x - V_TH)))


def test_flow_of_the_soma_has_the_sign_of_morris_and_lecar():
    neuron = resolve(dx.DendriticNeuron(weight=np.ones((1, 1)), slope_rise=4.0, slope_decay=4.0))
    state = neuron.init_state()._replace(v_dend=jnp.asarray([1.0]))
    flow = neuron.dynamics(jnp.asarray(0.0), state, jnp.asarray(0.0))
    np.testing.assert_allclose(flow.v, (3.0 - 0.0) / 10.0)


def test_flow_equals_the_printed_equations():
    rng = np.random.default_rng(0)
    weight, tau_syn = rng.normal(size=(2, 3)), rng.uniform(2, 8, (2, 3))
    i_syn, v_dend, v = rng.normal(size=(2, 3)), rng.normal(size=2), 0.3
    model = dx.DendriticNeuron(
        weight=weight, tau_syn=tau_syn * pq.ms, tau_dend=[8, 12] * pq.ms, bias=0.2, g_dend=[1, 2]
    )
    neuron = resolve(model)
    state = neuron.init_state()._replace(
        v=jnp.asarray(v), v_dend=jnp.asarray(v_dend), i_syn=jnp.asarray(i_syn)
    )
    flow = neuron.dynamics(jnp.asarray(0.0), state, jnp.asarray(0.5))
    drive = np.sum(np.asarray([1, 2]) * neuron.dendritic_spike(state.v_dend))
    np.testing.assert_allclose(flow.v, (-v + drive * (3 - v) + 0.2 + 0.5) / 10)
    np.testing.assert_allclose(flow.v_dend, (-v_dend + i_syn.sum(1)) / [8, 12])
    np.testing.assert_allclose(flow.i_syn, -i_syn / tau_syn)


def test_an_input_spike_reaches_its_site_in_every_dendrite():
    weight = np.arange(6.0).reshape(2, 3)
    neuron = resolve(dx.DendriticNeuron(weight=weight))
    state = neuron.input_spike(neuron.init_state(), jnp.asarray(2.0), jnp.asarray(1))
    np.testing.assert_array_equal(state.i_syn, [[0, 2, 0], [0, 8, 0]])


@pytest.mark.parametrize("shape", [(1, 1), (4, 2)])
def test_scalars_serve_every_dendrite_and_synapse(shape):
    neuron = resolve(dx.DendriticNeuron(weight=np.ones(shape)))
    state = neuron.init_state()
    flow = neuron.dynamics(jnp.asarray(0.0), state, jnp.asarray(0.0))
    assert [leaf.shape for leaf in flow] == [(), shape[:1], shape]
