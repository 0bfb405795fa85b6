"""``dendrax report``: the report of a fit, once more."""

import argparse
import json
from pathlib import Path
from typing import Any

from dendrax.cli._say import say
from dendrax.report import page
from dendrax.results import read_xarray


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "report",
        help="write the report of a fit once more",
        description="Write report.html anew from the fit.nc and the summary.json in a folder that "
        "`dendrax fit` has left, or from a fit.nc that dx.write has.",
    )
    parser.add_argument("folder", metavar="DIR", help="the folder of a fit")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Write the report."""
    folder = Path(arguments.folder)
    summary = folder / "summary.json"
    check = json.loads(summary.read_text())["brian2"] if summary.is_file() else None
    report = folder / "report.html"
    report.write_text(page(read_xarray(folder / "fit.nc"), check), encoding="utf-8")
    say(f"saved: {report}")
