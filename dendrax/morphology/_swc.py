"""SWC files: seven columns, many habits."""

import os
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from dendrax.errors import MorphologyError
from dendrax.morphology._morphology import Morphology
from dendrax.morphology._repair import REPAIRS, membrane, one_tree, soma_or_consent
from dendrax.morphology._samples import Samples, parse
from dendrax.morphology._sections import sections_of
from dendrax.units import scalar

_THICK, _FAR = 50.0, 1e5  # um: half of the samples thicker, or a cell that is 10 cm wide


def read_swc(
    path: str | os.PathLike[str],
    *,
    repair: str | Collection[str] = (),
    scale: int | float | None = None,
) -> Morphology:
    r"""Read a reconstructed neuron from an SWC file.

    A file that is not one tree of samples with positive radii is refused, with the line at which it
    goes wrong. Sections, their names, and how neurites are connected to the soma are those of
    NEURON's Import3D: a soma of one sample, or of three as NeuroMorpho.Org has it, is a sphere,
    made a cylinder of the same membrane; one of more samples is a stack of cones.

    Parameters
    ----------
    path : str or path
    repair : str or collection of str, optional
        What may be changed; each change is warned of. ``"join"``: trees apart from that of the soma
        are joined to its nearest samples. ``"drop"``: they are left out. ``"radius"``: where it is
        not positive, that of the nearest sample towards the root is taken. ``"no_soma"``: a file
        without soma is read as it is. Default: nothing.
    scale : float, optional
        Length of the unit of the file in um; 1e-3 for nm. Default: 1, and what is too large to be
        in um is refused.

    Returns
    -------
    Morphology

    Raises
    ------
    MorphologyError
        If the file cannot be read, or not without a repair that was not asked for.

    Examples
    --------
    >>> import dendrax as dx, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "cell.swc"
    >>> _ = path.write_text("1 1 0 0 0 10 -1\n2 4 10 0 0 1 1\n3 4 110 0 0 1 2\n")
    >>> dx.read_swc(path)
    Morphology: 2 sections, 5 points, 120 um, 1885 um2
      soma: 1 section, 20 um, 1256.6 um2
      apical: 1 section, 100 um, 628.32 um2
    """
    wanted = (repair,) if isinstance(repair, str) else tuple(repair)
    if unknown := set(wanted) - set(REPAIRS):
        raise MorphologyError(
            f"repair must be among {', '.join(REPAIRS)}; got {', '.join(sorted(unknown))}."
        )
    samples = membrane(one_tree(parse(path), wanted), wanted)
    soma_or_consent(samples, wanted)
    return sections_of(_in_um(samples, scale))


def _in_um(samples: Samples, scale: Any) -> Samples:
    if scale is None:
        thick, far = np.median(samples.radius), np.ptp(samples.xyz, axis=0).max()
        if thick > _THICK or far > _FAR:
            raise MorphologyError(
                f"{samples.file}: half of the radii are above {thick:.3g} um, and the cell is "
                f"{far:.3g} um wide; SWC files are in um. Pass scale=1e-3 if this one is in nm, or "
                f"scale=1 if it is right."
            )
        return samples
    factor = scalar(scale, "1", "scale")
    if not factor > 0:
        raise MorphologyError(f"scale must be positive; got {factor:g}.")
    return replace(samples, xyz=factor * samples.xyz, radius=factor * samples.radius)
