"""``python -m validation.paper [ROW ...]``: train rows of Table IV and update the report."""

import argparse
import os
import sys

from validation.paper import pictures, report
from validation.paper.rows import ROWS
from validation.paper.settings import SETTINGS
from validation.paper.train import tested, trained

# A minute or two; a guess is right in a third of the samples, a linear classifier in two thirds.
QUICK_ROW, QUICK_EPOCHS, QUICK_AT_LEAST = "qif-max", 3, 85.0


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m validation.paper", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--seeds", type=int, help="how many; those that are there are kept")
    parser.add_argument(
        "--settings", choices=SETTINGS, default="paper", help="of the paper, or better ones"
    )
    parser.add_argument("--quick", action="store_true", help="one seed, few epochs, no report")
    given = parser.parse_args()
    if unknown := set(given.rows) - set(ROWS):
        parser.error(f"no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    return given


def main() -> int:
    """Train what is missing, and write after each seed what there is."""
    given = arguments()
    if given.quick:
        return quick()
    there = [name for name, row in ROWS.items() if row.task != "mnist" or "MNIST" in os.environ]
    for name in given.rows or there:
        row, settings = ROWS[name], SETTINGS[given.settings](ROWS[name])
        done = {run["seed"] for run in report.runs_of(row, given.settings, report.entries())}
        for seed in sorted(set(range(given.seeds or row.n_seeds)) - done):
            model = trained(row, settings, seed)
            run = {"seed": seed, **tested(row, settings, model)}
            print(report.line(report.add(row, given.settings, run)), flush=True)
            if row.loss == "ttfs" and given.settings == "ours":
                pictures.latency_map(row, settings, model.best)
    everything = report.entries()
    pictures.accuracies(everything)
    pictures.learning_curves(everything)
    print(report.MARKDOWN)
    return 0


def quick() -> int:
    """Train a few epochs; returns 1 if little was learned."""
    row = ROWS[QUICK_ROW]
    settings = SETTINGS["ours"](row)._replace(epochs=QUICK_EPOCHS)
    accuracy = tested(row, settings, trained(row, settings, seed=0))["test"]
    print(f"{row.name}: {accuracy:.1f} % after {QUICK_EPOCHS} epochs; at least {QUICK_AT_LEAST} %")
    return int(accuracy < QUICK_AT_LEAST)


if __name__ == "__main__":
    sys.exit(main())
