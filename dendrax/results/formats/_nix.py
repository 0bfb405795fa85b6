"""NIX, as Neo writes it, in the layout of ``to_neo``."""

from pathlib import Path
from typing import Any

from dendrax.results._block import from_block
from dendrax.results._file import read_block
from dendrax.results._neo import to_neo


def save(result: Any, path: Path, inputs: Any) -> None:
    import neo

    with neo.NixIO(str(path), "ow") as file:
        file.write_block(to_neo(result, inputs))


def load(path: Path) -> Any:
    block, _ = read_block(path)
    return from_block(block)
