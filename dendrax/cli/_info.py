"""``dendrax info``: what is in a recording."""

import argparse
from typing import Any

import numpy as np

from dendrax.cli import _options
from dendrax.cli._recording import recorded
from dendrax.fitting import features


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "info",
        help="say what is in a recording",
        description="List the sweeps of a recording: currents, spikes, and membrane properties.",
    )
    parser.add_argument("recording", help=_options.recording_help())
    _options.add(parser, "spike_threshold")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """List the sweeps."""
    sweeps = recorded(_options.collect(arguments))
    target, current = sweeps.target, sweeps.inputs.current
    period = float(target.times[1] - target.times[0])
    print(
        f"{arguments.recording}: {target.n_trials} sweeps of {target.t_stop:g} ms at "
        f"{1 / period:g} kHz\n\nsweep  spikes  current"
    )
    for trial in range(target.n_trials):
        starts = np.asarray(current.start[trial])
        pieces = [
            f"{float(value):g} pA from {start:g} ms"
            for start, value in zip(starts, current.value[trial], strict=True)
            if np.isfinite(start)
        ]
        shown = ", ".join(pieces[:6]) + (", ..." if len(pieces) > 6 else "")
        print(f"{trial:>5}  {target.spike_counts[trial, 0]:>6}  {shown}")
    seen = features(sweeps)
    print(
        f"\nrest {seen.rest:.1f} mV, membrane {1e3 / seen.conductance:.0f} MOhm, "
        f"{seen.tau:.1f} ms; spikes from {seen.onset:.1f} mV, back to {seen.reset:.1f} mV"
    )
