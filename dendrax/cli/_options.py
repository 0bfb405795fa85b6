"""The options of a fit: their defaults, those of a file, and those of the command line."""

import argparse
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dendrax.errors import ModelError

# What a fit does if nobody says otherwise; None: as the model or the method asks.
DEFAULTS: dict[str, Any] = {
    "recording": None,
    "model": "adex",
    "morphology": None,
    "loss": ["voltage", "2*spike_times"],
    "method": "adam",
    "learning_rate": None,
    "steps": 150,
    "starts": 1,
    "seed": 0,
    "batch_size": None,
    "patience": None,
    "held_out": None,
    "spike_threshold": -10.0,
    "dt": None,
    "max_length": 50.0,
    "celsius": 34.0,
    "out": "dendrax-fit",
}
_LISTS = ("loss", "held_out")


def add(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add options of a fit to a parser, by name; without names all but the recording.

    None has a default there, so that what was said can be told from what was not.
    """
    for name in names or [name for name in _HELP if name != "recording"]:
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, default=argparse.SUPPRESS, **_HELP[name])


def recording_help() -> str:
    """Return what a recording is."""
    return _HELP["recording"]["help"]


def collect(arguments: argparse.Namespace, defaults: dict[str, Any] | None = None) -> Any:
    """Return all options: of the command line, else of ``--config``, else the defaults."""
    said = vars(arguments)
    config = said.get("config")
    written = {} if config is None else read_config(config)
    chosen = {**DEFAULTS, **(defaults or {}), **written, **said}
    options = {name: chosen[name] for name in DEFAULTS}
    for name in ("steps", "starts", "batch_size", "patience"):
        if options[name] is not None and options[name] < 1:
            flag = name.replace("_", "-")
            raise ModelError(f"--{flag} must be at least 1; got {options[name]}.")
    return argparse.Namespace(**options)


def read_config(path: str | Path) -> dict[str, Any]:
    """Read options from a TOML file, which names them as the command line does.

    Raises
    ------
    ModelError
        If it is no TOML, or an option is unknown or of another type; it is named.
    OSError
        If there is no such file.
    """
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: not a TOML file: {error}.") from error
    options = {}
    for key, value in found.items():
        name = key.replace("-", "_")
        if name not in DEFAULTS:
            known = ", ".join(each.replace("_", "-") for each in DEFAULTS)
            raise ModelError(f"{path}: there is no option {key!r}; there are: {known}.")
        options[name] = _checked(name, value, path)
    return options


def write_config(path: Path, options: argparse.Namespace) -> None:
    """Write all options that are not None as TOML."""
    said = {name: value for name, value in vars(options).items() if value is not None}
    # Numbers, texts and lists of them look the same in JSON and in TOML.
    lines = [
        f"{name.replace('_', '-')} = {json.dumps(value, ensure_ascii=False)}"
        for name, value in said.items()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _checked(name: str, value: Any, path: str | Path) -> Any:
    kind = _HELP[name].get("type", str)
    each = value if name in _LISTS and isinstance(value, list) else [value]
    # A whole number may stand for any number, but True is none.
    kinds = (int, float) if kind is float else (kind,)
    if not all(isinstance(x, kinds) and not isinstance(x, bool) for x in each):
        what = {int: "a whole number", float: "a number", str: "a text"}[kind]
        many = " or a list of them" if name in _LISTS else ""
        flag = name.replace("_", "-")
        raise ModelError(f"{path}: {flag} must be {what}{many}; got {value!r}.")
    choices: Sequence[str] | None = _HELP[name].get("choices")
    if choices and value not in choices:
        raise ModelError(f"{path}: {name} must be one of {', '.join(choices)}; got {value!r}.")
    return each if name in _LISTS else kind(each[0])


_HELP: dict[str, dict[str, Any]] = {
    "recording": {"help": "a file that Neo reads: .abf, .nwb, .nix, ..."},
    "model": {
        "metavar": "MODEL",
        "help": "lif, eif, adex or gif, read off the recording, or FILE.py:NAME (default: adex)",
    },
    "morphology": {
        "metavar": "X.swc",
        "help": "fit a cell of this shape: leak and Ih everywhere (Ih for the sag), sodium, "
        "delayed rectifier and M current at the soma (what regular spiking and its adaptation "
        "need, Pospischil et al. 2008). Learnable: c_m, g_leak, e_leak, the densities, and where "
        "sodium and delayed rectifier open",
    },
    "loss": {
        "nargs": "+",
        "metavar": "[WEIGHT*]LOSS",
        "help": "voltage, spike_times, or FILE.py:NAME; several add up (default: voltage "
        "2*spike_times)",
    },
    "method": {
        "choices": ("adam", "polyak", "levenberg-marquardt"),
        "help": "adam for anything, polyak for conductances, levenberg-marquardt for some dozens "
        "of parameters near the best (default: adam)",
    },
    "learning_rate": {
        "type": float,
        "metavar": "X",
        "help": "of adam (default: 0.05) or polyak (default: 0.1)",
    },
    "steps": {"type": int, "metavar": "N", "help": "at most (default: 150; of the demo 120)"},
    "starts": {"type": int, "metavar": "N", "help": "points to start from (default: 1)"},
    "seed": {"type": int, "metavar": "N", "help": "of starts and batches (default: 0)"},
    "batch_size": {"type": int, "metavar": "N", "help": "sweeps per step (default: all)"},
    "patience": {
        "type": int,
        "metavar": "N",
        "help": "stop if the held-out loss has not fallen for so many steps (default: never)",
    },
    "held_out": {
        "type": int,
        "nargs": "*",
        "metavar": "SWEEP",
        "help": "sweeps that are not fitted, only scored (default: every third)",
    },
    "spike_threshold": {
        "type": float,
        "metavar": "MV",
        "help": "voltage in mV at whose upward crossing a spike is counted (default: -10.0)",
    },
    "dt": {
        "type": float,
        "metavar": "MS",
        "help": "step of the simulation (default: 0.5, of a cell 0.025)",
    },
    "max_length": {
        "type": float,
        "metavar": "UM",
        "help": "of a compartment of --morphology (default: 50)",
    },
    "celsius": {
        "type": float,
        "metavar": "T",
        "help": "temperature of --morphology (default: 34)",
    },
    "out": {"metavar": "DIR", "help": "folder for the results (default: dendrax-fit)"},
}
