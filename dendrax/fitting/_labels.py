"""Names for the numbers of a parameter."""

from collections.abc import Iterator

import numpy as np


def labels_of(name: str, shape: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield the index of each number of an array with its label, ``name[i]``.

    Examples
    --------
    >>> [label for _, label in labels_of("w", (2,))], [label for _, label in labels_of("c_m", ())]
    (['w[0]', 'w[1]'], ['c_m'])
    """
    for index in np.ndindex(shape):
        yield index, name + (f"[{', '.join(map(str, index))}]" if index else "")
