import numpy as np
import pytest
import quantities as pq

import dendrax as dx

WEIGHT = np.ones((2, 3))


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
