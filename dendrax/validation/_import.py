"""Brian2, imported late and without its traces on the host program."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import numpy as np

from dendrax.errors import ModelError

# Brian2 keeps clocks, preferences and caches per process; two threads in it at once disturb each
# other without an error.
_LOCK = RLock()


@contextmanager
def quiet_brian2(target: str = "numpy") -> Iterator[Any]:
    """Hold Brian2 alone, silent, and set to generate code for a target.

    The import takes seconds, replaces ``sys.excepthook``, redirects warnings and opens files: it
    happens here at the first use, and is undone but for the import itself.

    Parameters
    ----------
    target : {"numpy", "cython"}

    Yields
    ------
    module
        ``brian2``.

    Raises
    ------
    ImportError
        If Brian2 is not installed, or cannot compile for the target.
    ModelError
        If the process has set Brian2 to a device that only collects what is to be run.
    """
    with _LOCK:
        brian2 = sys.modules.get("brian2") or _imported()
        _must_run_here(brian2)
        given = brian2.prefs["codegen.target"]
        brian2.prefs["codegen.target"] = target
        try:
            # exp(large) = inf is the right limit of a sigmoid's denominator.
            with brian2.utils.logger.catch_logs(), np.errstate(over="ignore"):
                if target == "cython" and not brian2.CythonCodeObject.is_available():
                    raise ImportError(
                        "target='cython' needs Cython and a C++ compiler, and Brian2 could not "
                        "compile with them. Install both, or take target='numpy'."
                    )
                yield brian2
        finally:
            brian2.prefs["codegen.target"] = given


def _must_run_here(brian2: Any) -> None:
    device = brian2.get_device()
    # The package has an object of the name of this module.
    if not isinstance(device, sys.modules["brian2.devices.device"].RuntimeDevice):
        raise ModelError(
            f"Brian2 must run in this process; it is set to {type(device).__name__}. Call "
            "brian2.set_device('runtime') before."
        )


def _imported() -> Any:
    excepthook, showwarning = sys.excepthook, warnings.showwarning
    try:
        import brian2
        from brian2.utils.logger import BrianLogger as log
    except ImportError as error:
        raise ImportError(
            f"run_brian2 needs Brian2, which cannot be imported: {error}. Install brian2."
        ) from error
    finally:
        sys.excepthook = excepthook
        if warnings.showwarning is not showwarning:
            logging.captureWarnings(False)
    if log.console_handler is not None:
        logging.getLogger("py.warnings").removeHandler(log.console_handler)
    if log.file_handler is not None:
        logging.getLogger("brian2").removeHandler(log.file_handler)
        log.file_handler.close()
        log.file_handler = None
    for name in ("tmp_log", "tmp_script"):
        if getattr(log, name) is not None:
            os.remove(getattr(log, name))
            setattr(log, name, None)
    return brian2
