"""The command line: fit a recording, look at one, or see the whole job done on an example."""

import argparse
import json
import math
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from dendrax.errors import DendraxError, ModelError
from dendrax.fitting import FitResult, features, fit, initial_model, losses
from dendrax.fitting import models as model_names
from dendrax.parameters import parameters
from dendrax.results import Sweeps, default_recording, read_recording, write
from dendrax.simulation import Record, Simulator
from dendrax.units import to_quantity
from dendrax.validation import Convergence, convergence, load, try_model

_MODELS = ", ".join(model_names())


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
    except (DendraxError, OSError) as error:
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

    demo = commands.add_parser(
        "demo",
        help="do the whole job on the recording that comes with dendrax",
        description="Fit an AdEx neuron to the recording that comes with dendrax, check it against "
        "Brian2, and save results and a picture. Takes a minute or two.",
    )
    demo.set_defaults(run=_demo, recording=None, model="adex")
    _add_fit_options(demo, steps=120, out="dendrax-demo")

    fitting = commands.add_parser(
        "fit",
        help="fit a model to a current-clamp recording",
        description="Fit a model to the sweeps of a current-clamp recording, check it against "
        "Brian2, and save fit.nc, fit.nix, fit.png and summary.json. Every third sweep is held "
        "out.",
    )
    _add_recording(fitting)
    fitting.add_argument("--model", default="adex", help=f"one of: {_MODELS} (default: adex)")
    fitting.set_defaults(run=_fit)
    _add_fit_options(fitting, steps=150, out="dendrax-fit")

    info = commands.add_parser(
        "info",
        help="say what is in a recording",
        description="List the sweeps of a recording: currents, spikes, and membrane properties.",
    )
    _add_recording(info)
    info.set_defaults(run=_info)

    validate = commands.add_parser(
        "validate",
        help="check a model of your own: gradients, SciPy and Brian2",
        description="Compare the exact gradients of a model with differences, and its spikes and "
        "voltages with SciPy and Brian2, which run equations that are translated from it. The file "
        "also defines `inputs` and `simulator`. The exit code is 1 if something is off.",
    )
    validate.add_argument("model", metavar="FILE.py:NAME", help="the model, in a Python file")
    validate.set_defaults(run=_validate)
    return parser


def _add_recording(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recording", help="a file that Neo reads: .abf, .nwb, .nix, ...")
    parser.add_argument(
        "--spike-threshold",
        type=float,
        default=-10.0,
        metavar="MV",
        help="voltage in mV at whose upward crossing a spike is counted (default: %(default)s)",
    )


def _read(arguments: argparse.Namespace) -> Sweeps:
    threshold = to_quantity(arguments.spike_threshold, "mV")
    return read_recording(arguments.recording, spike_threshold=threshold)


def _add_fit_options(parser: argparse.ArgumentParser, *, steps: int, out: str) -> None:
    parser.add_argument("--out", default=out, help="folder for the results (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=steps, help="default: %(default)s")
    parser.add_argument(
        "--resume", action="store_true", help="go on from where an interrupted fit in --out stopped"
    )


def _demo(arguments: argparse.Namespace) -> None:
    _job(default_recording(), "the recording that comes with dendrax", arguments)


def _fit(arguments: argparse.Namespace) -> None:
    if arguments.model not in model_names():
        raise ModelError(f"there is no model {arguments.model!r}; there are: {_MODELS}.")
    _job(_read(arguments), arguments.recording, arguments)


def _job(sweeps: Sweeps, source: str, arguments: argparse.Namespace) -> None:
    """Fit, check, save, tell."""
    import jax
    import optax

    if arguments.steps < 1:
        raise ModelError(f"--steps must be at least 1; got {arguments.steps}.")
    jax.config.update("jax_enable_x64", True)
    started = time.perf_counter()
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.eqx"
    if not arguments.resume:
        checkpoint.unlink(missing_ok=True)

    model = initial_model(arguments.model, sweeps)
    _say(f"{source}: {sweeps.target.n_trials} sweeps; fitting {type(model).__name__}")
    steepness = optax.cosine_decay_schedule(0.05, arguments.steps, alpha=0.05)
    simulator = _simulator(sweeps, dt=0.5, every=0.5)
    fitted = fit(
        model,
        sweeps,
        simulator,
        loss=_loss(),
        optimizer=optax.chain(optax.clip_by_global_norm(1.0), optax.adam(steepness)),
        steps=arguments.steps,
        checkpoint=checkpoint,
        progress=sys.stderr.isatty(),
    )
    _say("checking the fitted model against Brian2")
    fine = _simulator(sweeps, dt=0.1, every=1.0)
    check = convergence(fitted.model, sweeps.inputs, fine, dt=to_quantity(0.2, "ms"), n_halvings=1)
    summary = _summary(source, fitted, check, time.perf_counter() - started)
    _save(out, sweeps, fitted, summary)
    _tell(fitted, check, out)


def _loss() -> losses.AbstractLoss:
    ms = to_quantity(1.0, "ms")
    between = losses.voltage(to_quantity(1.0, "mV"), before=2 * ms, after=10 * ms)
    return between + 2 * losses.spike_times(scale=10 * ms, reach=10 * ms)


def _simulator(sweeps: Sweeps, *, dt: float, every: float) -> Simulator:
    """Return a simulator that ends soon after the last change of the current."""
    starts = np.asarray(sweeps.inputs.current.start)
    last = np.max(starts, initial=0.0, where=np.isfinite(starts))
    t_stop = min(np.floor(sweeps.target.t_stop), np.ceil(last + 150.0))
    return Simulator(
        to_quantity(t_stop, "ms"),
        to_quantity(dt, "ms"),
        record=Record("v", every=to_quantity(every, "ms")),
        max_spikes=max(128, 4 * sweeps.target.spike_times.shape[-1]),
    )


def _summary(source: str, fitted: FitResult, check: Convergence, seconds: float) -> dict[str, Any]:
    trials = {"trained": fitted.trained, "held_out": fitted.held_out}
    return {
        "recording": source,
        "model": type(fitted.model).__name__,
        "parameters": {
            name: {
                "value": float(entry.value),
                "unit": entry.unit,
                "learnable": entry.is_learnable,
                "bounds": [_number(bound) for bound in entry.bounds],
            }
            for name, entry in parameters(fitted.model).items()
        },
        **{name: _scored(fitted, name, trials[name]) for name in fitted.score},
        "brian2": {
            "dt_ms": list(check.dt),
            "spike_counts_equal": all(
                each.n_missing == each.n_extra == 0 for each in check.comparisons
            ),
            "max_spike_time_difference_ms": [_number(each.spike_max) for each in check.comparisons],
            "voltage_rms_mV": [_number(each.v_rms) for each in check.comparisons],
        },
        "versions": {name: version(name) for name in ("dendrax", "jax", "diffrax", "brian2")},
        "wall_s": round(seconds, 1),
    }


def _scored(fitted: FitResult, name: str, trials: Sequence[int]) -> dict[str, Any]:
    score = asdict(fitted.score[name])
    counts = score.pop("spike_counts")
    units = {"voltage_rmse": "mV", "subthreshold_rmse": "mV"}
    return {
        **{f"{key}_{units.get(key, 'ms')}": _number(value) for key, value in score.items()},
        "spike_counts": [
            {"sweep": trial, "recorded": recorded, "model": model}
            for trial, (recorded, model) in zip(trials, counts, strict=True)
        ],
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _save(out: Path, sweeps: Sweeps, fitted: FitResult, summary: dict[str, Any]) -> None:
    from dendrax.plotting import plot_fit

    simulated = Sweeps(fitted.result, sweeps.inputs)
    write(simulated, out / "fit.nc")
    fitted.history.to_netcdf(out / "fit.nc", group="history", mode="a")
    write(simulated, out / "fit.nix")
    figure = plot_fit(
        sweeps.target, fitted.result, sweeps.inputs, fitted.history, held_out=fitted.held_out
    )
    figure.savefig(out / "fit.png", dpi=150)
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")


def _tell(fitted: FitResult, check: Convergence, out: Path) -> None:
    print(f"\n{fitted.model}\n")
    for name, score in fitted.score.items():
        recorded, model = np.sum(score.spike_counts, axis=0)
        print(
            f"{name.replace('_', ' '):<10} voltage {score.voltage_rmse:.2f} mV rms "
            f"(without spikes: {score.subthreshold_rmse:.2f}), spikes {model} of {recorded}, "
            f"first spike {score.latency_error:+.1f} ms, all {score.spike_time_error:.1f} ms off"
        )
    print(f"\nagainst Brian2, at two of its steps:\n{check}\n")
    print(f"saved: {', '.join(str(out / f'fit.{s}') for s in ('nc', 'nix', 'png'))}, summary.json")


def _info(arguments: argparse.Namespace) -> None:
    sweeps = _read(arguments)
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


def _validate(arguments: argparse.Namespace) -> int:
    import jax

    jax.config.update("jax_enable_x64", True)
    passed = True
    for each in try_model(*load(arguments.model)):
        passed &= each.passed
        limit = each.reason or f"{each.value:>10.2g} {each.unit:<2} <= {each.tolerance:.2g}"
        print(f"{'ok' if each.passed else 'NO':<3} {each.what:<48} {limit}", flush=True)
    return 0 if passed else 1


def _warn(message: Warning | str, *_: Any) -> None:
    _say(f"warning: {message}")


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
