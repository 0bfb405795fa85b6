"""Neurons whose membrane leaks, and nothing else."""

from typing import Any

from dendrax.neurons import EGRU, LIF, AdaptiveLIF, LeakyIntegrator
from dendrax.validation.transcriptions._equations import Equations, membrane, numbers
from dendrax.validation.transcriptions._wrapped import waiting

_OHM = "(g_leak*(e_leak - v) + i_syn + bias + electrode)/c_m"
_SHOWN = {"v": "v", "i_syn": "i_syn", "guard": "guard"}


def lif(model: LIF) -> Equations:
    """Return the leaky integrate-and-fire neuron (Gerstner et al. 2014, Eqs. 1.6 and 1.7)."""
    return waiting(_integrate_and_fire(model, "v_th", {}, ""))


def adaptive_lif(model: AdaptiveLIF) -> Equations:
    """Return the neuron with an adaptive threshold (Bellec et al. 2018, Eqs. 1-3, continuous)."""
    adaptation, jump = {"b_th": "-b_th/tau_th"}, "b_th += b_jump"
    return waiting(_integrate_and_fire(model, "(v_th + b_th)", adaptation, jump))


def _integrate_and_fire(
    model: Any, threshold: str, adaptation: dict[str, str], jump: str
) -> Equations:
    constants = membrane(model)
    return Equations(
        rates={"v": _OHM, "i_syn": "-i_syn/tau_syn", **adaptation},
        start={"v": constants["e_leak"]},
        condition=f"v - {threshold}",
        reset=f"v = v_reset\n{jump}",
        arrival="i_syn_post += weight",
        observed={"guard": f"v - {threshold}"},
        shown={**_SHOWN, **{name: name for name in adaptation}},
        constants=constants,
    )


def leaky_integrator(model: LeakyIntegrator) -> Equations:
    """Return the readout without threshold (König et al. 2026, section IV.A)."""
    constants = membrane(model)
    return Equations(
        rates={"v": _OHM, "i_syn": "-i_syn/tau_syn"},
        start={"v": constants["e_leak"]},
        arrival="i_syn_post += weight",
        observed={"guard": "-1"},
        shown=_SHOWN,
        constants=constants,
    )


def egru(model: EGRU) -> Equations:
    """Return the event-based recurrent unit (Subramoney et al. 2023, Eqs. 1-4 in continuous time).

    As section III.C of König et al. 2026 has it: the gates are low-pass filtered sums of spikes,
    and the reset gate of the target scales what arrives at its candidate.
    """
    return Equations(
        rates={
            "v": "(tanh(a_z) - v)/(1 + exp(-a_u))/tau_mem",
            "a_u": "(bias_u - a_u)/tau_syn",
            "a_r": "(bias_r - a_r)/tau_syn",
            "a_z": "(bias_z + electrode - a_z)/tau_syn",
        },
        start={},
        condition="v - v_th",
        reset="v -= v_th",
        arrival="a_z_post += weight_2/(1 + exp(-a_r_post))\n"
        "a_u_post += weight_0\n"
        "a_r_post += weight_1",
        observed={"guard": "v - v_th"},
        shown={name: name for name in ("v", "a_u", "a_r", "a_z", "guard")},
        constants=numbers(model),
    )
