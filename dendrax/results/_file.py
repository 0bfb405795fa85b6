"""Recordings from files of any format that Neo reads."""

from os import PathLike
from pathlib import Path
from typing import Any

from dendrax.errors import RecordingError
from dendrax.results._icephys import icephys_segments
from dendrax.results._recording import from_neo
from dendrax.results._sweeps import Sweeps
from dendrax.results.formats._reading import reading


def read_recording(path: str | PathLike, **options: Any) -> Sweeps:
    """Read a current-clamp recording: ABF, NWB, NIX, Igor, or any other format that Neo reads.

    Of ABF files the command waveform is read too, where no ``stimulus`` is given. Of NWB files each
    sweep has the stimulus that the table of intracellular recordings, or its number, assigns to it.
    Igor needs the extra ``igor``, NWB the extra ``nwb``.

    Parameters
    ----------
    path : str or path
    **options
        As for :func:`from_neo`: ``stimulus``, ``channel``, ``spike_threshold``, ``every``.

    Returns
    -------
    Sweeps

    Raises
    ------
    RecordingError
        If the file is missing, empty, damaged, of another format than its extension says, or
        lacks what :func:`from_neo` needs; if there are gaps between samples; and if it is a pickle,
        which could run any code.

    Examples
    --------
    >>> import dendrax as dx
    >>> dx.read_recording("cell.abf")
    Traceback (most recent call last):
        ...
    dendrax.errors.RecordingError: cell.abf: there is no such file. Check the path.
    """
    block, protocol = read_block(existing_file(path))
    if protocol:
        options = {"stimulus": protocol, **options}
    return from_neo(block, **options)


def existing_file(path: str | PathLike) -> Path:
    """Return the path of a file with something in it.

    Raises
    ------
    RecordingError
        If it is missing, empty, a directory, or not yours to read.
    """
    path = Path(path)
    try:
        path.open("rb").close()
    except (FileNotFoundError, NotADirectoryError):
        raise RecordingError(f"{path}: there is no such file. Check the path.") from None
    except IsADirectoryError:
        raise RecordingError(f"{path}: a recording must be a file; this is a directory.") from None
    except PermissionError:
        raise RecordingError(f"{path}: you may not read the file. Ask its owner.") from None
    if not path.stat().st_size:
        raise RecordingError(f"{path}: the file is empty. Copy it again from its source.")
    return path


def read_block(path: Path) -> tuple[Any, list[Any]]:
    """Return the Neo block of a file, and the segments of its protocol where it has one.

    Raises
    ------
    RecordingError
        If Neo cannot read the file.
    """
    import neo

    if path.suffix in (".pkl", ".pickle"):
        raise RecordingError(
            f"{path}: a pickle can run any code and is not read. If you trust it, pass "
            "neo.PickleIO(path).read_block() to dx.from_neo."
        )
    block: Any
    with reading(path, "Neo"):
        if path.suffix == ".nix":
            # Neo would open it for writing.
            with neo.NixIO(str(path), mode="ro") as reader:
                block, protocol = reader.read_block(), []
        elif path.suffix == ".nwb" and (segments := icephys_segments(path)):
            block, protocol = neo.Block(), []
            block.segments.extend(segments)
        else:
            reader: Any = neo.get_io(str(path))
            block = reader.read_block()
            protocol = reader.read_protocol() if hasattr(reader, "read_protocol") else []
    block.file_origin = str(path)
    return block, protocol
