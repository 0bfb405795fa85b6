"""Recordings as arguments."""

import argparse

from dendrax.errors import RecordingError
from dendrax.results import Sweeps, read_recording
from dendrax.units import to_quantity


def recorded(options: argparse.Namespace) -> Sweeps:
    """Read the recording that the options name."""
    if options.recording is None:
        raise RecordingError("which recording? Name one as RECORDING, or in --config.")
    threshold = to_quantity(options.spike_threshold, "mV")
    return read_recording(options.recording, spike_threshold=threshold)
