"""Synapses, clamps and dendritic spikes of cells, as their sources print them."""

import numpy as np

from dendrax.mechanisms import (
    NMDA,
    CalciumSpike,
    CurrentClamp,
    DendriticSpike,
    DynamicClamp,
    VoltageClamp,
)
from dendrax.mechanisms import AbstractSynapses as Synapses
from dendrax.validation.transcriptions._mechanism import MechanismEquations, values

_OPEN = "g += arriving\narriving = 0"
# Ages (ms) that are equal but for rounding.
_TINY = "1e-7"


def exponential(mechanism: Synapses) -> MechanismEquations:
    """Return synapses of first order (Dayan & Abbott 2001, section 5.8)."""
    return MechanismEquations(
        _through(mechanism),
        rates={"g": "-g/tau"},
        constants=_without_delay(mechanism),
        is_density=False,
        can_share=True,
        marks={"arriving": 0.0},
        begin=_OPEN,
    )


def double_exponential(mechanism: Synapses) -> MechanismEquations:
    """Return synapses of second order, scaled to a peak of 1 (Roth & van Rossum 2009, 6.4)."""
    given = _without_delay(mechanism)
    return MechanismEquations(
        _through(mechanism),
        rates={"g": "rise - g/tau_decay", "rise": "-rise/tau_rise"},
        constants={**given, "peak": _peak(given["tau_rise"], given["tau_decay"])},
        is_density=False,
        can_share=True,
        marks={"arriving": 0.0},
        begin="rise += arriving/peak\narriving = 0",
    )


def _through(mechanism: Synapses) -> str:
    if isinstance(mechanism, NMDA):  # Jahr & Stevens 1990, Eq. 4
        return "g_max*g/(1 + exp(-gamma*v)*mg/mg_half)*(v - e_rev)"
    is_conductance = hasattr(mechanism, "e_rev")
    return "g_max*g*(v - e_rev)" if is_conductance else "-i_max*g"


def _without_delay(mechanism: Synapses) -> dict[str, np.ndarray]:
    return {name: value for name, value in values(mechanism).items() if name != "delay"}


def _peak(rise: np.ndarray, decay: np.ndarray) -> np.ndarray:
    """Return the maximum of ``rise decay/(decay - rise) (exp(-t/decay) - exp(-t/rise))``."""
    same = np.isclose(rise, decay, rtol=1e-9)
    other = np.where(same, 2 * decay, rise)
    factor = other * decay / (decay - other)
    at = factor * np.log(decay / other)
    unequal = factor * (np.exp(-at / decay) - np.exp(-at / other))
    return np.where(same, decay / np.e, unequal)  # an alpha function peaks at its time constant


def current_clamp(mechanism: CurrentClamp) -> MechanismEquations:
    """Return an electrode."""
    return _following(mechanism, "-level")


def dynamic_clamp(mechanism: DynamicClamp) -> MechanismEquations:
    """Return a conductance that follows a waveform (Sharp et al. 1993)."""
    return _following(mechanism, "g_max*level*(v - e_reversal)")


def _following(mechanism: CurrentClamp | DynamicClamp, current: str) -> MechanismEquations:
    return MechanismEquations(
        current,
        rates={"level": "level_slope"},
        shorthand={"t": "now"},
        constants=values(mechanism),
        is_density=False,
        marks={"level_slope": 0.0},
        driven=mechanism.waveform,
    )


def voltage_clamp(mechanism: VoltageClamp) -> MechanismEquations:
    """Return the series resistance; the electrode injects command / r_series (nA = mV / MOhm)."""
    return MechanismEquations("1e3*v/r_series", constants=values(mechanism), is_density=False)


def dendritic_spike(mechanism: DendriticSpike) -> MechanismEquations:
    """Return the sodium spike of a dendrite (Pagkalos et al. 2023, Methods)."""
    given = values(mechanism)
    fall_end = given["offset_fall"] + given["duration_fall"]
    return MechanismEquations(
        "rising*g_rise*(v - e_rise) + falling*g_fall*(v - e_fall)",
        rates={"age": "1"},
        start={"age": "1e6"},
        constants=given,
        is_density=False,
        marks={"amplitude": 0.0, "firing": 0.0, "rising": 0.0, "falling": 0.0},
        begin="age = where(firing > 0.5, 0, age)\n"
        "amplitude = where(firing > 0.5, 1, amplitude)\n"
        "firing = 0\n"
        f"rising = int(age < duration_rise - {_TINY})\n"
        f"falling = int(age > offset_fall - {_TINY})"
        f"*int(age < offset_fall + duration_fall - {_TINY})",
        corners=(given["duration_rise"], given["offset_fall"], fall_end),
    )


def calcium_spike(mechanism: CalciumSpike) -> MechanismEquations:
    """Return the dCaAP (Gidon et al. 2020, phenomenological model), as the authors ran it.

    The integrator of their code makes ``tau dA/dt = A (1 - 2 A)`` of what the code says.
    """
    return MechanismEquations(
        "-0.01*area*w*amplitude*(a - b)",
        rates={
            "age": "1",
            "a": "a*(1 - 2*a)/tau_rise",
            "b": "b*(1 - 2*b)/tau_fall",
        },
        start={"age": "1e6", "b": "0.5"},
        constants=values(mechanism),
        is_density=False,
        marks={"amplitude": 0.0, "firing": 0.0},
        begin="age = where(firing > 0.5, 0, age)\n"
        "a = where(firing > 0.5, 0.001, a)\n"
        "b = where(firing > 0.5, 0, b)\n"
        "amplitude = where(firing > 0.5,"
        " clip(exp(-(v - v_th)/((v_th - v_rest)*attenuation)), 0, 1), amplitude)\n"
        "firing = 0\n"
        f"b = where(int(b == 0)*int(age > delay - {_TINY}), 0.001, b)",
        corners=(values(mechanism)["delay"],),
    )
