"""Write the cells of this folder, and their manifest, from their dimensions.

Run ``python morphologies/generate.py`` after a change; the tests compare what is here with what it
writes.
"""

import hashlib
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import quantities as pq

import dendrax as dx

FOLDER = Path(__file__).parent
BUSH = (
    "Bush & Sejnowski 1993, Reduced compartmental models of neocortical pyramidal cells, J. "
    "Neurosci. Methods 46:159-166"
)
SANTHAKUMAR = (
    "Santhakumar, Aradi & Soltesz 2005, Role of mossy fiber sprouting and mossy cell loss in "
    "hyperexcitability, J. Neurophysiol. 93:437-453"
)
RALLPACK = "Bhalla, Bilitch & Bower 1992, Rallpacks, Trends Neurosci. 15:453-458"


@dataclass(frozen=True)
class Cylinder:
    """A neurite: where it begins (the name of another, or an end of the soma), and its size."""

    on: str
    tag: int
    length: float  # um
    diameter: float  # um
    angle: float  # degrees; 90 is up, where the apical dendrite goes


CELLS = {
    "l23_pyramidal": (
        (15.3, 21.0),
        {
            "apical0": Cylinder("top", 4, 35, 2.5, 90),
            "apical1": Cylinder("apical0", 4, 200, 2.3, 165),
            "apical2": Cylinder("apical0", 4, 180, 2.4, 90),
            "apical3": Cylinder("apical2", 4, 140, 2.0, 90),
            "basal0": Cylinder("bottom", 3, 50, 2.5, -90),
            "basal1": Cylinder("basal0", 3, 150, 1.6, -45),
            "basal2": Cylinder("basal0", 3, 150, 1.6, -135),
        },
        "A pyramidal cell of layer 2/3 of the visual cortex of the cat, reduced to 8 cylinders.",
        BUSH,
    ),
    "l5_pyramidal": (
        (17.0, 23.0),
        {
            "apical0": Cylinder("top", 4, 60, 6.0, 90),
            "apical1": Cylinder("apical0", 4, 150, 3.0, 165),
            "apical2": Cylinder("apical0", 4, 400, 4.4, 90),
            "apical3": Cylinder("apical2", 4, 400, 2.9, 90),
            "apical4": Cylinder("apical3", 4, 250, 2.0, 90),
            "basal0": Cylinder("bottom", 3, 50, 4.0, -90),
            "basal1": Cylinder("basal0", 3, 150, 5.0, -45),
            "basal2": Cylinder("basal0", 3, 150, 5.0, -135),
        },
        "A pyramidal cell of layer 5 of the visual cortex of the cat, reduced to 9 cylinders.",
        BUSH,
    ),
    "granule_cell": (
        (16.8, 16.8),
        {
            f"dendrite{k}, layer {layer}": Cylinder(
                f"dendrite{k}, layer {layer - 1}" if layer else "top",
                (3, 5, 6, 7)[layer],
                150 if layer else 50,
                3.0,
                angle,
            )
            for k, angle in enumerate((70, 110))
            for layer in range(4)
        },
        "A granule cell of the dentate gyrus: two dendrites, in the layer of cells (type 3) and "
        "in the proximal, middle and distal third of the molecular layer (types 5, 6, 7).",
        SANTHAKUMAR,
    ),
}


def swc(soma: tuple[float, float], neurites: dict[str, Cylinder]) -> str:
    """Return the samples of cylinders, two of each."""
    length, diameter = soma
    ends = {"bottom": (1, 0.0, -length / 2), "top": (2, 0.0, length / 2)}
    rows = [f"1 1 0 {-length / 2} 0 {diameter / 2} -1", f"2 1 0 {length / 2} 0 {diameter / 2} 1"]
    for name, neurite in neurites.items():
        parent, x, y = ends[neurite.on]
        angle, n = math.radians(neurite.angle), len(rows)
        far = x + neurite.length * math.cos(angle), y + neurite.length * math.sin(angle)
        for k, place in enumerate([(x, y), far]):
            at = " ".join(f"{round(coordinate, 4) + 0.0}" for coordinate in place)
            rows.append(f"{n + k + 1} {neurite.tag} {at} 0 {neurite.diameter / 2} {parent}")
            parent = n + k + 1
        ends[name] = (parent, *far)
    return "\n".join(rows) + "\n"


def write(folder: Path) -> None:
    """Write all cells and the manifest."""
    about = {name: (what, source) for name, (_, _, what, source) in CELLS.items()}
    about["ball_and_stick"] = ("A soma of 20 um and a dendrite of 500 x 2 um.", "idealized")
    about["rall_tree"] = ("A dendrite of ten levels that equals a cylinder.", RALLPACK)
    head = {name: f"{what}\nDimensions: {source}" for name, (what, source) in about.items()}
    for name, (soma, neurites, *_) in CELLS.items():
        lines = [*head[name].splitlines(), "number type x y z radius parent, in um"]
        text = "".join(f"# {line}\n" for line in lines) + swc(soma, neurites)
        (folder / f"{name}.swc").write_text(text)
    stick = dx.ball_and_stick(20 * pq.um, 500 * pq.um, 2 * pq.um)
    dx.write_swc(stick, folder / "ball_and_stick.swc", head["ball_and_stick"])
    level = np.arange(10)
    tree = dx.rall_tree(32 / 2 ** (level / 3) * pq.um, 16 / 2 ** (2 * level / 3) * pq.um)
    dx.write_swc(tree, folder / "rall_tree.swc", head["rall_tree"])
    manifest = [
        {
            "file": f"{name}.swc",
            "parameters": f"{name}.json",
            "description": about[name][0],
            "source": about[name][1],
            "license": "MIT; written by this project from the dimensions in the source",
            "sha256": hashlib.sha256((folder / f"{name}.swc").read_bytes()).hexdigest(),
        }
        for name in sorted(about)
    ]
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
