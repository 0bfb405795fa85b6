"""A model in a file of the user's own, with what is needed to run it."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from dendrax.errors import ModelError
from dendrax.inputs import Inputs
from dendrax.neurons import AbstractNeuron
from dendrax.simulation import Simulator


def load(path: str, kinds: tuple[type, ...] = (AbstractNeuron,)) -> tuple[Any, Inputs, Simulator]:
    """Load a model, ``inputs`` and ``simulator`` from a Python file, named ``FILE.py:name``.

    Raises
    ------
    ModelError
        If there is no such file, it fails, or it lacks one of the three.
    """
    module, file, name = _module(path)
    wanted = {name: kinds, "inputs": (Inputs,), "simulator": (Simulator,)}
    found = (_named(module, file, *each) for each in wanted.items())
    return tuple(found)  # pyright: ignore[reportReturnType]


def load_one(path: str, *kinds: type) -> Any:
    """Load one thing of some kind from a Python file, named ``FILE.py:name``.

    Raises
    ------
    ModelError
        If there is no such file, it fails, or what is named is missing or of another kind.
    """
    module, file, name = _module(path)
    return _named(module, file, name, kinds)


def _module(path: str) -> tuple[Any, str, str]:
    file, _, name = path.rpartition(":")
    if not file.endswith(".py"):
        raise ModelError(f"what is in a file must be named as FILE.py:name; got {path!r}.")
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
    return module, file, name


def _named(module: Any, file: str, name: str, kinds: tuple[type, ...]) -> Any:
    found = getattr(module, name, None)
    if not isinstance(found, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        article = "an" if wanted[0] in "AI" else "a"
        raise ModelError(
            f"{file}: {name!r} must be {article} {wanted}; got {type(found).__name__}. A file to "
            "simulate or validate has the model, inputs that make it spike, and a simulator."
        )
    return found
