"""Values made of arrays: immutable, equal where their contents are."""

import hashlib
from dataclasses import fields
from functools import cached_property
from typing import Any

import numpy as np


class Frozen:
    """Read-only arrays in a frozen dataclass, compared and hashed by a checksum of all fields."""

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of all that is stored, the same on every machine."""
        digest = hashlib.sha256()
        for field in fields(self):  # pyright: ignore[reportArgumentType]
            value: Any = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value = value.astype(value.dtype.newbyteorder("<")).tobytes()
            else:
                value = repr(value).encode()
            digest.update(f"{field.name} {len(value)} ".encode() + value)
        return digest.hexdigest()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.checksum == self.checksum

    def __hash__(self) -> int:
        return hash(self.checksum)
