"""``dendrax export``: a fit for other programs."""

import argparse
from pathlib import Path
from typing import Any

from dendrax.cli._options import DEFAULTS, read_config
from dendrax.cli._plan import model_of, simulator_of
from dendrax.cli._say import say
from dendrax.errors import RecordingError
from dendrax.fitting import read_fit
from dendrax.results import Sweeps, from_xarray, read_xarray, write
from dendrax.validation import to_brian2_script

_FORMATS = (".nwb", ".nix", ".mat", ".zarr", ".pkl")


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "export",
        help="hand a fit to other programs",
        description="Write what the fitted model does, with its inputs, in another format, or the "
        "fitted model as a script that Brian2 runs alone.",
    )
    parser.add_argument("folder", metavar="DIR", help="the folder of a fit")
    parser.add_argument("--to", required=True, choices=(*_FORMATS, "brian2"))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Write the file."""
    import jax

    jax.config.update("jax_enable_x64", True)
    folder = Path(arguments.folder)
    if arguments.to == "brian2":
        path = folder / "fit_brian2.py"
        path.write_text(_script(folder), encoding="utf-8")
    else:
        path = folder / f"fit{arguments.to}"
        write(_simulated(folder), path)
    say(f"saved: {path}")


def _simulated(folder: Path) -> Any:
    tree = read_xarray(folder / "fit.nc")
    if "simulation" not in tree.children:
        raise RecordingError(f"{folder / 'fit.nc'}: is not a fit. Make one with `dendrax fit`.")
    return from_xarray(tree["simulation"].to_dataset())


def _script(folder: Path) -> str:
    """Return the fitted model as a script, built from what the fit was asked for."""
    options = argparse.Namespace(**(DEFAULTS | read_config(folder / "config.toml")))
    simulated = from_xarray(read_xarray(folder / "fit.nc")["recording"].to_dataset())
    assert isinstance(simulated, Sweeps)
    model = model_of(options, simulated)
    fitted = read_fit(folder / "fit.nc", model)
    simulator = simulator_of(fitted.model, simulated, options.dt)
    return to_brian2_script(fitted.model, simulated.inputs, simulator)
