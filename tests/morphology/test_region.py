"""Regions and places: what they hold, and what is said where there is nothing."""

import pickle

import numpy as np
import pytest
import quantities as pq

import dendrax as dx

UM = pq.um
CELL = """\
1 1 0 0 0 10 -1
2 2 0 -10 0 0.5 1
3 2 0 -50 0 0.5 2
4 3 10 0 0 1 1
5 3 50 0 0 1 4
6 4 0 10 0 2 1
7 4 0 50 0 2 6
8 4 20 90 0 1 7
9 4 -20 90 0 1 7
10 7 -20 130 0 1 9
"""


@pytest.fixture(scope="module")
def compartments(tmp_path_factory):
    path = tmp_path_factory.mktemp("cell") / "cell.swc"
    path.write_text(CELL)
    return dx.discretize(dx.read_swc(path), max_length=10 * UM)


@pytest.mark.parametrize(
    ("where", "tags"),
    [
        ("soma", {1}),
        ("axon", {2}),
        ("basal", {3}),
        ("dend", {3}),
        ("apical", {4}),
        ("apic", {4}),
        (4, {4}),
        ("custom7", {7}),
        ("dend_7", {7}),
        (7, {7}),
        ("dendrites", {3, 4, 7}),
        ("all", {1, 2, 3, 4, 7}),
        (dx.region("apical") | "soma", {1, 4}),
        ("soma" | dx.region("apical"), {1, 4}),
        (~dx.region("all") | "axon", {2}),
        (~dx.region("axon"), {1, 3, 4, 7}),
    ],
)
def test_a_region_holds_all_of_some_types(compartments, where, tags):
    inside = dx.select(compartments, where)
    np.testing.assert_array_equal(inside, np.isin(compartments.tag, list(tags)))


def test_a_section_is_a_region(compartments):
    inside = dx.select(compartments, "apic[1]")
    assert {compartments.section_names[k] for k in compartments.section[inside]} == {"apic[1]"}


def test_measures_are_compared(compartments):
    far, thick, outer = dx.path_distance > 30 * UM, dx.diameter >= 3 * UM, dx.branch_order == 2
    np.testing.assert_array_equal(dx.select(compartments, far), compartments.path_distance > 30)
    np.testing.assert_array_equal(dx.select(compartments, thick), compartments.diameter >= 3)
    assert set(compartments.tag[dx.select(compartments, outer)]) == {4, 7}
    both = dx.select(compartments, "apical" & far & ~thick & (dx.branch_order <= 2))
    expected = (compartments.tag == 4) & (compartments.path_distance > 30)
    np.testing.assert_array_equal(both, expected & (compartments.diameter < 3))
    assert dx.select(compartments, dx.path_distance < 0.01 * pq.mm).any()


def test_a_measure_gives_its_values(compartments):
    assert dx.diameter(compartments).dimensionality == UM.dimensionality
    np.testing.assert_array_equal(dx.diameter(compartments).magnitude, 2 * compartments.radius)


def test_a_region_is_a_value():
    def tuft():
        return dx.region("apical") & (dx.path_distance > 0.3 * pq.mm) & ~dx.region("apic[0]")

    assert tuft() == tuft() == pickle.loads(pickle.dumps(tuft()))
    assert hash(tuft()) == hash(tuft())
    assert str(tuft()) == "((apical & (path_distance > 300 um)) & ~apic[0])"
    assert str(dx.branch_order < 3) == "(branch_order < 3)"


def test_an_unknown_name_is_answered_by_those_that_exist(compartments):
    message = (
        r"'apicl' is no region and no section of this cell; regions are all, apic, apical, axon, "
        r".* and sections soma\[0\] to dend_7\[0\]\. Did you mean 'apical'\?"
    )
    with pytest.raises(dx.MorphologyError, match=message):
        dx.select(compartments, "apicl")


def test_an_empty_region_is_refused(compartments):
    message = (
        r"no compartment lies in \(basal & \(path_distance > 500 um\)\)\. This cell has path "
        r"distances from 5 to 119.7 um, diameters from 1 to 20 um and branch orders from 0 to 2\."
    )
    with pytest.raises(dx.MorphologyError, match=message):
        dx.select(compartments, "basal" & (dx.path_distance > 500 * UM))


def test_a_limit_without_unit_is_refused():
    with pytest.raises(dx.UnitError, match="path_distance must be a length"):
        _ = dx.path_distance > 100


def test_python_must_not_decide_on_a_region():
    with pytest.raises(dx.MorphologyError, match="neither true nor false; combine regions by &"):
        _ = dx.region("soma") and dx.region("axon")
    with pytest.raises(dx.MorphologyError, match="two comparisons instead of a chain"):
        bool(dx.region("soma"))


def test_places_are_found(compartments):
    axon = np.flatnonzero(compartments.tag == 2)
    assert dx.locate(compartments, "axon[0](0)") == axon[0]
    assert dx.locate(compartments, "axon[0](.3)") == axon[1]
    assert dx.locate(compartments, "axon[0](1.0)") == axon[-1]
    assert dx.locate(compartments, " axon[0] ") == axon[len(axon) // 2]
    assert dx.locate(compartments, [0, -48, 3] * UM) == axon[-1]
    for k, position in enumerate(compartments.section_position):
        name = compartments.section_names[compartments.section[k]]
        assert dx.locate(compartments, f"{name}({position:.17g})") == k


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (
            "apic[9](0.5)",
            r"'apic\[9\]' is no section of this cell; it has soma\[0\] to",
        ),
        ("axon[0](1.5)", r"a place on axon\[0\] is a number from 0, .*; got 1.5"),
        ("axon[0](end)", "got end"),
        ("axon[0](", r"is no section"),
        ([1, 2] * UM, "three coordinates; got the shape"),
    ],
)
def test_a_place_that_is_none_is_refused(compartments, place, message):
    with pytest.raises(dx.MorphologyError, match=message):
        dx.locate(compartments, place)
