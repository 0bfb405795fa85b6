"""What a recording tells at a glance, and the models that start from it."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
from hypothesis import given, settings
from hypothesis import strategies as st

import dendrax as dx
from dendrax.fitting import features, initial_model, models
from dendrax.fitting._free import to_free

TIMES = np.arange(0, 350, 0.1)
START, STOP = 50.0, 250.0


def sweeps(v, amplitudes, spikes=()):
    n = len(amplitudes)
    spikes = jnp.tile(jnp.asarray(spikes, dtype=float), (n, 1, 1))
    target = dx.SimulationResult(
        spike_times=spikes,
        spike_slope=jnp.ones_like(spikes),
        times=jnp.asarray(TIMES),
        traces={"v": jnp.asarray(v)[:, None]},
        status=jnp.zeros((n, 1), int),
        n_steps=jnp.zeros((n, 1), int),
        t_reached=jnp.full((n, 1), 350.0),
        t_stop=350.0,
        units=(("v", "mV"),),
    )
    steps = [dx.step_current(a * pq.pA, START * pq.ms, STOP * pq.ms) for a in amplitudes]
    return dx.Sweeps(target, dx.Inputs(steps))


def passive(rest=-65.0, conductance=10.0, tau=15.0, amplitudes=(-50.0, -20.0, 30.0)):
    """Return the responses of a resistor and a capacitor, in closed form."""

    def charged(t):
        return np.where(t > 0, -np.expm1(-np.maximum(t, 0) / tau), 0.0)

    shape = charged(TIMES - START) - charged(TIMES - STOP)
    v = rest + np.outer(amplitudes, shape) / conductance
    return sweeps(v, amplitudes)


@settings(max_examples=20)
@given(rest=st.floats(-90, -50), conductance=st.floats(1, 50), tau=st.floats(5, 20))
def test_the_features_of_a_passive_cell_are_its_parameters(rest, conductance, tau):
    seen = features(passive(rest, conductance, tau))
    np.testing.assert_allclose(seen.rest, rest, atol=1e-9)
    # The voltage is called steady from 80 of 100 ms on, four or more time constants.
    np.testing.assert_allclose(seen.conductance, conductance, rtol=0.01)
    # To the sampling period, and to what is missing of the steady state.
    np.testing.assert_allclose(seen.tau, tau, rtol=0.01, atol=0.2)
    assert np.isnan([seen.onset, seen.reset, seen.refractory]).all()


def test_the_features_of_a_spike_are_its_corners():
    corners = [(0, -70), (90, -70), (100, -45), (104, 35), (108, -75), (160, -65), (350, -65)]
    spiking = np.interp(TIMES, *zip(*corners, strict=True))
    quiet = passive(-70.0).target.traces["v"][0, 0]
    both = sweeps([spiking, quiet], (100.0, -50.0), [104.0])
    only_the_first = both.target.spike_times.at[1].set(np.inf)
    seen = features(eqx.tree_at(lambda s: s.target.spike_times, both, only_the_first))
    # The slope is known between samples: one or two at 20 mV/ms.
    np.testing.assert_allclose(seen.onset, -45.0, atol=4.1)
    np.testing.assert_allclose(seen.reset, -75.0, atol=1e-9)
    np.testing.assert_allclose(seen.refractory, 4.0, atol=0.11)
    np.testing.assert_allclose(seen.tau, 15.0, atol=0.2)


def test_the_recording_that_comes_along_is_a_cell():
    seen = features(dx.default_recording())
    assert -75 < seen.rest < -60
    assert 1 < seen.conductance < 10
    assert 10 < seen.tau < 80
    assert seen.rest < seen.reset < seen.onset < -20
    assert 0 < seen.refractory < 10


def test_the_features_of_a_cell_of_the_laboratory(recording):
    seen = features(dx.read_recording(recording))
    np.testing.assert_allclose(seen.rest, -62.0, atol=1.0)
    np.testing.assert_allclose(1e3 / seen.conductance, 100.0, rtol=0.15)
    assert 5 < seen.tau < 40
    assert seen.rest < seen.onset < -20


def test_a_recording_without_steps_is_refused():
    with pytest.raises(dx.FitError, match="no step of current without spikes"):
        features(passive(amplitudes=(0.0,)))


def test_a_voltage_that_does_not_follow_the_current_is_refused():
    recorded = passive()
    wrong = dx.Sweeps(recorded.target, passive(amplitudes=(50.0, 20.0, -30.0)).inputs)
    with pytest.raises(dx.FitError, match="the voltage does not follow the current"):
        features(wrong)


@pytest.mark.parametrize("name", [name for name in models() if name != "gif"])
@pytest.mark.parametrize("cell", [passive, dx.default_recording], ids=["silent", "spiking"])
def test_a_model_that_is_read_off_a_recording_can_be_fitted(name, cell):
    recorded = cell()
    seen, model = features(recorded), initial_model(name, recorded)
    assert type(model).__name__.lower() == name
    np.testing.assert_allclose(model.g_leak.value, seen.conductance)
    np.testing.assert_allclose(model.c_m.value, seen.tau * seen.conductance)
    assert {"c_m", "g_leak"} <= to_free(model).keys()  # which refuses a start on a bound


def test_an_unknown_model_is_refused():
    with pytest.raises(
        dx.ModelError, match="there is no model 'hh'; there are: lif, eif, adex, gif"
    ):
        initial_model("hh", passive())
