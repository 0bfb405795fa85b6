"""What the scenarios of recordings share: a model of half of the sweeps predicts the others."""

from pathlib import Path
from typing import Any

import numpy as np
import optimistix
import quantities as pq

import dendrax as dx
from validation._measured import Measured, at_least, at_most, not_measured

FOLDER = Path(__file__).resolve().parents[2] / "../shared/data/recordings"
MS, MV = pq.ms, pq.mV
COUNT = "of the spikes of all held-out sweeps"
GAMMA = "half of what a perfect prediction has, beyond chance; sweeps with 5 spikes or more"
SILENT = "held-out sweeps without spikes"


def prediction(
    name: str, model: str, *, threshold: float, t_stop: float, **options: Any
) -> list[Measured]:
    """Measure how a model, read off a recording and fitted to it, does on held-out sweeps.

    Parameters
    ----------
    name : str
        Of the file.
    model : str
        Of :func:`dendrax.initial_model`.
    threshold : float
        At which spikes are counted, mV.
    t_stop : float
        How much of each sweep is fitted, ms.
    **options
        Of :func:`dendrax.fit`.
    """
    path = FOLDER / name
    if not path.exists():
        why = "the recording is not part of the repository"
        return [not_measured("error of the spike count", "%", 10.0, why)]
    sweeps = dx.read_recording(path, spike_threshold=threshold * MV)
    most = int(4 * sweeps.target.spike_times.shape[-1] + 64)
    record = dx.Record("v", every=0.5 * MS)
    simulator = dx.Simulator(t_stop * MS, 0.5 * MS, record=record, max_spikes=most)
    loss = dx.losses.voltage(1 * MV, before=2 * MS, after=10 * MS)
    loss += 2 * dx.losses.spike_times(10 * MS, reach=10 * MS)
    solver = optimistix.LevenbergMarquardt(rtol=1e-5, atol=1e-5)
    start = dx.initial_model(model, sweeps)
    fitted = dx.fit(start, sweeps, simulator, loss=loss, optimizer=solver, **options)
    held_out = list(fitted.held_out)
    assert fitted.sweeps is not None
    recorded, ours = (dx.take(x, held_out) for x in (fitted.sweeps.target, fitted.result))
    n_recorded, n_ours = (int(each.spike_counts.sum()) for each in (recorded, ours))
    factors = dx.coincidence_factor(recorded, ours)[recorded.spike_counts >= 5]
    subthreshold = fitted.score["held_out"].subthreshold_rmse
    return [
        at_most(
            "error of the spike count", 100 * abs(n_ours / n_recorded - 1), "%", 10.0, COUNT
        ),
        at_least("coincidence factor at 4 ms, mean", np.mean(factors), "", 0.5, GAMMA),
        at_most("voltage, rms, below threshold", subthreshold, "mV", 1.0, SILENT),
    ]  # fmt: skip
