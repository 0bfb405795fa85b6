"""Pickled Neo blocks, as Neo's PickleIO writes them, read without running what is in them."""

import io
import pickle
from pathlib import Path
from typing import Any

from dendrax.errors import RecordingError
from dendrax.results._block import from_block
from dendrax.results._neo import to_neo
from dendrax.results.formats._reading import reading

# What a block is made of, besides the classes of Neo and quantities.
_FUNCTIONS = {
    ("builtins", "dict"),
    ("copyreg", "_reconstructor"),
    ("neo.core.analogsignal", "_new_AnalogSignalArray"),
    ("neo.core.dataobject", "_normalize_array_annotations"),
    ("neo.core.event", "_new_event"),
    ("neo.core.spiketrain", "_new_spiketrain"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("quantities.quantity", "_reconstruct_quantity"),
}
_CLASSES = ("neo.core.", "quantities.dimensionality", "quantities.quantity", "quantities.unitqu")


def save(result: Any, path: Path, inputs: Any) -> None:
    import neo

    neo.PickleIO(str(path)).write_block(to_neo(result, inputs))


def load(path: Path) -> Any:
    with reading(path, "pickle"):
        block = _Unpickler(io.BytesIO(path.read_bytes())).load()
    return from_block(block)


class _Unpickler(pickle.Unpickler):
    """A pickle may name any function to be called: only those of a block are."""

    def find_class(self, module: str, name: str) -> Any:
        # A dot would lead from one module into another.
        if "." not in name:
            if (module, name) in _FUNCTIONS:
                return super().find_class(module, name)
            if module.startswith(_CLASSES):
                found = super().find_class(module, name)
                if isinstance(found, type) and found.__module__ == module:
                    return found
        raise RecordingError(
            f"the pickle wants to call {module}.{name}, which is no part of a Neo block; it is "
            "not read. If you trust it, pass neo.PickleIO(path).read_block() to dx.from_neo."
        )
