"""Neurons whose voltage runs away at a spike."""

import numpy as np

from dendrax.neurons import EIF, GIF, QIF, AdEx, Izhikevich
from dendrax.validation.transcriptions._equations import Equations, membrane, numbers
from dendrax.validation.transcriptions._wrapped import waiting


def qif(model: QIF) -> Equations:
    """Return the quadratic neuron as a theta neuron (Ermentrout & Kopell 1986).

    ``(v - e_leak)/(v_t - e_leak) = 1/2 + tan(theta/2)`` makes of the quadratic form of Latham et
    al. 2000 ``tau dtheta/dt = 1 - cos(theta) + (1 + cos(theta)) (j - 1/4)``.
    """
    constants = membrane(model)
    return Equations(
        rates={
            "theta": "(1 - cos(theta) + (1 + cos(theta))*(j - 0.25))*g_leak/c_m",
            "i_syn": "-i_syn/tau_syn",
        },
        shorthand={"j": "(i_syn + bias + electrode)/(g_leak*(v_t - e_leak))"},
        start={"theta": 2 * np.arctan(-0.5)},
        condition="theta - pi",
        reset="theta = -pi",
        arrival="i_syn_post += weight",
        observed={
            # What is recorded ends 1e-3 of a period of the phase before the pole, and after it.
            "v": "e_leak + (v_t - e_leak)*clip(0.5 + tan(theta/2), -highest, highest)",
            # A guard has no natural scale: this is the one in which dendrax reports it.
            "guard": "arctan((0.5 + tan(theta/2))/pi)/pi - 0.5",
        },
        shown={"v": "v", "i_syn": "i_syn", "guard": "guard"},
        constants={**constants, "highest": np.pi / np.tan(np.pi * 1e-3)},
    )


def izhikevich(model: Izhikevich) -> Equations:
    """Return the simple model (Izhikevich 2003, Eqs. 1-3)."""
    constants = numbers(model)
    half = np.sqrt(62.5**2 - 140 / 0.04)
    top = (constants["v_peak"] + 62.5) / half
    return Equations(
        rates={
            "v": "0.04*v**2 + 5*v + 140 - u + i_syn + bias + electrode",
            "u": "a*(b*v - u)",
            "i_syn": "-i_syn/tau_syn",
        },
        start={"v": constants["v_reset"], "u": constants["b"] * constants["v_reset"]},
        condition="v - v_peak",
        reset="v = v_reset\nu += d",
        arrival="i_syn_post += weight",
        # A guard has no natural scale: this is the one in which dendrax reports it.
        observed={"guard": "x/(1 + sqrt(1 + x**2)) - highest"},
        shorthand={"x": "(v + 62.5)/half_width"},
        shown={"v": "v", "u": "u", "i_syn": "i_syn", "guard": "guard"},
        constants={**constants, "half_width": half, "highest": top / (1 + np.hypot(1, top))},
    )


def eif(model: EIF) -> Equations:
    """Return the exponential integrate-and-fire neuron (Fourcaud-Trocmé et al. 2003, Eq. 12)."""
    return _exponential(model, drag="", rates={}, reset="", shown={})


def adex(model: AdEx) -> Equations:
    """Return the adaptive exponential neuron (Brette & Gerstner 2005, Eqs. 1-3)."""
    return _exponential(
        model,
        drag=" - w",
        rates={"w": "(a*(v - e_leak) - w)/tau_w"},
        reset="w += b",
        shown={"w": "w"},
    )


def gif(model: GIF) -> Equations:
    """Return the neuron with spike-triggered currents and threshold (Mensi et al. 2012).

    As for the others ``exp((v - theta - v_t)/delta_t) = -1/z``. In the refractory period ``v``
    rests, and the threshold goes on to fall.
    """
    from scipy.optimize import root_scalar

    p = membrane(model)
    free = "free*" if p["t_ref"] > 0 else ""
    current = "g_leak*(e_leak - v) - fast - slow + g_h*opened*(e_h - v) + i_syn + bias + electrode"

    def balance(v: float) -> float:
        h = 1 / (1 + np.exp((v - p["v_h"]) / p["k_h"]))
        return p["g_leak"] * (p["e_leak"] - v) + p["g_h"] * h * (p["e_h"] - v) + p["bias"]

    rest = float(root_scalar(balance, bracket=(-200.0, 100.0), xtol=1e-13).root)
    peak = -float(np.exp(-(p["v_peak"] - p["v_t"]) / p["delta_t"]))
    equations = Equations(
        rates={
            "z": f"{free}(g_leak - z/delta_t*({current}))/c_m - z/delta_t*theta/tau_theta",
            "fast": "-fast/tau_fast",
            "slow": "-slow/tau_slow",
            "theta": "-theta/tau_theta",
            "opened": "(1/(1 + exp((v - v_h)/k_h)) - opened)/tau_h",
            "i_syn": "-i_syn/tau_syn",
        },
        shorthand={"v": "theta + v_t - delta_t*log(clip(abs(z), -z_peak, infinity))"},
        start={
            "z": -float(np.exp(-(rest - p["v_t"]) / p["delta_t"])),
            "opened": float(1 / (1 + np.exp((rest - p["v_h"]) / p["k_h"]))),
        },
        condition="z - z_peak",
        reset=(
            "theta += theta_jump\nfast += b_fast\nslow += b_slow\n"
            "z = -exp(-(v_reset - theta - v_t)/delta_t)"
        ),
        arrival="i_syn_post += weight",
        # A guard has no natural scale: this is the one in which dendrax reports it.
        observed={"guard": "delta_t*log((1 - z_peak)/(1 - z))"},
        shown={
            "v": "v",
            **{x: x for x in ("fast", "slow", "theta", "i_syn")},
            "h": "opened",
            "guard": "guard",
        },
        constants={**p, "z_peak": peak},
        # As for EIF and AdEx, the rates are singular at the peak.
        approach=(0.75, 0.1875, 0.0625),
    )
    return waiting(equations, held=())


def _exponential(
    model: EIF | AdEx, *, drag: str, rates: dict, reset: str, shown: dict
) -> Equations:
    """Return a model with the exponential spike current, in ``z = -exp(-(v - v_t)/delta_t)``.

    In ``v`` the upstroke lasts microseconds and a fixed step overflows; ``z`` runs through it at a
    bounded speed, since ``exp((v - v_t)/delta_t) = -1/z``.
    """
    p = membrane(model)
    current = f"g_leak*(e_leak - v) + i_syn + bias + electrode{drag}"

    def z(v: str) -> float:
        return -float(np.exp(-(p[v] - p["v_t"]) / p["delta_t"]))

    return waiting(
        Equations(
            rates={
                "z": f"(g_leak - z/delta_t*({current}))/c_m",
                "i_syn": "-i_syn/tau_syn",
                **rates,
            },
            # The last stages before a spike overshoot to z > 0, where log(-z) has no value. The odd
            # continuation of z log(-z) is 20 times more accurate than one that stops at the peak.
            shorthand={"v": "v_t - delta_t*log(clip(abs(z), -z_peak, infinity))"},
            start={"z": z("e_leak")},
            condition="z - z_peak",
            reset=f"z = z_reset\n{reset}",
            arrival="i_syn_post += weight",
            # A guard has no natural scale: this is the one in which dendrax reports it.
            observed={"guard": "delta_t*log((1 - z_peak)/(1 - z))"},
            shown={"v": "v", "i_syn": "i_syn", "guard": "guard", **shown},
            constants={**p, "z_peak": z("v_peak"), "z_reset": z("v_reset")},
            # The rates are singular at the peak, where log(-z) is: go there in ever smaller parts.
            approach=(0.75, 0.1875, 0.0625),
        )
    )
