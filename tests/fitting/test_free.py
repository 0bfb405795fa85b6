"""Unbounded numbers and bounded parameters are two sides of one coin."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from hypothesis import given
from hypothesis import strategies as st

import dendrax as dx
from dendrax.fitting._free import to_free, with_free
from dendrax.parameters import Parameterized

INF = math.inf
BOUNDS = [(-80.0, -40.0), (-80.0, INF), (-INF, -40.0), (-INF, INF)]
every_kind_of_bounds = pytest.mark.parametrize("bounds", BOUNDS, ids=str)


class Cell(Parameterized):
    """A thing with a parameter of any bounds, and one that is not learnable."""

    x: dx.Parameter = dx.parameter("mV")
    other: dx.Parameter = dx.parameter("mV", default=7.0)


def cell(x, bounds):
    return Cell(x=dx.learnable(x * pq.mV, bounds=bounds * pq.mV))


@every_kind_of_bounds
@given(x=st.lists(st.floats(-79.99, -40.01), min_size=1, max_size=3).map(np.array))
def test_a_round_trip_changes_nothing(bounds, x):
    model = cell(x, bounds)
    back = with_free(model, to_free(model))
    # The logit of an x this close to a bound costs at most 4 of 16 digits.
    np.testing.assert_allclose(back.x.value, x, rtol=1e-12)
    assert back.other.value == 7.0


@every_kind_of_bounds
@given(free=st.floats(-30, 30))
def test_bounds_hold_for_any_free_number(bounds, free):
    value = with_free(cell(-60.0, bounds), {"x": jnp.asarray(free)}).x.value
    low, high = bounds
    assert low <= value <= high
    assert np.isfinite(value)


@every_kind_of_bounds
@given(free=st.floats(-10, 10))
def test_the_gradient_is_that_of_the_transform(bounds, free):
    model = cell(-60.0, bounds)

    def value(x):
        return with_free(model, {"x": x}).x.value

    step = 1e-4
    gradient = jax.grad(value)(jnp.asarray(free))
    numeric = (value(jnp.asarray(free + step)) - value(jnp.asarray(free - step))) / (2 * step)
    # Rounding of a value v costs eps v / step, truncation step^2 / 6 of the gradient.
    atol = 1e-11 * max(1.0, abs(float(value(jnp.asarray(free)))))
    np.testing.assert_allclose(gradient, numeric, rtol=1e-8, atol=atol)
    assert gradient > 0


def test_a_small_step_is_a_small_share_of_a_parameter_without_bounds_or_with_one():
    for model in (cell(-60.0, (-INF, INF)), cell(-60.0, (-INF, 0.0))):
        moved = with_free(model, jax.tree.map(lambda x: x + 0.01, to_free(model)))
        np.testing.assert_allclose(moved.x.value, -59.4, atol=0.01)


def test_only_what_is_learnable_is_free():
    model = dx.LIF(c_m=dx.learnable(100 * pq.pF), v_th=dx.learnable(-50 * pq.mV))
    free = to_free(model)
    assert set(free) == {"c_m", "v_th"}
    moved = with_free(model, {"c_m": free["c_m"] + 0.1, "v_th": free["v_th"]})
    changed = [
        name
        for name, entry in dx.parameters(moved).items()
        if not np.allclose(entry.value, dx.parameters(model)[name].value)
    ]
    assert changed == ["c_m"]


def test_parameters_of_parts_are_free_under_their_path():
    class Pair(eqx.Module):
        cells: list

    pair = Pair([dx.LIF(), dx.LIF(c_m=dx.learnable(100 * pq.pF))])
    assert list(to_free(pair)) == ["cells[1].c_m"]
    assert with_free(pair, {"cells[1].c_m": jnp.log(50.0)}).cells[1].c_m.value == pytest.approx(50)


def test_a_model_without_learnable_parameters_is_refused():
    with pytest.raises(dx.FitError, match=r"LIF has no learnable parameter. Make one with"):
        to_free(dx.LIF())


def test_a_parameter_that_starts_on_its_bound_is_refused():
    with pytest.raises(dx.FitError, match=r"LIF.t_ref must start inside of its bounds; got 0.0 ms"):
        to_free(dx.LIF(t_ref=dx.learnable(0 * pq.ms)))
