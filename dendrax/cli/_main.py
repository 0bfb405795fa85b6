"""The commands, and how their troubles are told."""

import argparse
import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, NoReturn

from dendrax.cli import _demo, _export, _fit, _info, _report, _simulate, _validate
from dendrax.cli._say import say
from dendrax.errors import DendraxError


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the arguments of the process.

    Returns
    -------
    int
        The exit code: 0; 1 where a model did not pass; 2 where something was refused, with one
        line on the standard error; 130 where the user interrupted.
    """
    arguments = _parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            return arguments.run(arguments) or 0
    except (DendraxError, ImportError, OSError) as error:
        print(f"dendrax: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("dendrax: interrupted. A fit goes on with --resume.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dendrax", description="Fit spiking neuron models to recordings by exact gradients."
    )
    parser.add_argument("--version", action="version", version=f"dendrax {version('dendrax')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (_demo, _fit, _info, _simulate, _export, _report, _validate):
        command.add(commands)
    return parser


def _warn(message: Warning | str, *_: Any) -> None:
    say(f"warning: {message}")
