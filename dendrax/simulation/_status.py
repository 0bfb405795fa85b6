"""What can go wrong in a trial, as data inside of compiled code and as a sentence outside."""

import numpy as np

from dendrax.errors import SimulationError
from dendrax.results import SimulationResult

OK, TOO_MANY_SPIKES, TOO_MANY_STEPS, NOT_FINITE, TOO_MANY_ARRIVALS, TOO_COARSE = range(6)


def raise_on_failure(result: SimulationResult, population: str = "") -> None:
    """Raise the error of the first trial that failed, and name all that did.

    Parameters
    ----------
    result : SimulationResult
    population : str, optional
        Whose result this is.

    Raises
    ------
    SimulationError
        If any trial has a status other than 0.
    """
    status = np.asarray(result.status)
    failed = np.argwhere(status != OK)
    if len(failed) == 0:
        return
    first = tuple(failed[0])
    reached = f"at t = {float(result.t_reached[first]):.6g} of {result.t_stop:g} ms"
    sentence = {
        TOO_MANY_SPIKES: f"the limit of {result.spike_times.shape[-1]} spikes per neuron was "
        f"reached {reached}. Raise Simulator(max_spikes=...) or lower the drive.",
        TOO_MANY_STEPS: f"the limit of {int(result.n_steps[first])} solver steps was reached "
        f"{reached}. Raise Simulator(max_steps=...), or take larger steps.",
        NOT_FINITE: f"the state became infinite or NaN {reached}. Take smaller steps with "
        "Simulator(dt=...), or check the parameters and inputs.",
        TOO_MANY_ARRIVALS: "more spikes came in than Simulator(max_arrivals=...) allows. Raise it.",
        TOO_COARSE: "two spikes may lie within one cell and be missed. Take smaller cells with "
        "Simulator(dt=...), or lower the drive.",
    }[int(status[first])]
    trials = sorted({int(trial) for trial, _ in failed})
    shown = ", ".join(map(str, trials[:10])) + (", ..." if len(trials) > 10 else "")
    whose = f"population {population!r}, " if population else ""
    raise SimulationError(f"{whose}trial {shown} of {result.n_trials}: {sentence}")
