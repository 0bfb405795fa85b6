import brian2
import numpy as np
import pytest
import quantities as pq
from hypothesis import given
from hypothesis import strategies as st

from dendrax.errors import UnitError
from dendrax.units import carries_unit, scalar, to_internal, to_quantity

FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)
INTERNAL = ["ms", "mV", "pA", "nS", "pF", "1/mV", "1"]


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.02 * pq.s, "ms", 20.0),
        (-0.07 * pq.V, "mV", -70.0),
        (0.1 * pq.nA, "pA", 100.0),
        (0.01 * pq.uS, "nS", 10.0),
        (0.2 * pq.nF, "pF", 200.0),
        (2 / pq.V, "1/mV", 0.002),
        (1 * pq.mV / pq.V, "1", 0.001),
        (0.5, "1", 0.5),
        (20 * brian2.ms, "ms", 20.0),
        (-70 * brian2.mV, "mV", -70.0),
        (0.1 * brian2.nA, "pA", 100.0),
        (10 * brian2.nS, "nS", 10.0),
        (200 * brian2.pF, "pF", 200.0),
        (2 / brian2.volt, "1/mV", 0.002),
    ],
)
def test_every_dimension_from_quantities_and_brian2(value, unit, expected):
    np.testing.assert_allclose(to_internal(value, unit, "x"), expected, rtol=1e-12)


def test_lists_keep_the_unit_of_each_entry():
    mixed = [[20 * pq.ms, 0.03 * pq.s], (40 * brian2.ms, 50_000 * pq.us)]
    np.testing.assert_allclose(to_internal(mixed, "ms", "x"), [[20, 30], [40, 50]], rtol=1e-12)


@pytest.mark.parametrize("unit", INTERNAL)
@given(values=st.lists(FINITE, min_size=1))
def test_a_quantity_comes_back(unit, values):
    np.testing.assert_array_equal(to_internal(to_quantity(values, unit), unit, "x"), values)


@pytest.mark.parametrize(
    ("value", "unit", "message"),
    [
        (5.0, "ms", r"tau must be a time \(for example 5 \* pq.ms\); got 5.0 without a unit\."),
        (5 * pq.mV, "ms", r"tau must be a time .*; got 5.0 mV\."),
        (5 * brian2.mV, "ms", r"tau must be a time .*; got 5. mV\."),
        ([5 * pq.ms, 5 * pq.mV], "ms", r"got 5.0 mV"),
        (np.arange(9) * pq.mV, "ms", r"got values in mV"),
        (5 * pq.ms, "mV", r"a voltage \(for example -70 \* pq.mV\); got 5.0 ms"),
        (5 * pq.mV, "1", r"a number without unit .*; got 5.0 mV"),
        (5 * brian2.mV**0.5, "1", r"a number without unit"),
        ("5 ms", "ms", r"got '5 ms'"),
        (None, "1", r"a number without unit"),
        (1 * pq.ms, "uF/cm**2", r"a capacitance per area \(for example 1 \* pq.uF / pq.cm\*\*2\)"),
    ],
)
def test_another_dimension_is_refused_by_name(value, unit, message):
    with pytest.raises(UnitError, match=message):
        to_internal(value, unit, "tau")


@pytest.mark.parametrize("value", [[1, 2] * pq.ms, np.nan * pq.ms, np.inf * pq.ms, [] * pq.ms])
def test_scalar_is_one_finite_number(value):
    with pytest.raises(UnitError, match="t_stop must be a time"):
        scalar(value, "ms", "t_stop")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1 * pq.pA, True),
        (1 * brian2.pA, True),
        ([0, 1 * pq.pA], True),
        ([0, 1], False),
        (np.arange(3), False),
        (1 * pq.mV / pq.V, False),
    ],
)
def test_carries_unit(value, expected):
    assert carries_unit(value) is expected
