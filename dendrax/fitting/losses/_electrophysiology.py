"""Features that electrophysiologists measure, of model and recording."""

from collections.abc import Iterator
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dendrax.errors import FitError
from dendrax.fitting.losses._compared import SQRT_2, Window, compared, interval
from dendrax.fitting.losses._efel import OF_SPIKES, OF_TRIALS, Step, Values, amplitude, features
from dendrax.fitting.losses._loss import Scalar
from dendrax.fitting.losses._trace_loss import AbstractTraceLoss
from dendrax.results import SimulationResult, Sweeps
from dendrax.units import scalar

# A peak time has no meaning as a mean over spikes; latencies are a loss of their own.
_UNITS = {name: unit for name, unit in (OF_TRIALS | OF_SPIKES).items() if name != "peak_time"}


class Electrophysiology(AbstractTraceLoss):
    """Squared differences of features, each in units of its scale.

    Attributes
    ----------
    scales : tuple of (str, float)
    stimulus : tuple of (float, float)
        In ms.
    threshold : float
        In mV.
    max_spikes : int
    """

    scales: tuple[tuple[str, float], ...] = eqx.field(static=True)
    stimulus: Window = eqx.field(static=True)
    threshold: float = eqx.field(static=True)
    max_spikes: int = eqx.field(static=True)

    terms = ("electrophysiology",)

    def parts(self, result: SimulationResult, sweeps: Sweeps, /) -> dict[str, Scalar]:
        """Return the loss as ``electrophysiology``."""
        of = [self.compared.mean(d**2, there) for d, there in self._differences(result, sweeps)]
        return {"electrophysiology": sum(of, jnp.zeros(()))}

    def residuals(self, result: SimulationResult, sweeps: Sweeps, /) -> Float[Array, " residual"]:
        """Return the residual of each feature."""
        return jnp.concatenate(
            [
                self.compared.residuals(SQRT_2 * d, there)
                for d, there in self._differences(result, sweeps)
            ]
        )

    def _differences(
        self, result: SimulationResult, sweeps: Sweeps
    ) -> Iterator[tuple[Float[Array, "trial neuron"], Bool[Array, "trial neuron"]]]:
        """Yield the difference of each feature, and where both sides have it."""
        both = jnp.concatenate(self.pair(result, sweeps))
        height = jnp.tile(amplitude(sweeps.inputs.current, self.stimulus), 2)
        step = Step(self.stimulus, height, self.threshold, self.max_spikes)
        values = _of_trial(features(both, result.times, step))
        for name, scale in self.scales:
            ours, theirs = jnp.split(values[name], 2)
            there = jnp.isfinite(ours) & jnp.isfinite(theirs)
            yield jnp.where(there, ours - theirs, 0.0) / scale, there


def _of_trial(values: Values) -> Values:
    """Return one value of each feature per trial: of those of spikes their mean."""
    means = {name: _mean(values[name]) for name in OF_SPIKES}
    # A trace nears its first spike continuously: its peak is the highest voltage until then.
    peak, highest = means["peak_voltage"], values["maximum_voltage"]
    means["peak_voltage"] = jnp.where(jnp.isnan(peak), highest, peak)
    return values | means


def _mean(values: Float[Array, "trial neuron spike"]) -> Float[Array, "trial neuron"]:
    there = jnp.isfinite(values)
    mean = jnp.where(there, values, 0.0).sum(-1) / jnp.maximum(there.sum(-1), 1)
    return jnp.where(there.any(-1), mean, jnp.nan)


def electrophysiology(
    stimulus: Any,
    *,
    threshold: Any = None,
    max_spikes: int = 20,
    trace: str = "v",
    weights: Any = None,
    **scales: Any,
) -> Electrophysiology:
    r"""Compare features of the responses to a step of current, by the names that eFEL gives them.

    Of each sweep, and of spikes as their mean over the sweep:

    * ``voltage_base``: mean voltage of the last tenth before the step (rest);
    * ``steady_state_voltage_stimend``: that of the last tenth of the step;
    * ``maximum_voltage``: the highest during the step;
    * ``sag_amplitude``: from the lowest voltage of the step to the steady one, where that is not
      above rest;
    * ``ohmic_input_resistance_vb_ssse``: steady deflection over the step of the current;
    * ``peak_voltage`` of the spikes (eFEL's ``AP_height`` too);
    * ``AP_begin_voltage``: where a spike last begins to rise by 10 mV/ms, for three samples;
    * ``AP_amplitude``: from there to the peak;
    * ``spike_half_width``: time above the middle between peak and the minimum that follows;
    * ``AHP_depth``: that minimum, from ``voltage_base``.

    The loss is the sum over features of the mean, over sweeps and neurons that have the feature on
    both sides, of the squared difference in units of its scale. Spikes are where the voltage passes
    a threshold upward, and back before the step ends; so cells and recordings are read alike.
    Values are exact functions of the samples, and so are their gradients.

    Without a spike only ``peak_voltage`` is there, as the highest voltage of the step: where the
    recording spikes it pulls the model up, and the feature is continuous when the first spike
    appears. The number of spikes and their times are left to other losses.

    Parameters
    ----------
    stimulus : Quantity [time] (2,)
        Start and stop of the step.
    threshold : Quantity [voltage], default -20 mV
    max_spikes : int, default 20
        Of a sweep, more are not looked at. Time and memory grow with it.
    trace : str, default "v"
        Which voltage; the name of a :class:`Probe` of a cell, if the recording has it too. Sample
        it at 0.1 ms or less: between samples a peak is not seen.
    weights : array (trial,), optional
        How much each of the sweeps counts.
    **scales : Quantity
        For each feature to be compared, a difference that counts as 1: ``spike_half_width=0.1 *
        pq.ms``.

    Returns
    -------
    Electrophysiology

    Raises
    ------
    UnitError
        If an argument has another dimension.
    FitError
        If there is no scale, one is not positive or of no known feature, or the stimulus or the
        weights make no sense; when called, if the trace is missing or there are not as many weights
        as sweeps.

    Notes
    -----
    eFEL (Ranjan et al., doi:10.5281/zenodo.593869) with ``strict_stiminterval``. Two differences:
    ``AP_begin_voltage``, and with it ``AP_amplitude``, is interpolated to where the slope passes
    10 mV/ms, eFEL takes the sample after it; and a spike on which the step ends does not count.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> loss = dx.losses.electrophysiology(
    ...     (50, 550) * pq.ms, peak_voltage=5 * pq.mV, spike_half_width=0.1 * pq.ms
    ... )
    >>> loss.terms
    ('electrophysiology',)
    """
    if strange := [name for name in scales if name not in _UNITS]:
        raise FitError(
            f"there is no feature {strange[0]!r}; there are {', '.join(_UNITS)}. Name those to be "
            "compared, each with its scale."
        )
    found = tuple((name, scalar(value, _UNITS[name], name)) for name, value in scales.items())
    if not found or not all(scale > 0 for _, scale in found) or max_spikes < 1:
        raise FitError(
            "electrophysiology needs max_spikes of 1 or more, and at least one feature with a "
            f"positive scale; got {max_spikes} and {dict(found)}."
        )
    level = -20.0 if threshold is None else scalar(threshold, "mV", "threshold")
    step = interval(stimulus, "stimulus")
    return Electrophysiology(trace, compared(None, weights), found, step, level, max_spikes)
