"""Compartments against closed forms, and whatever their number, the same cell."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

UM = pq.um
LEVEL = np.arange(10)


@pytest.fixture
def rallpack_2():
    return dx.rall_tree(32 / 2 ** (LEVEL / 3) * UM, 16 / 2 ** (2 * LEVEL / 3) * UM)


def totals(compartments):
    """Return membrane, volume, length and resistance from end to end, of each section."""
    per_compartment = (
        compartments.area,
        compartments.volume,
        compartments.length,
        compartments.resistance_start + compartments.resistance_end,
    )
    return np.stack([np.bincount(compartments.section, each) for each in per_compartment])


def test_a_cylinder_is_cut_into_equal_parts():
    cut = dx.discretize(dx.cylinder(100 * UM, 2 * UM), n_per_section=4)
    np.testing.assert_allclose(cut.area, np.full(4, 25 * 2 * np.pi))
    np.testing.assert_allclose(cut.volume, np.full(4, 25 * np.pi))
    np.testing.assert_allclose(cut.resistance_start, np.full(4, 12.5 / np.pi))
    np.testing.assert_allclose(cut.resistance_end, np.full(4, 12.5 / np.pi))
    np.testing.assert_allclose(cut.section_position, [0.125, 0.375, 0.625, 0.875])
    np.testing.assert_allclose(cut.path_distance, [12.5, 37.5, 62.5, 87.5])
    np.testing.assert_allclose(cut.xyz[:, 0], [12.5, 37.5, 62.5, 87.5])
    np.testing.assert_allclose(cut.radius, np.ones(4))
    assert cut.parent.tolist() == [-1, 0, 1, 2]


def test_a_cone_is_integrated_exactly():
    length, start, end = 60.0, 3.0, 1.0
    cone = dx.discretize(dx.cylinder(length * UM, [2 * start, 2 * end] * UM), n_per_section=1)
    slant = np.hypot(length, start - end)
    np.testing.assert_allclose(cone.area, np.pi * (start + end) * slant, rtol=1e-14)
    np.testing.assert_allclose(cone.volume, np.pi * length * (9 + 3 + 1) / 3, rtol=1e-14)
    half = (start + end) / 2
    np.testing.assert_allclose(cone.resistance_start, length / 2 / (np.pi * start * half))
    np.testing.assert_allclose(cone.resistance_end, length / 2 / (np.pi * half * end))


def test_the_tree_of_rallpack_2_has_its_membrane(rallpack_2):
    compartments = dx.discretize(rallpack_2, n_per_section=1)
    assert len(compartments) == 1023
    assert compartments.area.sum() == pytest.approx(16085, abs=0.5)
    assert np.bincount(compartments.branch_order).tolist() == (2**LEVEL).tolist()
    children = np.bincount(compartments.parent[1:], minlength=1023)
    assert children.tolist() == [2] * 511 + [0] * 512


def zigzag(points):
    """Return a dendrite along points of x, y, radius; a file would put it like this."""
    rows = [f"{k} 3 {x} {y} 0 {r} {k - 1 or -1}" for k, (x, y, r) in enumerate(points, 1)]
    return "\n".join(rows)


@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(
    points=st.lists(
        st.tuples(*[st.integers(-50, 50)] * 2, st.floats(0.1, 5.0)), min_size=2, max_size=9
    ),
    n=st.integers(1, 40),
)
def test_any_refinement_is_the_same_cell(points, n, tmp_path):
    hypothesis.assume(len({point[:2] for point in points}) > 1)
    (tmp_path / "cell.swc").write_text(zigzag(points))
    cell = dx.read_swc(tmp_path / "cell.swc", repair="no_soma")
    coarse, fine = (dx.discretize(cell, n_per_section=k) for k in (1, n))
    np.testing.assert_allclose(totals(fine), totals(coarse), rtol=1e-12)
    np.testing.assert_allclose(fine.area.sum(), cell.area.sum(), rtol=1e-12)
    np.testing.assert_allclose(fine.length.sum(), cell.length.sum(), rtol=1e-12)


def test_a_jump_of_the_radius_belongs_to_one_compartment(tmp_path):
    steps = [(0, 0, 1), (10, 0, 1), (10, 0, 2), (20, 0, 2)]
    (tmp_path / "cell.swc").write_text(zigzag(steps))
    cell = dx.read_swc(tmp_path / "cell.swc", repair="no_soma")
    cut = dx.discretize(cell, n_per_section=2)
    ring = np.pi * (2**2 - 1**2)
    np.testing.assert_allclose(cut.area, [20 * np.pi, 40 * np.pi + ring])


def test_the_stick_hangs_on_the_end_of_the_ball():
    cell = dx.ball_and_stick(20 * UM, 500 * UM, 2 * UM)
    cut = dx.discretize(cell, n_per_section={"soma": 1, "dend": 3})
    assert cut.parent.tolist() == [-1, 0, 1, 2]
    assert cut.attachment.tolist() == [1, 1, 1, 1]
    np.testing.assert_allclose(cut.path_distance, [0, 10 + 500 / 6, 260, 10 + 2500 / 6])


@pytest.mark.parametrize(
    ("n", "parent", "attachment"), [(1, 0, 0.5), (2, 0, 1.0), (3, 1, 0.5), (4, 1, 1.0)]
)
def test_dendrites_of_a_star_hang_on_its_center(n, parent, attachment):
    cell = dx.star(3, 20 * UM, 300 * UM, 1 * UM)
    cut = dx.discretize(cell, n_per_section={"soma": n, "dend": 1})
    assert cut.parent[n:].tolist() == [parent] * 3
    assert cut.attachment[n:].tolist() == [attachment] * 3
    np.testing.assert_allclose(cut.path_distance[n:], 150)
    np.testing.assert_allclose(cut.path_distance[:n], np.abs((np.arange(n) + 0.5) / n - 0.5) * 20)


def test_compartments_are_no_longer_than_asked():
    cell = dx.ball_and_stick(20 * UM, 500 * UM, 2 * UM)
    assert dx.discretize(cell, max_length=20 * UM).length.tolist() == [20.0] * 26
    assert len(dx.discretize(cell, max_length=19.9 * UM)) == 2 + 26


def test_the_rule_of_the_length_constant():
    # lambda(100 Hz) = sqrt(d / (4 pi f R C)) = 364 um for 2 um, 100 ohm cm and 1 uF/cm2.
    wavelength = 1e4 * np.sqrt(2e-4 / (4 * np.pi * 100 * 100 * 1e-6))
    cell = dx.cylinder(500 * UM, 2 * UM)
    membrane = {"r_axial": 100 * pq.ohm * pq.cm, "c_m": 1 * pq.uF / pq.cm**2}
    n = len(dx.discretize(cell, d_lambda=0.1, **membrane))
    assert n == 2 * int((500 / (0.1 * wavelength) + 0.9) / 2) + 1
    assert len(dx.discretize(cell, d_lambda=0.1, frequency=400 * pq.Hz, **membrane)) > 1.8 * n


def test_sections_can_have_numbers_of_their_own():
    cell = dx.star(3, 20 * UM, 300 * UM, 1 * UM)
    cut = dx.discretize(cell, n_per_section={"soma": 1, "dend": 2, "dend[1]": 5})
    assert np.bincount(cut.section).tolist() == [1, 2, 5, 2]
    cut = dx.discretize(cell, n_per_section={"all": 2, "basal": 3, "dend[0]": 1})
    assert np.bincount(cut.section).tolist() == [2, 1, 3, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "takes one of max_length, d_lambda and n_per_section; got none"),
        ({"max_length": 1 * UM, "d_lambda": 0.1}, "got max_length and d_lambda"),
        ({"max_length": 0 * UM}, "max_length must be positive; got 0 um"),
        ({"d_lambda": 0.1}, "d_lambda needs r_axial and c_m"),
        ({"n_per_section": 0}, "n_per_section must be at least 1; got 0"),
        ({"n_per_section": {"soma": 1}}, r"has no entry for dend\[0\]; it names soma"),
        ({"n_per_section": {"all": 1, "apic": 3}}, "names 'apic', which is no section and no reg"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(arguments, message):
    cell = dx.ball_and_stick(20 * UM, 500 * UM, 2 * UM)
    with pytest.raises(dx.MorphologyError, match=message):
        dx.discretize(cell, **arguments)


def test_a_length_without_a_unit_is_refused():
    with pytest.raises(dx.UnitError, match=r"max_length must be a length .*; got 20"):
        dx.discretize(dx.cylinder(1 * UM, 1 * UM), max_length=20)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: dx.cylinder(0 * UM, 1 * UM), "length must be positive; got 0"),
        (lambda: dx.cylinder(1 * UM, [1, 2, 3] * UM), "diameter must be one value or two"),
        (lambda: dx.star(0, 1 * UM, 1 * UM, 1 * UM), "n_dendrites must be at least 1; got 0"),
        (lambda: dx.rall_tree([1, 2] * UM, [1] * UM), "got 2 lengths and 1 diameters"),
    ],
)
def test_a_cell_without_extent_is_refused(build, message):
    with pytest.raises(dx.MorphologyError, match=message):
        build()


def test_equal_cells_are_equal_and_cannot_be_changed():
    one, other = (dx.discretize(dx.cylinder(9 * UM, 1 * UM), n_per_section=3) for _ in range(2))
    finer = dx.discretize(dx.cylinder(9 * UM, 1 * UM), n_per_section=4)
    assert one == other
    assert hash(one) == hash(other)
    assert one != finer
    assert len(one.checksum) == 64
    with pytest.raises(ValueError, match="read-only"):
        one.area[0] = 1.0
