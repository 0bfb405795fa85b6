import numpy as np
import pytest
import quantities as pq

import dendrax as dx

WEIGHT = np.ones((2, 3))
TAU = {"tau_mem": 20 * pq.ms}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: dx.LIF(c_m=200.0), dx.UnitError, r"LIF.c_m must be a capacitance .*; got 200.0"),
        (lambda: dx.LIF(tau_syn=5 * pq.mV), dx.UnitError, r"LIF.tau_syn must be a time"),
        (lambda: dx.LIF(g_leak=-1 * pq.nS), dx.ModelError, r"LIF.g_leak must lie in \(0, inf\) nS"),
        (
            lambda: dx.LIF(v_reset=-40 * pq.mV),
            dx.ModelError,
            r"LIF.v_reset must lie below v_th = -50.0 mV; got -40.0 mV",
        ),
        (lambda: dx.LIF(e_leak=-50 * pq.mV), dx.ModelError, r"LIF.e_leak must lie below v_th"),
        (lambda: dx.EIF(v_t=1 * pq.mV), dx.ModelError, r"EIF.v_t must lie below v_peak"),
        (lambda: dx.AdEx(v_reset=1 * pq.mV), dx.ModelError, r"AdEx.v_reset must lie below v_peak"),
        (lambda: dx.AdEx(e_leak=1 * pq.mV), dx.ModelError, r"AdEx.e_leak must lie below v_peak"),
        (lambda: dx.AdEx(delta_t=0 * pq.mV), dx.ModelError, r"AdEx.delta_t must lie in"),
        (
            lambda: dx.DendriticNeuron(weight=WEIGHT, tau_syn=[[5, 6]] * pq.ms),
            dx.ModelError,
            r"tau_syn must be a scalar or have the shape \(2, 3\) that weight asks for; "
            r"got \(1, 2\)",
        ),
        (
            lambda: dx.DendriticNeuron(weight=WEIGHT, g_dend=[1, 2, 3]),
            dx.ModelError,
            r"g_dend must be a scalar or have the shape \(2,\) that weight asks for; got \(3,\)",
        ),
        (
            lambda: dx.DendriticNeuron(weight=[1.0]),
            dx.ModelError,
            r"weight must have the axes \(dendrite, synapse\)",
        ),
        (
            lambda: dx.DendriticNeuron(weight=WEIGHT, v_reset=1.5),
            dx.ModelError,
            r"DendriticNeuron.v_reset must lie below v_th",
        ),
        (lambda: dx.LIF(**TAU, v_th=-50 * pq.mV), dx.UnitError, r"LIF.v_th must be a number wi"),
        (lambda: dx.LIF(v_th=1.0), dx.UnitError, r"LIF.v_th must be a voltage .*; got 1.0 without"),
        (lambda: dx.LIF(**TAU, v_reset=1.0), dx.ModelError, r"v_reset must lie below v_th = 1.0"),
        (lambda: dx.LIF(tau_mem=0 * pq.ms), dx.ModelError, r"LIF.tau_mem must lie in \(0, inf\)"),
        (
            lambda: dx.EIF(**TAU, c_m=9 * pq.pF, g_leak=1 * pq.nS),
            dx.ModelError,
            r"EIF must be given in one form; got c_m and g_leak of the physical form and tau_mem",
        ),
        (lambda: dx.QIF(e_leak=-50 * pq.mV), dx.ModelError, r"QIF.e_leak must lie below v_t = -50"),
        (lambda: dx.QIF(**TAU, v_t=[1.0, -1.0]), dx.ModelError, r"QIF.e_leak must lie below v_t"),
        (
            lambda: dx.AdaptiveLIF(e_leak=-50 * pq.mV),
            dx.ModelError,
            r"AdaptiveLIF.e_leak must lie below v_th",
        ),
        (
            lambda: dx.AdaptiveLIF(**TAU, b_jump=-0.1),
            dx.ModelError,
            r"AdaptiveLIF.b_jump must lie in \[0, inf\) 1; got -0.1",
        ),
        (
            lambda: dx.Izhikevich(v_reset=30 * pq.mV),
            dx.ModelError,
            r"Izhikevich.v_reset must lie b",
        ),
        (lambda: dx.EGRU(v_th=0.0), dx.ModelError, r"EGRU.v_th must lie in \(0, inf\)"),
        (lambda: dx.Refractory(dx.QIF(), t_ref=1.0), dx.UnitError, r"Refractory.t_ref must be a"),
        (
            lambda: dx.Refractory(dx.QIF(), t_ref=-1 * pq.ms),
            dx.ModelError,
            r"Refractory.t_ref must lie in \[0, inf\) ms",
        ),
        (
            lambda: dx.Refractory(dx.QIF(), t_ref=1 * pq.ms, held=("v",)),
            dx.ModelError,
            r"Refractory.held must name .* of the state of QIF; got 'v'. It has: i_syn, phi",
        ),
        (lambda: dx.DendriticNeuron(weight=WEIGHT * pq.pA), dx.UnitError, r"weight must be a numb"),
    ],
)
def test_an_inconsistent_model_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("model", [dx.LIF, dx.EIF, dx.AdEx])
def test_arguments_are_keywords(model):
    with pytest.raises(TypeError, match="positional"):
        model(200 * pq.pF)
