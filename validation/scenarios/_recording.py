"""What the scenarios of recordings share: a model of most of the sweeps predicts the others."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import optimistix
import quantities as pq
from matplotlib.figure import Figure

import dendrax as dx
from dendrax.fitting import split
from validation._measured import Measured, at_least, at_most, not_measured
from validation.scenarios._evolution import search

FOLDER = Path(__file__).resolve().parents[2] / "../shared/data/recordings"
PICTURES = Path(__file__).resolve().parents[1] / "reports"
MS, MV = pq.ms, pq.mV
COUNT = "of the spikes of all held-out sweeps"
GAMMA = "half of what a perfect prediction has, beyond chance; sweeps with 5 spikes or more"
SILENT = "held-out sweeps without spikes"
EQUAL_TIME = "from the same start, in the time of our whole fit; its compilation is not counted"
SPARED = (
    "until its loss was ours, or in that time without; each of our {} steps counts as one and the "
    "{} columns of its Jacobian"
)


def prediction(
    name: str,
    *,
    sweeps: Sequence[int],
    threshold: float,
    t_stop: float,
    steps: int,
) -> list[Measured]:
    """Measure how a GIF neuron, fitted to two of three sweeps, does on the others.

    Parameters
    ----------
    name : str
        Of the file.
    sweeps : sequence of int
        Which of its sweeps there are.
    threshold : float
        At which spikes are counted, mV.
    t_stop : float
        How much of each sweep is fitted, ms.
    steps : int
        Of Levenberg and Marquardt's method.
    """
    path = FOLDER / name
    if not path.exists():
        why = "the recording is not part of the repository"
        return [not_measured("error of the spike count", "%", 10.0, why)]
    data = dx.take(dx.read_recording(path, spike_threshold=threshold * MV), list(sweeps))
    most = int(4 * data.target.spike_times.shape[-1] + 64)
    record = dx.Record("v", every=0.5 * MS)
    simulator = dx.Simulator(t_stop * MS, 0.5 * MS, record=record, max_spikes=most)
    loss = dx.losses.voltage(1 * MV, before=2 * MS, after=10 * MS)
    loss += 2 * dx.losses.spike_times(10 * MS, reach=10 * MS)
    solver = optimistix.LevenbergMarquardt(rtol=1e-5, atol=1e-5)
    began = time.perf_counter()
    trained, held_out = split(data.inputs.n_trials, None)
    start = dx.initial_model("gif", dx.take(data, list(trained)))
    fitted = dx.fit(start, data, simulator, loss=loss, optimizer=solver, steps=steps)
    seconds = time.perf_counter() - began
    assert fitted.sweeps is not None
    recorded, ours = (dx.take(x, list(held_out)) for x in (fitted.sweeps.target, fitted.result))
    _picture(recorded, ours).savefig(PICTURES / f"{path.stem}.png", dpi=80)
    n_recorded, n_ours = (int(each.spike_counts.sum()) for each in (recorded, ours))
    factors = dx.coincidence_factor(recorded, ours)[recorded.spike_counts >= 5]
    subthreshold = fitted.score["held_out"].subthreshold_rmse
    return [
        at_most(
            "error of the spike count", 100 * abs(n_ours / n_recorded - 1), "%", 10.0, COUNT
        ),
        at_least("coincidence factor at 4 ms, mean", np.mean(factors), "", 0.5, GAMMA),
        at_most("voltage, rms, below threshold", subthreshold, "mV", 1.0, SILENT),
        *_beside_cma(fitted, start, seconds),
    ]  # fmt: skip


def _beside_cma(fitted: dx.FitResult, start: dx.AbstractNeuron, seconds: float) -> list[Measured]:
    """Measure what a search without gradients needs and finds."""
    ours, n_steps = float(fitted.starts["best_loss"].min()), fitted.history.sizes["step"]
    n_free = sum(each.size for each in dx.to_free(start).values())
    evaluations, loss = search(fitted, start, seconds).T
    reached = evaluations[loss <= ours]
    needed = reached[0] if len(reached) else evaluations[-1]
    spared, how = needed / (n_steps * (1 + n_free)), SPARED.format(n_steps, n_free)
    return [
        at_least("loss of CMA-ES / ours", loss[-1] / ours, "", 1.0, EQUAL_TIME),
        at_least("evaluations of CMA-ES / ours", spared, "", 10.0, how),
    ]


def _picture(recorded: dx.SimulationResult, ours: dx.SimulationResult) -> Figure:
    """Draw the held-out sweeps, and over them what the model does, its spikes as ticks."""
    n = recorded.n_trials
    figure = Figure(figsize=(9, 1.8 * n), layout="constrained")
    panels = figure.subplots(n, 1, sharex=True, squeeze=False)[:, 0]
    for trial, axes in enumerate(panels):
        for each, color, height in ((recorded, "0.4", 0.98), (ours, "C3", 0.9)):
            axes.plot(each.times, each.traces["v"][trial, 0], color, lw=0.8)
            at = axes.get_xaxis_transform()
            spikes = each.spikes(trial)
            axes.plot(spikes, np.full(len(spikes), height), "|", color=color, transform=at)
        axes.set_ylabel("mV")
        axes.spines[["top", "right"]].set_visible(False)
    panels[-1].set_xlabel("time (ms); recorded grey, model red")
    return figure
