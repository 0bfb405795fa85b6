"""The whole job: fit, check, save, tell."""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from dendrax.cli._options import write_config
from dendrax.cli._plan import Plan, plan, simulator_of
from dendrax.cli._save import save
from dendrax.cli._say import say
from dendrax.errors import DendraxError
from dendrax.fitting import FitResult, fit, fitted_parameters, with_uncertainty
from dendrax.neurons import Cell
from dendrax.results import Sweeps
from dendrax.units import to_quantity
from dendrax.validation import Convergence, convergence


def do(options: argparse.Namespace, sweeps: Sweeps, source: str, *, resume: bool) -> None:
    """Fit a recording, check the model against Brian2, save all, and say how it went."""
    import jax

    jax.config.update("jax_enable_x64", True)
    started = time.perf_counter()
    planned = plan(options, sweeps)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.eqx"
    if not resume:
        checkpoint.unlink(missing_ok=True)
        write_config(out / "config.toml", options)
    n, name = sweeps.target.n_trials, type(planned.model).__name__
    say(f"{source}: {n} sweeps; fitting {name}")
    fitted = _fitted(planned, checkpoint)
    say("asking how sure the parameters are")
    fitted = with_uncertainty(fitted)
    asked = {"recording": source, "optimizer": options.method}
    fitted = replace(fitted, provenance=asked | fitted.provenance)
    check = _checked(fitted, planned)
    save(out, planned, fitted, check, time.perf_counter() - started)
    _tell(fitted, check, out)


def _fitted(planned: Plan, checkpoint: Path) -> FitResult:
    options = planned.options
    return fit(
        planned.model,
        planned.sweeps,
        planned.simulator,
        loss=planned.loss,
        optimizer=planned.optimizer,
        steps=options.steps,
        starts=options.starts,
        seed=options.seed,
        batch_size=options.batch_size,
        patience=options.patience,
        held_out=planned.held_out,
        checkpoint=checkpoint,
        progress=sys.stderr.isatty(),
    )


def _checked(fitted: FitResult, planned: Plan) -> Convergence | str:
    """Return what Brian2 says of the model, or why it says nothing."""
    if isinstance(fitted.model, Cell):
        return "its explicit steps would be microseconds for a cell. Ask with dx.convergence."
    say("checking the fitted model against Brian2")
    fine = simulator_of(fitted.model, planned.sweeps, dt=0.1, every=1.0)
    step = to_quantity(0.2, "ms")
    try:
        return convergence(fitted.model, planned.sweeps.inputs, fine, dt=step, n_halvings=1)
    except DendraxError as error:
        return str(error)


def _tell(fitted: FitResult, check: Convergence | str, out: Path) -> None:
    print(f"\n{fitted_parameters(fitted).to_string(float_format='{:.4g}'.format)}\n")
    for name, score in fitted.score.items():
        recorded, model = np.sum(score.spike_counts, axis=0)
        print(
            f"{name.replace('_', ' '):<10} voltage {score.voltage_rmse:.2f} mV rms "
            f"(without spikes: {score.subthreshold_rmse:.2f}), spikes {model} of {recorded}, "
            f"first spike {score.latency_error:+.1f} ms, all {score.spike_time_error:.1f} ms off"
        )
    if isinstance(check, str):
        print(f"\nnot checked against Brian2: {check}\n")
    else:
        print(f"\nagainst Brian2, at two of its steps:\n{check}\n")
    print(f"saved in {out}: report.html (look at it first), fit.nc, fit.nix, fit.png, summary.json")
