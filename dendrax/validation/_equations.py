"""The neuron models as their papers print them, in Brian2's language.

Nothing here is derived from ``dendrax.neurons``: two independent transcriptions of a paper that
agree are worth more than one that is used twice. Numbers are in the internal units (ms, mV, pA, nS,
pF), which are coherent, so no equation needs a factor.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.neurons import EIF, LIF, AdEx, DendriticNeuron
from dendrax.parameters import parameters


@dataclass(frozen=True)
class Equations:
    """One model for Brian2.

    Attributes
    ----------
    rates : dict of str
        The right-hand side of each state, per ms. ``electrode`` is the injected current; what must
        not flow while the neuron is refractory is multiplied by ``free``.
    shorthand : dict of str
        Subexpressions, in an order in which each needs earlier ones only.
    start : dict of float
        The states at the start of a trial, where they are not 0.
    guard : str
        The distance of the spike condition from zero, for recording only.
    watched, level : str
        The neuron spikes when the state ``watched`` rises to the constant ``level``.
    reset : str
        What a spike does.
    arrival : str
        What one input spike does, given its ``weight`` and its ``site``.
    shown : dict of nested lists of str
        The variables behind each trace, nested as the trace is shaped.
    constants : dict of float
    approach : tuple of float
        In which parts to go from the start of a step to a spike within it.
    """

    rates: dict[str, str]
    shorthand: dict[str, str]
    start: dict[str, float]
    guard: str
    watched: str
    level: str
    reset: str
    arrival: str
    shown: dict[str, Any]
    constants: dict[str, float]
    approach: tuple[float, ...] = (1.0,)


def equations(model: Any) -> Equations:
    """Return the Brian2 equations of a model.

    Raises
    ------
    ModelError
        If there are none, or if the model holds parameters of more than one neuron.
    """
    transcription = _TRANSCRIPTIONS.get(type(model))
    if transcription is None:
        known = ", ".join(sorted(each.__name__ for each in _TRANSCRIPTIONS))
        raise ModelError(
            f"run_brian2 has equations for {known}; got {type(model).__name__}. "
            "Compare it with another oracle."
        )
    return transcription(model)


def _lif(model: LIF) -> Equations:
    """Return the leaky integrate-and-fire neuron (Gerstner et al. 2014, Eq. 1.6)."""
    return Equations(
        rates={
            "v": "free*(g_leak*(e_leak - v) + i_syn + bias + electrode)/c_m",
            "i_syn": "-i_syn/tau_syn",
        },
        shorthand={},
        start={"v": _scalars(model)["e_leak"]},
        guard="v - v_th",
        watched="v",
        level="v_th",
        reset="v = v_reset",
        arrival="i_syn_post += weight",
        shown={"v": "v", "i_syn": "i_syn", "guard": "guard"},
        constants=_scalars(model),
    )


def _eif(model: EIF) -> Equations:
    """Return the exponential integrate-and-fire neuron (Fourcaud-Trocmé et al. 2003, Eq. 12)."""
    return _exponential(model, drag="", rates={}, reset="", shown={})


def _adex(model: AdEx) -> Equations:
    """Return the adaptive exponential neuron (Brette & Gerstner 2005, Eqs. 1-3)."""
    return _exponential(
        model,
        drag=" - w",
        rates={"w": "(a*(v - e_leak) - w)/tau_w"},
        reset="w += b",
        shown={"w": "w"},
    )


def _exponential(
    model: EIF | AdEx, *, drag: str, rates: dict, reset: str, shown: dict
) -> Equations:
    """Return a model with the exponential spike current, in ``z = -exp(-(v - v_t)/delta_t)``.

    In ``v`` the upstroke lasts microseconds and a fixed step overflows; ``z`` runs through it at a
    bounded speed, since ``exp((v - v_t)/delta_t) = -1/z``.
    """
    p = _scalars(model)
    current = f"g_leak*(e_leak - v) + i_syn + bias + electrode{drag}"

    def z(v: str) -> float:
        return -float(np.exp(-(p[v] - p["v_t"]) / p["delta_t"]))

    return Equations(
        rates={
            "z": f"free*(g_leak - z/delta_t*({current}))/c_m",
            "i_syn": "-i_syn/tau_syn",
            **rates,
        },
        # The last stages before a spike overshoot to z > 0, where log(-z) has no value. The odd
        # continuation of z log(-z) is 20 times more accurate than one that stops at the peak.
        shorthand={"v": "v_t - delta_t*log(clip(abs(z), -z_peak, inf))"},
        start={"z": z("e_leak")},
        # A guard has no natural scale: this is the one in which dendrax reports it.
        guard="delta_t*log((1 - z_peak)/(1 - z))",
        watched="z",
        level="z_peak",
        reset=f"z = z_reset\n{reset}",
        arrival="i_syn_post += weight",
        shown={"v": "v", "i_syn": "i_syn", "guard": "guard", **shown},
        constants={**p, "z_peak": z("v_peak"), "z_reset": z("v_reset")},
        # The rates are singular at the peak, where log(-z) is: go there in ever smaller parts.
        approach=(0.75, 0.1875, 0.0625),
    )


def _dendritic(model: DendriticNeuron) -> Equations:
    """Return the neuron with dendritic spikes (König et al. 2026, Eqs. 2-5).

    With ``(v_max - v)`` in Eq. 2, and M as ``DendriticNeuron`` documents it. Dendrite
    ``d`` and its synapse ``s`` become states ``v_d`` and ``i_d_s``.
    """
    given = {name: np.asarray(entry.value) for name, entry in parameters(model).items()}
    n_dend, n_syn = given["weight"].shape
    dendrites, synapses = range(n_dend), list(product(range(n_dend), range(n_syn)))
    per_synapse = {
        name: np.broadcast_to(given[name], (n_dend, n_syn)) for name in ("weight", "tau_syn")
    }
    per_dendrite = {
        name: np.broadcast_to(given[name], (n_dend,))
        for name in ("tau_dend", "g_dend", "v_th_dend", "slope_rise", "slope_decay")
    }
    constants = {
        name: float(given[name]) for name in ("tau_mem", "v_max", "v_th", "v_reset", "bias")
    }
    for d in dendrites:
        constants |= {f"{name}_{d}": float(value[d]) for name, value in per_dendrite.items()}
        slopes = constants[f"slope_rise_{d}"], constants[f"slope_decay_{d}"]
        constants[f"summit_{d}"] = _highest_activation(*slopes) if model.normalized else 1.0
    for d, s in synapses:
        constants |= {f"{name}_{d}_{s}": float(value[d, s]) for name, value in per_synapse.items()}
    activation = "1/(1 + exp(-slope_rise_{d}*(v_{d} - v_th_dend_{d})))"
    if model.activation == "attenuating":
        activation += "/((1 + exp(slope_decay_{d}*(v_{d} - v_th_dend_{d})))*summit_{d})"
    drive = " + ".join(f"g_dend_{d}*m_{d}" for d in dendrites)
    received = {d: " + ".join(f"i_{d}_{s}" for s in range(n_syn)) for d in dendrites}
    return Equations(
        rates={
            "v": f"(-v + ({drive})*(v_max - v) + bias + electrode)/tau_mem",
            **{f"v_{d}": f"(-v_{d} + {received[d]})/tau_dend_{d}" for d in dendrites},
            **{f"i_{d}_{s}": f"-i_{d}_{s}/tau_syn_{d}_{s}" for d, s in synapses},
        },
        shorthand={f"m_{d}": activation.format(d=d) for d in dendrites},
        start={},
        guard="v - v_th",
        watched="v",
        level="v_th",
        reset="v = v_reset",
        arrival="\n".join(
            f"i_{d}_{s}_post += weight*weight_{d}_{s}*int(site == {s})" for d, s in synapses
        ),
        shown={
            "v": "v",
            "v_dend": [f"v_{d}" for d in dendrites],
            "i_syn": [[f"i_{d}_{s}" for s in range(n_syn)] for d in dendrites],
            "guard": "guard",
        },
        constants=constants,
    )


def _highest_activation(rise: float, decay: float) -> float:
    """Return the maximum of ``sigmoid(rise x) sigmoid(-decay x)``, Eq. 5 about its threshold."""
    from scipy.optimize import minimize_scalar  # which takes a while to load

    def minus_log(x: float) -> float:
        return np.logaddexp(0, -rise * x) + np.logaddexp(0, decay * x)

    far = 40 / min(rise, decay)
    found = minimize_scalar(
        minus_log, bounds=(-far, far), method="bounded", options={"xatol": 1e-9}
    )
    return float(np.exp(-found.fun))


def _scalars(model: Any) -> dict[str, float]:
    values = {name: np.asarray(entry.value) for name, entry in parameters(model).items()}
    for name, value in values.items():
        if value.ndim:
            raise ModelError(
                f"{type(model).__name__}.{name} must be one number, because run_brian2 runs one "
                f"neuron; got the shape {value.shape}. Run the neurons one by one."
            )
    scalars = {name: float(value) for name, value in values.items()}
    # The dimensionless form is the physical one with a leak of 1.
    return (
        {"c_m": scalars["tau_mem"], "g_leak": 1.0, **scalars} if "tau_mem" in scalars else scalars
    )


_TRANSCRIPTIONS = {LIF: _lif, EIF: _eif, AdEx: _adex, DendriticNeuron: _dendritic}
