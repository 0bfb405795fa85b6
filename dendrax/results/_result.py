"""The one type of result: of dendrax, of Brian2, of a recording."""

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float, Int


class SimulationResult(eqx.Module):
    """Spikes and traces of a batch of trials, whoever made them.

    Attributes
    ----------
    spike_times : Array (trial, neuron, spike)
        In ms, increasing; inf where there is no further spike.
    spike_slope : Array (trial, neuron, spike)
        Rate (per ms) at which the guard crossed zero. A spike time moves by ``1 / spike_slope`` per
        unit of guard: a small value marks a grazing spike, whose gradient is ill conditioned.
    times : Array (time,)
        Of the samples, in ms.
    traces : dict of Array (trial, neuron, ..., time)
        The recorded variables by name.
    status : Array (trial, neuron)
        0 where all went well; see ``simulation/_status.py``.
    n_steps : Array (trial, neuron)
        Iterations of the solver that were spent.
    t_reached : Array (trial, neuron)
        Time, in ms, up to which the trial was simulated.
    t_stop : float
        End of the trials, in ms; they start at 0.
    units : tuple of (str, str)
        Unit of each trace.
    provenance : tuple of (str, str)
        Who made this, and how.
    readouts : dict of Array (trial, neuron, ...)
        Integrals and maxima by the names that the simulator was given for them.
    """

    spike_times: Float[Array, "trial neuron spike"]
    spike_slope: Float[Array, "trial neuron spike"]
    times: Float[Array, " time"]
    traces: dict[str, Float[Array, "trial neuron ... time"]]
    status: Int[Array, "trial neuron"]
    n_steps: Int[Array, "trial neuron"]
    t_reached: Float[Array, "trial neuron"]
    t_stop: float = eqx.field(static=True)
    units: tuple[tuple[str, str], ...] = eqx.field(static=True)
    provenance: tuple[tuple[str, str], ...] = eqx.field(static=True, default=())
    readouts: dict[str, Float[Array, "trial neuron ..."]] = eqx.field(default_factory=dict)

    @property
    def n_trials(self) -> int:
        """The number of trials."""
        return self.spike_times.shape[0]

    def spikes(self, trial: int, neuron: int = 0) -> np.ndarray:
        """Return the spike times (ms) of one neuron in one trial, without padding."""
        row = np.asarray(self.spike_times[trial, neuron])
        return row[np.isfinite(row)]

    @property
    def spike_counts(self) -> np.ndarray:
        """The numbers of spikes, (trial, neuron)."""
        return np.isfinite(np.asarray(self.spike_times)).sum(-1)
