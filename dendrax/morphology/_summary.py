"""What a morphology and its compartments print."""

import numpy as np
from jaxtyping import Float, Int

from dendrax.morphology._tags import region_name


def counted(n: int, noun: str) -> str:
    """Return ``1 section``, ``2 sections``."""
    return f"{n} {noun}{'s' * (n != 1)}"


def summary(
    head: str,
    noun: str,
    tag: Int[np.ndarray, " n"],
    length: Float[np.ndarray, " n"],
    area: Float[np.ndarray, " n"],
) -> str:
    """Return a line for the whole and one per region: numbers, lengths in um, membrane in um2."""
    lines = [f"{head}, {length.sum():.5g} um, {area.sum():.5g} um2"]
    for region in np.unique(tag):
        of = tag == region
        size = f"{length[of].sum():.5g} um, {area[of].sum():.5g} um2"
        lines.append(f"  {region_name(int(region))}: {counted(int(of.sum()), noun)}, {size}")
    return "\n".join(lines)
