"""``dendrax validate``: a model of your own on trial."""

import argparse
from typing import Any

from dendrax.validation import load, try_model


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "validate",
        help="check a model of your own: gradients, SciPy and Brian2",
        description="Compare the exact gradients of a model with differences, and its spikes and "
        "voltages with SciPy and Brian2, which run equations that are translated from it. The file "
        "also defines `inputs` and `simulator`. The exit code is 1 if something is off.",
    )
    parser.add_argument("model", metavar="FILE.py:NAME", help="the model, in a Python file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Try the model."""
    import jax

    jax.config.update("jax_enable_x64", True)
    passed = True
    for each in try_model(*load(arguments.model)):
        passed &= each.passed
        limit = each.reason or f"{each.value:>10.2g} {each.unit:<2} <= {each.tolerance:.2g}"
        print(f"{'ok' if each.passed else 'NO':<3} {each.what:<48} {limit}", flush=True)
    return 0 if passed else 1
