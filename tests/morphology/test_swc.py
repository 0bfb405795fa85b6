"""SWC files: the habits of good ones, and an error that helps for each kind of bad one."""

import sys

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

GOOD = """\
1 1 0 0 0 10 -1
2 3 10 0 0 1 1
3 3 60 0 0 1 2
4 3 90 40 0 0.5 3
5 4 90 -40 0 0.5 3
"""


@pytest.fixture
def read(tmp_path):
    def read(text, **options):
        path = tmp_path / "cell.swc"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return dx.read_swc(path, **options)

    return read


BAD = {
    "cycle": ("1 1 0 0 0 9 -1\n2 3 9 0 0 1 4\n3 3 9 1 0 1 2\n4 3 9 2 0 1 3\n", "swc:2: sample 2 is "
              "its own ancestor: 2 -> 4 -> 3 -> 2. Correct the parents"),
    "self": ("1 1 0 0 0 9 -1\n2 3 9 0 0 1 2\n", "swc:2: sample 2 is its own ancestor: 2 -> 2"),
    "missing parent": (GOOD + "6 3 0 0 9 1 999\n", "swc:6: sample 6 names parent 999, which is not "
                       "in the file. Correct it .* or pass repair='join' or repair='drop'"),
    "no root": ("1 1 0 0 0 9 7\n2 3 9 0 0 1 1\n", "swc:1: sample 1 names parent 7, which is not"),
    "two roots": (GOOD + "6 3 0 0 9 1 -1\n", "swc:6: sample 6 begins a tree of its own, one of 2; "
                  "the root is sample 1"),
    "zero radius": (GOOD.replace("0.5 3", "0 3"), "swc:4: sample 4 has the radius 0 um; it must be "
                    "positive. .* repair='radius'"),
    "negative radius": (GOOD.replace("0.5 3", "-1 3"), "swc:4: sample 4 has the radius -1 um"),
    "NaN radius": (GOOD.replace("0.5 3", "nan 3"), "swc:4: sample 4 has the radius nan um"),
    "NaN place": (GOOD.replace("90 40", "90 nan"), "swc:4: sample 4 lies at .*nan.*, which is no"),
    "inf place": (GOOD.replace("90 40", "inf 40"), "swc:4: sample 4 lies at .*inf"),
    "six columns": (GOOD + "6 3 0 0 9 1\n", "swc:6: a row has seven numbers .*; got '6 3 0 0 9 1'"),
    "a word": ("# cell\n\n" + GOOD + "6 3 0 0 9 thin 1\n", "swc:8: a row has seven numbers .*thin"),
    "half a sample": (GOOD + "6.5 3 0 0 9 1 1\n", "swc:6: number, .* got 6.5, 3, 1"),
    "endless": (GOOD + "6 3 0 0 9 1 inf\n", "swc:6: number, .* got 6, 3, inf"),
    "negative type": (GOOD + "6 -3 0 0 9 1 1\n", "swc:6: .* type is not negative; got 6, -3, 1"),
    "duplicate": (GOOD + "# again\n5 3 0 0 9 1 1\n", "swc:7: sample 5 is there already, in line 5"),
    "no soma": (GOOD.replace("1 1 0", "1 3 0"), "swc: no sample is of type 1, soma; the types are "
                "3, 4. .* repair='no_soma'"),
    "empty": ("", "swc: is empty; it has no row of seven columns"),
    "only comments": ("# a cell\n# of comments\n", "swc: is empty"),
    "binary": (b"\x89PNG\0\0\1", "swc: is binary; an SWC file is a text"),
    "nanometers": ("1 1 0 0 0 9000 -1\n2 3 9000 0 0 500 1\n3 3 90000 0 0 500 2\n", "swc: half of "
                   "the radii are above 500 um, .* Pass scale=1e-3 if this one is in nm"),
    "wide": ("1 1 0 0 0 9 -1\n2 3 900000 0 0 1 1\n", "the cell is 9e.05 um wide"),
    "a point": ("1 1 0 0 0 9 -1\n2 1 0 0 0 9 1\n", "swc:1: the section of the root has no length"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_has_one_error_that_helps(read, text, message):
    with pytest.raises(dx.MorphologyError, match=message):
        read(text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(dx.MorphologyError, match=r"none\.swc: cannot be read: No such file"):
        dx.read_swc(tmp_path / "none.swc")


HABITS = {
    "CRLF": GOOD.replace("\n", "\r\n"),
    "CR": GOOD.replace("\n", "\r"),
    "BOM": "\ufeff" + GOOD,
    "comments": "# Å … über\n\n" + GOOD.replace("\n", " # µm\n", 1) + "\n  # end",
    "Latin-1": "# µm\n".encode("latin-1") + GOOD.encode(),
    "tabs": GOOD.replace(" ", "\t"),
    "spaces": "  " + GOOD.replace(" ", "   "),
    "eighth column": GOOD.replace("\n", " 7\n"),
    "whole numbers with a point": GOOD.replace("1 1 0", "1.0 1.0 0"),
    "other numbers": "11 1 0 0 0 10 -1\n20 3 10 0 0 1 11\n7 3 60 0 0 1 20\n"
    "40 3 90 40 0 .5 7\n5 4 90 -40 0 .5 7\n",
    "no newline at the end": GOOD.rstrip(),
}


@pytest.mark.parametrize("text", HABITS.values(), ids=HABITS.keys())
def test_a_habit_changes_nothing(read, text):
    cell, plain = read(text), read(GOOD)
    assert cell.names == plain.names == ("soma[0]", "dend[0]", "dend[1]", "apic[0]")
    np.testing.assert_array_equal(cell.xyz, plain.xyz)
    np.testing.assert_array_equal(cell.radius, plain.radius)


def test_parents_may_come_after_their_children(read):
    rows = GOOD.splitlines()
    cell = read("\n".join([rows[4], rows[2], rows[0], rows[3], rows[1]]))
    assert cell.names == ("soma[0]", "dend[0]", "dend[1]", "apic[0]")
    assert set(cell.sample.tolist()) == {1, 2, 3, 4, 5}
    np.testing.assert_allclose(cell.area.sum(), read(GOOD).area.sum())


def test_samples_out_of_order_are_still_unbranched_runs(read):
    n, shuffled = 40, np.random.default_rng(0).permutation(np.arange(2, 42))
    name = dict(zip(range(2, n + 2), shuffled.tolist(), strict=True)) | {1: 1}
    rows = ["1 1 0 0 0 10 -1"]
    rows += [f"{name[k]} 3 {10 + 5 * k} 0 0 1 {name[k - 1]}" for k in range(2, n + 2)]
    cell = read("\n".join(rows[:1] + sorted(rows[1:], key=lambda row: int(row.split()[0]))))
    assert cell.names == ("soma[0]", "dend[0]")
    assert cell.length[1] == pytest.approx(5 * (n - 1))


def test_a_further_tree_is_joined_where_asked(read):
    text = GOOD + "6 3 62 0 5 1 -1\n7 3 62 0 50 1 6\n"
    with pytest.warns(UserWarning, match=r"1 of 7 samples began further trees .* 5.39 um away "
                      r"\(the first is sample 6, line 6\)"):  # fmt: skip
        cell = read(text, repair="join")
    assert cell.length.sum() == pytest.approx(read(GOOD).length.sum() + 45 + np.hypot(2, 5))
    assert cell.names[cell.parent[-1]] == "dend[0]"


@pytest.mark.parametrize("parent", [-1, 99])
def test_a_further_tree_is_left_out_where_asked(read, parent):
    with pytest.warns(UserWarning, match="2 of 7 samples did not hang on the tree of the soma"):
        cell = read(GOOD + f"6 3 62 0 5 1 {parent}\n7 3 62 0 50 1 6\n", repair=("drop", "radius"))
    assert cell == read(GOOD)


def test_a_root_with_a_strange_parent_is_a_root_where_asked(read):
    assert read(GOOD.replace("10 -1", "10 0"), repair="join") == read(GOOD)


def test_the_soma_is_the_root_even_if_another_tree_comes_first(read):
    with pytest.warns(UserWarning, match="1 of 6 samples did not hang"):
        cell = read("9 3 0 0 0 1 -1\n" + GOOD, repair="drop")
    assert cell == read(GOOD)


def test_a_radius_is_taken_from_the_parent_where_asked(read):
    text = GOOD.replace("0 0 1 2", "0 0 0 2").replace("90 40 0 0.5", "90 40 0 nan")
    with pytest.warns(UserWarning, match=r"2 of 5 samples had no positive radius .* line 3"):
        cell = read(text, repair="radius")
    assert cell.radius.tolist() == [10, 10, 10, 1, 1, 1, 1, 1, 0.5]


def test_a_cell_may_have_no_soma_where_asked(read):
    cell = read(GOOD.replace("1 1 0 0 0 10", "1 3 0 0 0 1"), repair="no_soma")
    assert cell.names == ("dend[0]", "dend[1]", "apic[0]")
    np.testing.assert_allclose(cell.path_distance, [0, 60, 60])


def test_an_unknown_repair_is_refused(read):
    with pytest.raises(dx.MorphologyError, match=r"among join, drop, .*; got raduis"):
        read(GOOD, repair="raduis")


def test_nanometers_are_scaled(read):
    rows = [row.split() for row in GOOD.splitlines()]
    nm = "\n".join(" ".join([*r[:2], *(f"{1e3 * float(v):g}" for v in r[2:6]), r[6]]) for r in rows)
    cell = read(nm, scale=1e-3)
    np.testing.assert_allclose(cell.xyz, read(GOOD).xyz)
    assert read(nm, scale=1).length.sum() == pytest.approx(1e3 * cell.length.sum())


def test_samples_are_found_in_their_compartments(read):
    cut = dx.discretize(read(GOOD), max_length=10 * pq.um)
    at = {sample: cut.section_names[cut.section[c]] for sample, c in cut.node_compartment.items()}
    assert at == {1: "soma[0]", 2: "dend[0]", 3: "dend[0]", 4: "dend[1]", 5: "apic[0]"}
    assert cut.section_position[cut.node_compartment[2]] == pytest.approx(0.1)
    assert cut.section_position[cut.node_compartment[3]] == pytest.approx(0.9)


CELLS = {
    "ball_and_stick": dx.ball_and_stick(20 * pq.um, 400 * pq.um, 2 * pq.um),
    "rall_tree": dx.rall_tree([9, 8, 7] * pq.um, [3, 2, 1] * pq.um),
    "cone": dx.cylinder(1 * pq.mm, [1, 1.7] * pq.um),
    "soma": dx.single_compartment(10 * pq.um, 3 * pq.um),
    "star": dx.star(5, 20 * pq.um, 300 * pq.um, 1 * pq.um),
}


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
def test_what_is_written_is_read_again(cell, tmp_path):
    path = tmp_path / "cell.swc"
    dx.write_swc(cell, path, comment="a cell\nof this test")
    again = dx.read_swc(path, repair="no_soma")
    assert path.read_text().startswith("# a cell\n# of this test\n")
    assert again.names == cell.names
    cut, cut_again = (dx.discretize(each, n_per_section=3) for each in (cell, again))
    for field in ("parent", "attachment", "tag", "branch_order"):
        np.testing.assert_array_equal(getattr(cut_again, field), getattr(cut, field))
    for field in ("area", "resistance_start", "resistance_end", "xyz", "path_distance"):
        np.testing.assert_allclose(getattr(cut_again, field), getattr(cut, field), atol=1e-12)
    dx.write_swc(again, tmp_path / "again.swc", comment="a cell\nof this test")
    assert (tmp_path / "again.swc").read_text() == path.read_text()


@st.composite
def trees(draw):
    """Draw the rows of a soma with neurites that branch anyhow."""
    n_soma, n = draw(st.integers(1, 4)), draw(st.integers(1, 20))
    rows = [(1, 0, 0, 8, -1)]
    for k in range(1, n_soma + n):
        parent = k - 1 if k < n_soma else draw(st.integers(0, k - 1) | st.just(k - 1))
        tag = 1 if k < n_soma else rows[parent][0]
        tag = draw(st.sampled_from([2, 3, 4, 7])) if k >= n_soma and tag == 1 else tag
        x, y = (rows[parent][1 + axis] + draw(st.integers(-30, 30)) for axis in range(2))
        rows.append((tag, x, y, draw(st.integers(1, 8)) / 4, parent))
    lines = [f"{t} {x} {y} 0 {r} {p + 1 or -1}" for t, x, y, r, p in rows]
    return "\n".join(f"{k} {line}" for k, line in enumerate(lines, 1))


@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(text=trees())
def test_any_tree_is_read_written_and_read_again(text, read, tmp_path):
    try:
        cell = read(text)
    except dx.MorphologyError as error:
        assert "the section of the root has no length" in str(error)  # noqa: PT017
        return
    cut = dx.discretize(cell, max_length=7 * pq.um)
    assert np.all(cut.parent < np.arange(len(cut)))
    assert sorted(cut.node_compartment) == list(range(1, len(text.splitlines()) + 1))
    assert cut.area.sum() == pytest.approx(cell.area.sum())
    dx.write_swc(cell, tmp_path / "again.swc")
    again = dx.read_swc(tmp_path / "again.swc")
    assert again.length.sum() == pytest.approx(cell.length.sum())
    assert again.area.sum() == pytest.approx(cell.area.sum())


def binary_tree(n):
    """Return the text of a tree of n samples, in runs of 16."""
    k = np.arange(n)
    run, within = k // 16, k % 16
    parent = np.where(within == 0, (run - 1) // 2 * 16 + 16, k)
    parent[0] = -1
    tag = np.where(run == 0, 1, 3)
    return "\n".join(
        f"{i + 1} {tag[i]} {run[i] % 999} {within[i]} {run[i] // 999} 1 {parent[i]}" for i in k
    )


def test_a_large_file_is_read_by_whole_columns(read):
    """Work is counted rather than timed: nothing is called once per sample."""
    calls, text = [0], binary_tree(100_000)

    def count(*_):
        calls[0] += 1

    sys.setprofile(count)
    try:
        cell = read(text)
        dx.discretize(cell, max_length=4 * pq.um)
    finally:
        sys.setprofile(None)
    assert len(cell.sample) == 100_000
    assert calls[0] < 50_000


@pytest.mark.slow
def test_a_million_samples_are_read(read):
    cell = read(binary_tree(1_000_000))
    assert len(cell.sample) == 1_000_000
    assert len(dx.discretize(cell, n_per_section=1)) == len(cell) == 62_500
