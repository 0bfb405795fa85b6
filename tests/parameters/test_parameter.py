import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from hypothesis import given
from hypothesis import strategies as st

import dendrax as dx
from dendrax.parameters import Parameterized, ParameterOrArray, resolve


class Spring(Parameterized):
    stiffness: ParameterOrArray = dx.parameter("nS", bounds=(0.0, 100.0))
    rest: ParameterOrArray = dx.parameter("mV", default=-65.0)
    gain: ParameterOrArray = dx.parameter("1", default=2.0, bounds=(0.0, np.inf))


class Springs(Parameterized):
    weight: ParameterOrArray = dx.parameter("1", dims=("dendrite", "synapse"))


def test_values_are_held_in_the_declared_unit():
    spring = Spring(stiffness=0.02 * pq.uS)
    np.testing.assert_allclose(spring.stiffness.value, 20.0)
    assert spring.stiffness.quantity.dimensionality.string == "nS"
    assert spring.rest.quantity == -65 * pq.mV


def test_a_bare_value_is_fixed_and_a_choice_says_so():
    chosen = Spring(stiffness=dx.learnable(5 * pq.nS), rest=dx.fixed(-60 * pq.mV))
    assert not Spring(stiffness=5 * pq.nS).stiffness.is_learnable
    assert chosen.stiffness.is_learnable
    assert not chosen.rest.is_learnable
    assert chosen.stiffness.bounds == (0.0, 100.0)


def test_bounds_have_units_and_cannot_widen_what_physics_allows():
    spring = Spring(stiffness=dx.learnable(5 * pq.nS, bounds=(-1, 0.05) * pq.uS))
    assert spring.stiffness.bounds == (0.0, 50.0)


def test_a_parameter_of_one_model_can_be_handed_to_another():
    first = Spring(stiffness=dx.learnable(5 * pq.nS, bounds=(1, 9) * pq.nS))
    second = Spring(stiffness=first.stiffness, rest=first.rest)
    assert dx.parameters(second) == dx.parameters(first)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Spring(stiffness=5.0), dx.UnitError, r"Spring.stiffness must be a conductance"),
        (lambda: Spring(stiffness=0 * pq.nS), dx.ModelError, r"lie in \(0, 100\) nS; got 0.0 nS"),
        (lambda: Spring(stiffness=np.nan * pq.nS), dx.ModelError, r"must be finite; got nan nS"),
        (
            lambda: Spring(stiffness=dx.learnable(5 * pq.nS, bounds=(6, 9) * pq.nS)),
            dx.ModelError,
            r"Spring.stiffness must lie in \(6, 9\) nS; got 5.0 nS",
        ),
        (
            lambda: Spring(stiffness=dx.learnable(5 * pq.nS, bounds=(9, 1) * pq.nS)),
            dx.ModelError,
            r"the bounds of Spring.stiffness must be \(lower, upper\); got \[9. 1.\]",
        ),
        (
            lambda: Spring(stiffness=dx.learnable(5 * pq.nS, bounds=(1, 9))),
            dx.UnitError,
            r"the bounds of Spring.stiffness must be a conductance",
        ),
        (
            lambda: Springs(weight=[1.0, 2.0]),
            dx.ModelError,
            r"Springs.weight must have the axes \(dendrite, synapse\), .*got the shape \(2,\)",
        ),
    ],
)
def test_a_wrong_value_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_parameter_without_default_is_required():
    with pytest.raises(TypeError, match="stiffness"):
        Spring()


@given(value=st.floats(1e-3, 99.0), target=st.floats(-10.0, 10.0))
def test_no_gradient_flows_into_what_is_fixed(value, target):
    spring = Spring(stiffness=dx.learnable(value * pq.nS), rest=-3 * pq.mV)

    def energy(spring):
        spring = resolve(spring)
        return spring.gain * spring.stiffness * (target - spring.rest) ** 2

    gradient = jax.grad(energy)(spring)
    np.testing.assert_allclose(gradient.stiffness.value, 2 * (target + 3) ** 2, rtol=1e-12)
    assert gradient.rest.value == 0
    assert gradient.gain.value == 0


def test_resolve_leaves_arrays_alone():
    tree = {"spring": Spring(stiffness=5 * pq.nS), "array": jnp.arange(3.0)}
    resolved = resolve(tree)
    assert resolved["spring"].stiffness == 5.0
    np.testing.assert_array_equal(resolved["array"], tree["array"])


def test_parameters_are_found_by_name_in_order_of_declaration():
    tree = {"a": Spring(stiffness=5 * pq.nS)}
    assert list(dx.parameters(tree["a"])) == ["stiffness", "rest", "gain"]
    assert list(dx.parameters(tree)) == ["['a'].stiffness", "['a'].rest", "['a'].gain"]


def test_a_model_prints_its_parameters_with_units():
    spring = Spring(stiffness=dx.learnable(5 * pq.nS, bounds=(1, 9) * pq.nS))
    assert str(spring).splitlines() == [
        "Spring",
        "parameter       value unit  status",
        "stiffness           5 nS    learnable in (1, 9)",
        "rest              -65 mV    fixed",
        "gain                2 1     fixed",
    ]


def test_the_table_summarises_arrays():
    weight = dx.learnable(np.full((2, 3), 0.5))
    assert dx.table(Springs(weight=weight)).endswith(
        "weight            0.5 1     learnable in (-inf, inf), mean of 2x3"
    )


def test_zero_is_a_legal_refractory_period():
    neuron = dx.LIF(t_ref=dx.learnable(0 * pq.ms))
    assert "learnable in [0, inf)" in dx.table(neuron)
    with pytest.raises(dx.ModelError, match=r"LIF.t_ref must lie in \[0, inf\) ms"):
        dx.LIF(t_ref=-1 * pq.ms)
