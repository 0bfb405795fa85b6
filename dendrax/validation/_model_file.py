"""A model in a file of the user's own, with what is needed to run it."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from dendrax.errors import ModelError
from dendrax.inputs import Inputs
from dendrax.neurons import AbstractNeuron
from dendrax.simulation import Simulator


def load(path: str) -> tuple[AbstractNeuron, Inputs, Simulator]:
    """Load a model, ``inputs`` and ``simulator`` from a Python file, named ``FILE.py:name``.

    Raises
    ------
    ModelError
        If there is no such file, it fails, or it lacks one of the three.
    """
    file, _, name = path.rpartition(":")
    if not file.endswith(".py"):
        raise ModelError(f"a model must be named as FILE.py:name; got {path!r}.")
    if not Path(file).is_file():
        raise ModelError(f"{file}: there is no such file. Check the path.")
    spec = spec_from_file_location(Path(file).stem, file)
    assert spec is not None  # as for every path that ends so
    assert spec.loader is not None
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ModelError(f"{file}: the file fails with {type(error).__name__}: {error}") from error
    kinds = {name: AbstractNeuron, "inputs": Inputs, "simulator": Simulator}
    return tuple(_named(module, file, *each) for each in kinds.items())  # pyright: ignore[reportReturnType]


def _named(module: Any, file: str, name: str, kind: type) -> Any:
    found = getattr(module, name, None)
    if not isinstance(found, kind):
        article = "an" if kind.__name__[0] in "AI" else "a"
        raise ModelError(
            f"{file}: {name!r} must be {article} {kind.__name__}; got {type(found).__name__}. "
            "A file to validate has the model, inputs that make it spike, and a simulator."
        )
    return found
