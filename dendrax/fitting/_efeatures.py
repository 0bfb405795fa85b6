"""Electrophysiological features as a table."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from dendrax.errors import FitError
from dendrax.fitting.losses._compared import interval
from dendrax.fitting.losses._efel import OF_SPIKES, OF_TRIALS, Step, amplitude, features
from dendrax.inputs import Inputs
from dendrax.results import SimulationResult, Sweeps, apart
from dendrax.units import scalar


def efeatures(
    result: SimulationResult | Sweeps,
    stimulus: Any,
    *,
    inputs: Inputs | None = None,
    threshold: Any = None,
    trace: str = "v",
) -> Any:
    """Measure the response to a step of current, by the names that eFEL gives its features.

    Parameters
    ----------
    result : SimulationResult or Sweeps
    stimulus : Quantity [time] (2,)
        Start and stop of the step.
    inputs : Inputs, optional
        What drove the model, from which the input resistance follows; Sweeps have them already.
    threshold : Quantity [voltage], default -20 mV
        A spike passes it upward, and back before the step ends.
    trace : str, default "v"
        A voltage (trial, neuron, time).

    Returns
    -------
    xarray.Dataset
        ``voltage_base``, ``maximum_voltage``, ``steady_state_voltage_stimend``, ``sag_amplitude``
        and ``ohmic_input_resistance_vb_ssse`` (trial, neuron); ``peak_time``, ``peak_voltage``,
        ``AP_begin_voltage``, ``AP_amplitude``, ``spike_half_width`` and ``AHP_depth`` (trial,
        neuron, spike); ``spike_count`` (trial, neuron). NaN where there is none.

    Raises
    ------
    UnitError
        If an argument has another dimension.
    FitError
        If the stimulus makes no sense, or the result does not have the trace.
    RecordingError
        If result and inputs differ in their number of trials.

    See Also
    --------
    dendrax.losses.electrophysiology : the same features as a loss, and what each is.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> measured = dx.efeatures(dx.default_recording(), (50, 550) * pq.ms)
    >>> measured.voltage_base.mean().round(1).item(), measured.spike_count.values.ravel()
    (-71.9, array([0, 0, 0, 0, 2, 4, 5, 6, 8, 9]))
    """
    import xarray as xr

    result, inputs = apart(result, inputs)
    window = interval(stimulus, "stimulus")
    level = -20.0 if threshold is None else scalar(threshold, "mV", "threshold")
    if trace not in result.traces:
        raise FitError(
            f"the result has no trace {trace!r}; it has {', '.join(result.traces) or 'none'}."
        )
    v = result.traces[trace]
    height = jnp.zeros(len(v)) if inputs is None else amplitude(inputs.current, window)
    above = np.asarray(v) > level
    room = int((above[..., 1:] & ~above[..., :-1]).sum(-1).max(initial=1))
    step = Step(window, height, level, room)
    values = {name: np.asarray(x) for name, x in features(v, result.times, step).items()}
    variables = {
        name: (("trial", "neuron"), values[name], {"units": unit})
        for name, unit in OF_TRIALS.items()
    }
    variables |= {
        name: (("trial", "neuron", "spike"), values[name], {"units": unit})
        for name, unit in OF_SPIKES.items()
    }
    counts = np.isfinite(values["peak_time"]).sum(-1)
    variables["spike_count"] = (("trial", "neuron"), counts, {"units": "1"})
    return xr.Dataset(variables, attrs={"stimulus_ms": window, "threshold_mV": level})
