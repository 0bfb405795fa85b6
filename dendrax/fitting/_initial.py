"""A model to start a fit from, read off a recording."""

import math
from collections.abc import Callable
from typing import Any

from dendrax.errors import ModelError
from dendrax.fitting._features import Features, features
from dendrax.fitting._initial_gif import initial_gif
from dendrax.neurons import EIF, LIF, AbstractNeuron, AdEx
from dendrax.parameters import fixed, learnable
from dendrax.results import Sweeps
from dendrax.units import to_quantity

# Where a cell does not spike, its threshold is somewhere above what it reached.
_SILENT_ONSET, _SILENT_RESET, _SILENT_REFRACTORY = 25.0, 10.0, 3.0


def models() -> tuple[str, ...]:
    """Return the names of the models that can be read off a recording."""
    return (*_MODELS, "gif")


def initial_model(name: str, sweeps: Sweeps) -> AbstractNeuron:
    """Return a model whose parameters are read off a recording, all learnable within wide bounds.

    Parameters
    ----------
    name : {"lif", "eif", "adex", "gif"}
    sweeps : Sweeps
        Responses to current steps, some of them without spikes; for ``"gif"`` some with. That one
        is a fit already, of the voltages between spikes: give it no sweep that you hold out.

    Returns
    -------
    AbstractNeuron

    Raises
    ------
    ModelError
        If there is no such model.
    FitError
        If the recording has no subthreshold response to a step; for ``"gif"``, if it has no spike.
    """
    if name not in models():
        raise ModelError(f"there is no model {name!r}; there are: {', '.join(models())}.")
    seen = features(sweeps)
    return initial_gif(seen, sweeps) if name == "gif" else _MODELS[name](seen)


def _within(value: float, low: float, high: float, unit: str) -> Any:
    bounds = to_quantity([low, high], unit)
    return learnable(to_quantity(value, unit), bounds=bounds)


def _around(value: float, factor: float, unit: str) -> Any:
    return _within(value, value / factor, value * factor, unit)


def _membrane(seen: Features) -> dict[str, Any]:
    _, reset, refractory = _spike(seen)
    return {
        "c_m": _around(seen.tau * seen.conductance, 5.0, "pF"),
        "g_leak": _around(seen.conductance, 5.0, "nS"),
        # Rest is measured before each step; only a fraction of a millivolt is left to the fit.
        "e_leak": _within(seen.rest, seen.rest - 1, seen.rest + 1, "mV"),
        "v_reset": _within(reset, reset - 25, reset + 15, "mV"),
        "t_ref": _within(0.5 * refractory, 0.1, 2 * refractory, "ms"),
    }


def _spike(seen: Features) -> tuple[float, float, float]:
    if not math.isnan(seen.onset):
        return seen.onset, seen.reset, seen.refractory
    onset = seen.rest + _SILENT_ONSET
    return onset, onset - _SILENT_RESET, _SILENT_REFRACTORY


def _exponential(seen: Features) -> dict[str, Any]:
    onset, *_ = _spike(seen)
    # The slope that defines the onset is reached some delta_t above v_t.
    return {
        **_membrane(seen),
        "v_t": _within(onset - 8, onset - 25, onset + 5, "mV"),
        "delta_t": _within(2.0, 0.3, 8.0, "mV"),
        "v_peak": fixed(to_quantity(onset + 30, "mV")),
    }


def _lif(seen: Features) -> LIF:
    onset, reset, _ = _spike(seen)
    top = onset + 10
    membrane = _membrane(seen)
    membrane["v_reset"] = _within(min(reset, onset - 10), reset - 25, onset - 4, "mV")
    return LIF(**membrane, v_th=_within(onset - 3, onset - 3.5, top, "mV"))


def _eif(seen: Features) -> EIF:
    return EIF(**_exponential(seen))


def _adex(seen: Features) -> AdEx:
    g = seen.conductance
    return AdEx(
        **_exponential(seen),
        a=_within(0.1 * g, -0.5 * g, 3 * g, "nS"),
        b=_within(20.0, 0.0, 500.0, "pA"),
        tau_w=_within(150.0, 10.0, 1000.0, "ms"),
    )


_MODELS: dict[str, Callable[[Features], AbstractNeuron]] = {
    "lif": _lif,
    "eif": _eif,
    "adex": _adex,
}
