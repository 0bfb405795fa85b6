"""``dendrax fit``: a model to a recording."""

import argparse
from typing import Any

from dendrax.cli import _options
from dendrax.cli._job import do
from dendrax.cli._plan import plan
from dendrax.cli._recording import recorded


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "fit",
        help="fit a model to a current-clamp recording",
        description="Fit a model to the sweeps of a current-clamp recording, check it against "
        "Brian2, and save report.html, fit.nc, fit.nix, fit.png, summary.json and config.toml.",
    )
    about = _options.recording_help()
    parser.add_argument("recording", nargs="?", default=argparse.SUPPRESS, help=about)
    _options.add(parser)
    parser.add_argument(
        "--config",
        metavar="FILE.toml",
        help="options by their names, such as batch-size = 4; the command line wins",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on from where an interrupted fit in --out stopped"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Fit, or say what would be fitted."""
    options = _options.collect(arguments)
    sweeps = recorded(options)
    if arguments.dry_run:
        print(plan(options, sweeps))
    else:
        do(options, sweeps, options.recording, resume=arguments.resume)
