"""``python -m validation.benchmarks [NAME ...]``: measure rows and update the report."""

import argparse
import sys
import tempfile
from pathlib import Path

from validation.benchmarks import precision, scaling, throughput
from validation.benchmarks.measure import Bench
from validation.benchmarks.processes import Interpreters, machine
from validation.benchmarks.report import path, row, updated
from validation.benchmarks.rows import ROWS

SCALING = "k"
RECORDS = sorted([*ROWS, SCALING])
PICTURES = {"work-precision": precision.measured, "throughput": throughput.measured}
NAMES = [*RECORDS, *PICTURES]


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m validation.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--pairs", type=int, default=5, help="of runs of peer and dendrax")
    parser.add_argument("--quick", action="store_true", help="one pair only")
    parser.add_argument("--peers", default=sys.executable, help="the interpreter with the peers")
    parser.add_argument("--platform", default="cpu", help="of JAX; each has a report of its own")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no row {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return given


def main() -> None:
    """Measure, and write after each row what there is."""
    given = arguments()
    by = Interpreters(given.peers, given.platform)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), 1 if given.quick else given.pairs, by)
        for name in given.names or NAMES:
            print(name, flush=True)
            if name in PICTURES:
                PICTURES[name](Path(folder), by)
                continue
            record = scaling.record(by) if name == SCALING else bench.record(name, ROWS[name])
            updated([record], RECORDS, given.platform, machine())
            print(row(record), flush=True)
    print(path(given.platform, "md"))


if __name__ == "__main__":
    main()
