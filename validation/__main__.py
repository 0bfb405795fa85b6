"""``python -m validation [--only NAME] [--quick]``: measure scenarios and update their report."""

import argparse
import importlib
import os
import pkgutil
import sys
import time
from collections.abc import Sequence

import jax

from validation import report, scenarios

# One of each kind, a minute in all.
QUICK = ("brian2_lif", "brian2_qif", "rallpack2", "reciprocity", "taper")

# Before any model is made.
jax.config.update("jax_enable_x64", True)


def names() -> list[str]:
    """Return the names of all scenarios."""
    found = (module.name for module in pkgutil.iter_modules(scenarios.__path__))
    return sorted(name for name in found if not name.startswith("_"))


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m validation", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="scenarios that contain a NAME")
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}")
    parser.add_argument("--list", action="store_true", help="print the names of all scenarios")
    parser.add_argument("--peers", help="the interpreter that has NEURON, Arbor and Jaxley")
    asked = parser.parse_args(given)
    wanted = asked.only or [""]
    asked.names = [
        name for name in (QUICK if asked.quick else names()) if any(part in name for part in wanted)
    ]
    if not asked.names:
        parser.error(f"no scenario {', '.join(asked.only)}; there are {', '.join(names())}")
    return asked


def main() -> int:
    """Measure, and write after each scenario what there is; returns 1 if something falls short."""
    asked = arguments()
    if asked.list:
        print("\n".join(asked.names))
        return 0
    if asked.peers:
        os.environ["DENDRAX_PEERS"] = asked.peers
    everything = []
    for name in asked.names:
        print(name, flush=True)
        start = time.perf_counter()
        found = importlib.import_module(f"validation.scenarios.{name}").measure()
        report.updated(name, found, names())
        for each in found:
            print(f"  {report.line(each)}", flush=True)
        print(f"  {time.perf_counter() - start:.0f} s", flush=True)
        everything += found
    passed = sum(each.passes for each in everything)
    print(
        f"{passed} of {len(everything)} quantities are within their tolerances: {report.MARKDOWN}"
    )
    return int(passed < len(everything))


if __name__ == "__main__":
    sys.exit(main())
