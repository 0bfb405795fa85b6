"""The samples of an SWC file: its numbers, and the line that each is from."""

import io
import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from dendrax.errors import MorphologyError

_COLUMNS = "number, type, x, y, z, radius, parent"


@dataclass(frozen=True, eq=False)
class Samples:
    """The samples of a file, in its order; ``text`` is empty where another library read it.

    ``parent`` is a row of the file, -1 at a root, or -2 where the parent is not in the file.
    """

    file: str
    text: str
    row: Int[np.ndarray, " sample"]  # in the file, comments not counted
    number: Int[np.ndarray, " sample"]
    tag: Int[np.ndarray, " sample"]
    xyz: Float[np.ndarray, "sample 3"]
    radius: Float[np.ndarray, " sample"]
    parent: Int[np.ndarray, " sample"]

    def __len__(self) -> int:
        return len(self.number)

    def line(self, sample: int) -> int:
        """Return the line of the file that a sample is from."""
        rows = (k for k, line in enumerate(self.text.split("\n"), 1) if _is_row(line))
        return next(k for row, k in enumerate(rows) if row == self.row[sample])

    def refusal(self, sample: int, message: str) -> MorphologyError:
        """Return the error of one sample, with its file, and its line if that is a text."""
        place = f"{self.file}:{self.line(sample)}" if self.text else self.file
        return MorphologyError(f"{place}: {message}")

    def take(self, kept: Bool[np.ndarray, " sample"] | Int[np.ndarray, " kept"]) -> "Samples":
        """Return some of the samples, or all in another order; parents must be among them."""
        chosen = np.flatnonzero(kept) if kept.dtype == bool else kept
        place = np.full(len(self) + 1, -1)
        place[chosen] = np.arange(len(chosen))
        leaves = {name: getattr(self, name)[chosen] for name in _LEAVES}
        return replace(self, **leaves | {"parent": place[leaves["parent"]]})


_LEAVES = ("row", "number", "tag", "xyz", "radius", "parent")


def parse(path: str | os.PathLike[str]) -> Samples:
    """Read the numbers of a file; columns after the seventh are left aside.

    Raises
    ------
    MorphologyError
        If the file is empty or not a text, or if a row is not seven numbers, those of samples being
        whole and all different, and the coordinates finite.
    """
    file, text = Path(path).name, _text(Path(path))
    table = _table(file, text)
    samples = Samples(
        file=file,
        text=text,
        row=np.arange(len(table)),
        number=_whole(table[:, 0]),
        tag=_whole(table[:, 1]),
        xyz=table[:, 2:5].copy(),
        radius=table[:, 5].copy(),
        parent=_whole(table[:, 6]),
    )
    whole = table[:, [0, 1, 6]]
    odd = np.any(whole != np.stack([samples.number, samples.tag, samples.parent], 1), axis=1)
    odd |= samples.tag < 0
    if np.any(odd):
        k = int(np.argmax(odd))
        raise samples.refusal(
            k,
            f"number, type and parent of a sample are whole, and the type is not negative; got "
            f"{', '.join(f'{value:g}' for value in whole[k])}. Correct the line.",
        )
    if not np.all(np.isfinite(samples.xyz)):
        k = int(np.argmin(np.isfinite(samples.xyz).all(1)))
        raise samples.refusal(
            k,
            f"sample {samples.number[k]} lies at {samples.xyz[k]}, which is no place. Correct the "
            f"coordinates.",
        )
    return replace(samples, parent=_rows_of_parents(samples))


def _is_row(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MorphologyError(f"{path}: cannot be read: {error.strerror}.") from error
    if b"\0" in content:
        raise MorphologyError(
            f"{path.name}: is binary; an SWC file is a text of seven columns ({_COLUMNS}). For "
            f"other formats see dx.read_morphology."
        )
    # Comments may be in any encoding; the byte order mark is not part of the first row.
    text = content.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _table(file: str, text: str) -> Float[np.ndarray, "sample 7"]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that there are no rows is said below
            table = np.loadtxt(io.StringIO(text), comments="#", usecols=range(7), ndmin=2)
    except ValueError:
        raise _bad_row(file, text) from None
    if not len(table):
        raise MorphologyError(f"{file}: is empty; it has no row of seven columns ({_COLUMNS}).")
    return table


def _whole(column: Float[np.ndarray, " sample"]) -> Int[np.ndarray, " sample"]:
    """Return whole numbers, and zero for what is too large to be one, or none at all."""
    return np.where(np.abs(column) < 2**53, column, 0).astype(int)


def _bad_row(file: str, text: str) -> MorphologyError:
    for k, line in enumerate(text.split("\n"), 1):
        fields = line.partition("#")[0].split()
        try:
            good = not fields or len([float(field) for field in fields[:7]]) == 7
        except ValueError:
            good = False
        if not good:
            return MorphologyError(
                f"{file}:{k}: a row has seven numbers ({_COLUMNS}); got {line.strip()[:60]!r}. "
                f"Correct the line, or put # before it if it is a comment."
            )
    return MorphologyError(f"{file}: cannot be read as rows of seven numbers ({_COLUMNS}).")


def _rows_of_parents(samples: Samples) -> Int[np.ndarray, " sample"]:
    order = np.argsort(samples.number, kind="stable")
    ordered = samples.number[order]
    if np.any(twice := ordered[1:] == ordered[:-1]):
        again = int(np.min(order[1:][twice]))
        first = int(order[np.searchsorted(ordered, samples.number[again])])
        raise samples.refusal(
            again,
            f"sample {samples.number[again]} is there already, in line {samples.line(first)}. Give "
            f"every sample a number of its own.",
        )
    place = np.minimum(np.searchsorted(ordered, samples.parent), len(ordered) - 1)
    missing = np.where(samples.parent < 0, -1, -2)
    return np.where(ordered[place] == samples.parent, order[place], missing)
