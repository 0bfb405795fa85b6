"""Rallpack 2: a passive binary tree of ten levels that is equivalent to a cylinder."""

import numpy as np
import quantities as pq

import dendrax as dx
from validation._measured import Measured, at_most, near
from validation.scenarios import _rallpack as rallpack

DT, LEVELS = 0.05, 10
LENGTH, DIAMETER = 32.0, 16.0  # um, of the root
# The number of compartments of the root and of a leaf, if their ends are wanted.
ENDS = {"dend[0]": 101, f"dend[{2**LEVELS - 2}]": 7}


def model(n_per_section: int | dict[str, int] = 1) -> dx.Cell:
    """Return the tree, each of its 1023 sections one compartment unless told otherwise."""
    level = np.arange(LEVELS)
    lengths, diameters = LENGTH / 2 ** (level / 3), DIAMETER / 2 ** (2 * level / 3)
    shape = dx.rall_tree(lengths * pq.um, diameters * pq.um)
    n = n_per_section
    n = {name: n.get(name, 1) for name in shape.names} if isinstance(n, dict) else n
    return rallpack.cell(shape, n, far=f"dend[{2**LEVELS - 2}](1)")


def exact(t: np.ndarray) -> np.ndarray:
    """Return the analytic voltages in the middle of the root and of a leaf."""
    length_constant = rallpack.LAMBDA * DIAMETER**0.5
    section = LENGTH / length_constant
    r = rallpack.resistance(DIAMETER, length_constant)
    return np.stack(
        [
            rallpack.series(t, k * section, LEVELS * section, r)
            for k in (0.5, LEVELS - 0.5)
        ]
    )  # fmt: skip


def measure() -> list[Measured]:
    """Measure errors at the root and at a leaf, and how far apart these are."""
    found = rallpack.both_ends(model(), rallpack.pulse(), DT)
    series = exact(np.arange(5001) * DT)
    errors = [rallpack.percent(a, b) for a, b in zip(found, series, strict=True)]
    reason = "that of Crank-Nicolson elsewhere: one compartment for each section leaves 3e-4 %"
    middles, expected = (1e3 * (v[0, -1] - v[1, -1]) for v in (found, series))
    # Where the tree begins and where it ends: the middles of short compartments.
    short = rallpack.both_ends(model(ENDS), rallpack.pulse(), DT)
    return [
        at_most("error at the root, dt 0.05 ms", errors[0], "% rms", 0.0011, reason),
        at_most("error at a leaf, dt 0.05 ms", errors[1], "% rms", 0.0011, reason),
        near(
            "root minus leaf at 250 ms", 1e3 * (short[0, -1] - short[1, -1]), "uV", 79.5, 0.2,
            "from end to end; diameters in the place of lengths would give 2.4 uV. Compartments at "
            "the ends are 0.3 and 0.6 um long, which leaves 0.1 uV",
        ),
        near(
            "root minus leaf at 250 ms, middles of compartments", middles, "uV", expected, 0.05,
            "the series there; one compartment for each section leaves 0.01 uV",
        ),
    ]  # fmt: skip
