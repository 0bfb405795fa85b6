"""``dendrax simulate``: run a model of your own."""

import argparse
from collections.abc import Mapping
from typing import Any

from dendrax.cli._say import say
from dendrax.networks import Network
from dendrax.neurons import AbstractNeuron
from dendrax.results import write
from dendrax.validation import load


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "simulate",
        help="run a model of your own",
        description="Run a model, or a network, that a Python file defines together with `inputs` "
        "and `simulator`, and say how many spikes there are.",
    )
    parser.add_argument("model", metavar="FILE.py:NAME", help="the model, in a Python file")
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="write result and inputs: .nc, .zarr, .nix, .nwb, .mat or .pkl",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Simulate, print, and write."""
    import jax

    jax.config.update("jax_enable_x64", True)
    model, inputs, simulator = load(arguments.model, (AbstractNeuron, Network))
    result = simulator(model, inputs)
    for name, each in (result if isinstance(result, Mapping) else {"": result}).items():
        n_trials, n_neurons = each.spike_counts.shape
        print(
            f"{name + ': ' if name else ''}{each.spike_counts.sum()} spikes in {n_trials} trial(s) "
            f"of {each.t_stop:g} ms, {n_neurons} neuron(s); recorded: "
            f"{', '.join(each.traces) or 'nothing'}"
        )
    if arguments.out is not None:
        write(result, arguments.out, inputs)
        say(f"saved: {arguments.out}")
