"""Cells as they look, colored by region or by whatever their compartments have."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from dendrax.errors import MorphologyError
from dendrax.morphology import Compartments, Morphology
from dendrax.plotting._style import BLUE, DATA, GREEN, GREY, MODEL, new_axes, with_unit
from dendrax.units import Quantity

_REGIONS = {1: ("soma", DATA), 2: ("axon", GREY), 3: ("basal", BLUE), 4: ("apical", MODEL)}


def plot_morphology(
    cell: Morphology | Compartments,
    values: Any = None,
    ax: Any = None,
    *,
    label: str = "",
    plane: str = "xy",
    **style: Any,
) -> Any:
    """Plot the shape of a cell to scale, colored by region or by values, with a scale bar.

    Parameters
    ----------
    cell : Morphology or Compartments
    values : array or Quantity (compartment,), or (section,) for a Morphology, optional
        Colors, with a color bar; truth values mark a region. Default: regions, with a legend.
    ax : matplotlib.axes.Axes, optional
        Default: new ones.
    label : str, optional
        Of the color bar; the unit of a Quantity is added to it.
    plane : {"xy", "xz", "yz", "xyz"}
        The first axis goes to the right, the second up; ``"xyz"`` is a view in three dimensions.
    **style
        Of the shapes, such as ``cmap="magma"`` and ``clim=(-80, 20)``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    MorphologyError
        If there is not one value per compartment (or section), or the plane is another one.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> cell = dx.star(5, 20 * pq.um, 300 * pq.um, 2 * pq.um)
    >>> compartments = dx.discretize(cell, max_length=20 * pq.um)
    >>> ax = dx.plot_morphology(compartments, dx.path_distance(compartments), label="distance")
    """
    if plane not in ("xy", "xz", "yz", "xyz"):
        raise MorphologyError(f"plane must be 'xy', 'xz', 'yz' or 'xyz'; got {plane!r}.")
    cones = _cones(cell)
    axes = ["xyz".index(letter) for letter in plane]
    solid = len(axes) == 3
    ax = new_axes(ax, subplot_kw={"projection": "3d"} if solid else None)
    shapes = (_lines if solid else _outlines)(cones, axes)
    if values is None:
        _color_regions(shapes, cones.tag, ax, style)
    else:
        _color_values(shapes, _checked(values, cell)[cones.of], values, label, ax, style)
    (ax.add_collection3d if solid else ax.add_collection)(shapes)
    ends, thick = np.stack([cones.start, cones.end], axis=1)[..., axes], cones.radii[..., None]
    _frame(ax, (ends - thick).min((0, 1)), (ends + thick).max((0, 1)))
    return ax


class _Cones(NamedTuple):
    start: Float[np.ndarray, "cone 3"]
    end: Float[np.ndarray, "cone 3"]
    radii: Float[np.ndarray, "cone 2"]
    of: Int[np.ndarray, " cone"]  # the compartment, or section
    tag: Int[np.ndarray, " cone"]


def _cones(cell: Morphology | Compartments) -> _Cones:
    if isinstance(cell, Morphology):
        inside = np.diff(cell.section_of_point) == 0
        of = cell.section_of_point[1:][inside]
        radii = np.stack([cell.radius[:-1], cell.radius[1:]], axis=1)[inside]
        return _Cones(cell.xyz[:-1][inside], cell.xyz[1:][inside], radii, of, cell.tag[of])
    of = np.tile(np.arange(len(cell)), 2)
    start = np.concatenate([cell.xyz_start, cell.xyz])
    end = np.concatenate([cell.xyz, cell.xyz_end])
    radii = np.stack([cell.radius[of]] * 2, axis=1)
    return _Cones(start, end, radii, of, cell.tag[of])


def _outlines(cones: _Cones, axes: list[int]) -> Any:
    from matplotlib.collections import PolyCollection

    start, end = cones.start[:, axes], cones.end[:, axes]
    along = end - start
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    left, right = across * cones.radii[:, :1], across * cones.radii[:, 1:]
    corners = np.stack([start + left, end + right, end - right, start - left], axis=1)
    # The line around each shape keeps thin dendrites visible.
    return PolyCollection(list(corners), linewidths=0.6, edgecolors="face")


def _lines(cones: _Cones, axes: list[int]) -> Any:
    from mpl_toolkits.mplot3d.art3d import Line3DCollection

    ends = np.stack([cones.start[:, axes], cones.end[:, axes]], axis=1)
    return Line3DCollection(list(ends), linewidths=np.clip(cones.radii.sum(1), 0.5, 12.0))


def _checked(values: Any, cell: Morphology | Compartments) -> np.ndarray:
    plain = np.asarray(values.magnitude if isinstance(values, Quantity) else values)
    if plain.shape != (len(cell),):
        noun = "section" if isinstance(cell, Morphology) else "compartment"
        raise MorphologyError(
            f"plot_morphology takes one value per {noun}, {len(cell)} of them; got the shape "
            f"{plain.shape}."
        )
    return plain


def _color_regions(shapes: Any, tag: np.ndarray, ax: Any, style: dict[str, Any]) -> None:
    from matplotlib.patches import Patch

    named = {t: _REGIONS.get(t, (f"custom{t}", GREEN)) for t in np.unique(tag).tolist()}
    colors = [named[t][1] for t in tag.tolist()]
    shapes.set(**{"color": colors, **style})
    handles = [Patch(color=color, label=name) for name, color in named.values()]
    ax.legend(handles=handles, frameon=False, fontsize="small", loc="upper right")


def _color_values(
    shapes: Any, plain: np.ndarray, values: Any, label: str, ax: Any, style: dict[str, Any]
) -> None:
    if plain.dtype == bool:
        shapes.set(**{"color": np.where(plain, MODEL, "#cfcfcf").tolist(), **style})
        return
    shapes.set(**{"array": plain, "cmap": "viridis", **style})
    unit = values.dimensionality.string if isinstance(values, Quantity) else "1"
    title = with_unit(label, "1" if unit == "dimensionless" else unit)
    ax.figure.colorbar(shapes, ax=ax, label=title, shrink=0.6)


def _frame(ax: Any, low: np.ndarray, high: np.ndarray) -> None:
    """Set equal scales, and a bar of a round length in place of axes."""
    size = max(high - low)
    round_lengths = np.outer(10.0 ** np.arange(-2, 6), [1, 2, 5]).ravel()
    bar = round_lengths[np.searchsorted(round_lengths, size / 4) - 1]
    margin = 0.05 * size
    for name, lower, upper in zip("xyz", low, high, strict=False):
        getattr(ax, f"set_{name}lim")(lower - margin, upper + margin)
    corner = low - 0.5 * margin
    rest = corner[2:]
    ends = [[corner[0], corner[0] + bar], [corner[1]] * 2, *([c, c] for c in rest)]
    ax.plot(*ends, color=DATA, linewidth=2, solid_capstyle="butt")
    below = corner[0] + bar / 2, corner[1] - 0.2 * margin, *rest
    ax.text(*below, f"{bar:g} um", ha="center", va="top")
    ax.set_aspect("equal")
    ax.set_axis_off()
    if len(rest):
        ax.view_init(elev=15, azim=30, vertical_axis="y")
        ax.set_box_aspect(high - low + 2 * margin, zoom=1.3)
