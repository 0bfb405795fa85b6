"""``dendrax demo``: the whole job on the recording that comes with dendrax."""

import argparse
from typing import Any

from dendrax.cli import _options
from dendrax.cli._job import do
from dendrax.results import default_recording


def add(commands: Any) -> None:
    """Add the command."""
    demo = commands.add_parser(
        "demo",
        help="do the whole job on the recording that comes with dendrax",
        description="Fit an AdEx neuron to the recording that comes with dendrax, check it against "
        "Brian2, and save results, a report and a picture in dendrax-demo. Takes a minute or two.",
    )
    _options.add(demo, "steps", "out")
    demo.add_argument(
        "--resume", action="store_true", help="go on from where an interrupted demo stopped"
    )
    demo.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Do the job."""
    options = _options.collect(arguments, {"steps": 120, "out": "dendrax-demo"})
    source = "the recording that comes with dendrax"
    do(options, default_recording(), source, resume=arguments.resume)
