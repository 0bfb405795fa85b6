"""The same model with and without units."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.parameters import resolve

TAU = {"tau_mem": 20 * pq.ms}
# Where 1 is 20 mV, and -70 mV is 0; a conductance of 10 nS makes a current of 200 pA of it.
E_LEAK, VOLT, CURRENT = -70.0, 20.0, 200.0
PHYSICAL = {"e_leak": -70 * pq.mV, "v_reset": -70 * pq.mV, "v_th": -50 * pq.mV}
EXPONENTIAL = {
    **{name: PHYSICAL[name] for name in ("e_leak", "v_reset")},
    "delta_t": 4 * pq.mV,
    "v_peak": (E_LEAK + 2.98 * VOLT) * pq.mV,
}
PAIRS = {
    "LIF": (dx.LIF(**TAU), dx.LIF(**PHYSICAL)),
    "LeakyIntegrator": (dx.LeakyIntegrator(**TAU), dx.LeakyIntegrator()),
    "QIF": (dx.QIF(**TAU), dx.QIF()),
    "AdaptiveLIF": (dx.AdaptiveLIF(**TAU), dx.AdaptiveLIF(**PHYSICAL)),
    "EIF": (dx.EIF(**TAU), dx.EIF(**EXPONENTIAL)),
    "AdEx": (dx.AdEx(**TAU), dx.AdEx(**EXPONENTIAL)),
}
VARIABLES = {"v": (E_LEAK, VOLT), "b_th": (0.0, VOLT), "i_syn": (0.0, CURRENT), "w": (0.0, CURRENT)}


def after_an_euler_step(neuron, current, weight):
    """Return what can be observed after a spike, an input spike, and a step with a current."""
    neuron = resolve(neuron)
    t, zero = jnp.asarray(0.0), jnp.asarray(0)
    state = neuron.timer_expired(neuron.reset_spiked(t, neuron.init_state()))
    state = neuron.input_spike(state, jnp.asarray(weight), zero)
    for _ in range(3):
        rates = neuron.dynamics(t, state, jnp.asarray(current))
        state = jax.tree.map(lambda y, dy: y if dy is None else y + 5 * dy, state, rates)
    return neuron.observe(state)


@pytest.mark.parametrize("name", PAIRS)
def test_both_forms_are_the_same_model(name):
    plain, physical = PAIRS[name]
    a = after_an_euler_step(plain, 0.3, 0.7)
    b = after_an_euler_step(physical, 0.3 * CURRENT, 0.7 * CURRENT)
    assert a.keys() == b.keys() == plain.units.keys() == physical.units.keys()
    for variable in a:
        offset, size = VARIABLES[variable]
        np.testing.assert_allclose(offset + size * a[variable], b[variable], rtol=1e-12)


@pytest.mark.parametrize("name", PAIRS)
def test_the_form_decides_on_the_units(name):
    plain, physical = PAIRS[name]
    assert set(plain.units.values()) == {plain.input_unit} == {"1"}
    assert physical.units["v"] == "mV"
    assert physical.units["i_syn"] == physical.input_unit == "pA"
    assert plain.c_m is plain.g_leak is physical.tau_mem is None
    times = {name for name, entry in dx.parameters(plain).items() if entry.unit == "ms"}
    assert {entry.unit for entry in dx.parameters(plain).values()} == {"1", "ms"}
    assert all(name.startswith(("tau_", "t_ref")) for name in times)


def test_the_defaults_without_units_are_those_of_table_ii():
    values = {name: float(p.value) for name, p in dx.parameters(dx.EIF(**TAU)).items()}
    table = {"tau_mem": 20, "tau_syn": 5, "v_peak": 2.98, "v_t": 1, "v_reset": 0, "e_leak": 0}
    assert values == {**table, "delta_t": 0.2, "bias": 0, "t_ref": 0}
    assert dx.LIF(**TAU).v_th.value == 1
    assert (dx.QIF.weight_range, dx.LIF.bias_range) == ((40, 80), (0.0025, 0.005))


def test_a_model_prints_the_parameters_of_its_form():
    model = dx.LeakyIntegrator(tau_mem=dx.learnable(20 * pq.ms), bias=dx.learnable(0.5))
    assert str(model).splitlines() == [
        "LeakyIntegrator",
        "parameter       value unit  status",
        "tau_mem            20 ms    learnable in (0, inf)",
        "e_leak              0 1     fixed",
        "bias              0.5 1     learnable in (-inf, inf)",
        "tau_syn             5 ms    fixed",
    ]


def test_the_parameters_of_one_model_make_another_of_the_same_form():
    model = dx.LIF(**TAU, v_th=dx.learnable(1.2))
    same = dx.LIF(tau_mem=model.tau_mem, v_th=model.v_th, c_m=model.c_m)
    assert dx.parameters(same) == dx.parameters(model)


def test_each_unit_of_a_population_may_have_its_own_value():
    model = dx.LIF(tau_mem=[10, 20] * pq.ms, v_th=[1.0, 2.0], bias=dx.learnable([0.1, 0.2]))
    assert model.v_th.is_per_unit
    with pytest.raises(dx.ModelError, match=r"v_reset must lie below v_th"):
        dx.LIF(**TAU, v_th=[1.0, 2.0], v_reset=[0.0, 2.0])


def test_what_is_seen_of_a_qif_is_finite_and_has_a_gradient():
    neuron = resolve(dx.QIF())
    see = lambda phi: neuron.observe(neuron.init_state()._replace(phi=phi))["v"]  # noqa: E731
    phi = jnp.asarray([0.0, 1e-12, 0.1, 0.5, 0.9, 1.0, 1.2])
    v, slope = jax.vmap(jax.value_and_grad(see))(phi)
    assert np.all(np.isfinite(slope))
    assert np.all(np.diff(v) >= 0)
    np.testing.assert_allclose(v[3], -70, rtol=1e-14)
    np.testing.assert_allclose(v[jnp.asarray([0, -1])], [-20070, 19930], rtol=1e-5)
