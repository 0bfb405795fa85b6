"""What every worker does: read its settings, warm up, measure, report."""

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

# To repeat for so many seconds: at least so often, unless that takes minutes, and not too often.
SECONDS, FEWEST, MINUTES, MOST = 2.0, 3, 60.0, 50


class Measured(NamedTuple):
    """What was measured of a function, and what it returned."""

    times: dict[str, float]
    returned: Any


def settings() -> dict[str, Any]:
    """Return the settings that the worker was started with."""
    return json.loads(sys.argv[1])


def measured(function: Callable[..., Any], *args: Any) -> Measured:
    """Call a compiled function again and again; its first call compiles it."""
    import jax  # only after the worker has chosen its precision

    def seconds() -> tuple[float, Any]:
        start = time.perf_counter()
        returned = jax.block_until_ready(function(*args))
        return time.perf_counter() - start, returned

    first, returned = seconds()
    once = settings().get("once")  # as for a reference, whose time nobody asks for
    each = [first] if once else [seconds()[0]]
    while not once and _goes_on(each):
        each.append(seconds()[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    scale = 2**20 if sys.platform == "darwin" else 2**10
    times = {
        "seconds": statistics.median(each),
        "first_call_s": first,
        "peak_mb": peak / scale,
        "repeats": len(each),
    }
    return Measured(times, returned)


def _goes_on(each: list[float]) -> bool:
    if len(each) < FEWEST:
        return sum(each) < MINUTES
    return sum(each) < SECONDS and len(each) < MOST


def report(times: dict[str, Any], packages: Iterable[str], **more: Any) -> None:
    """Print the one line that the harness reads."""
    import jax

    versions = {name: version(name) for name in ("jax", *packages)}
    print(json.dumps({**times, **more, "versions": versions, "platform": jax.default_backend()}))


def failures(results: dict[str, Any]) -> Any:
    """Return how many simulations of populations of dendrax failed."""
    return sum((result.status != 0).sum() for result in results.values())


def save(path: str, **arrays: Any) -> None:
    """Write what was computed: spike times (ms), gradients, states."""
    np.savez(path, **{name: np.asarray(array, dtype=float) for name, array in arrays.items()})
