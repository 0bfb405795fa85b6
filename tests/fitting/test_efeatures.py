"""Features of electrophysiology against eFEL."""

from dataclasses import replace
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

MS, MV = pq.ms, pq.mV
RECORDINGS = Path(__file__).parents[2] / "../shared/data/recordings"


def of_efel(sweeps, window, threshold, names):
    """Return what eFEL finds in each sweep."""
    efel = pytest.importorskip("efel")
    t = np.asarray(sweeps.target.times)

    def amplitude(trial):
        current = jax.tree.map(lambda x: x[trial], sweeps.inputs.current)
        return float(current(sum(window) / 2) - current(0.95 * window[0])) / 1000  # nA

    efel.reset()
    efel.set_setting("strict_stiminterval", True)
    efel.set_setting("interp_step", float(t[1] - t[0]))
    efel.set_threshold(threshold)
    traces = [
        {
            "T": t,
            "V": np.asarray(sweeps.target.traces["v"][trial, 0], float),
            "stim_start": [window[0]],
            "stim_end": [window[1]],
            "stimulus_current": [amplitude(trial)],
        }
        for trial in range(sweeps.target.n_trials)
    ]
    found = efel.get_feature_values(traces, names, raise_warnings=False)
    efel.reset()
    return found


def compare(sweeps, window, threshold):
    """Compare all features of all sweeps, and return how many values of each there were."""
    ours = dx.efeatures(sweeps, window * MS, threshold=threshold * MV)
    names = [str(name) for name in ours if name != "spike_count"]
    period = float(sweeps.target.times[1] - sweeps.target.times[0])
    n_values = dict.fromkeys(names, 0)
    for trial, theirs in enumerate(of_efel(sweeps, window, threshold, names)):
        for name in names:
            value = np.ravel(ours[name].values[trial, 0])
            value = value[np.isfinite(value)]
            expected = np.ravel([] if theirs[name] is None else theirs[name])
            # Where the slope passes 10 mV/ms, or at the next sample, until which the voltage has
            # risen by less than 30 mV/ms; all else to the rounding of eFEL's own interpolation.
            atol = 30 * period if name in ("AP_begin_voltage", "AP_amplitude") else 1e-6
            np.testing.assert_allclose(value, expected, atol=atol, err_msg=f"{name}, {trial}")
            n_values[name] += len(value)
    return n_values


def at_sixteen_to_a_ms(sweeps, period):
    """Return sweeps whose sample times have no rounding, which otherwise decides between ties."""
    target, current = sweeps.target, sweeps.inputs.current
    slower = 0.0625 / period
    times = jnp.arange(len(target.times)) * 0.0625
    inputs = eqx.tree_at(lambda i: i.current.start, sweeps.inputs, current.start * slower)
    return dx.Sweeps(replace(target, times=times, t_stop=target.t_stop * slower), inputs), slower


def test_the_default_recording_has_the_features_of_efel():
    n_values = compare(dx.default_recording(), (50.0, 550.0), -20.0)
    assert n_values["peak_time"] == n_values["AP_begin_voltage"] == 34
    assert n_values["sag_amplitude"] == 2
    assert n_values["ohmic_input_resistance_vb_ssse"] == 10


@pytest.mark.parametrize(
    ("name", "period", "window", "threshold"),
    [
        ("171116sh_0018.abf", 0.05, (146.8, 646.8), -20.0),
    ],
)
@pytest.mark.slow
def test_recordings_have_the_features_of_efel(name, period, window, threshold):
    if not (RECORDINGS / name).is_file():
        pytest.skip("the recordings are not part of the project and are not here")
    sweeps, slower = at_sixteen_to_a_ms(dx.read_recording(RECORDINGS / name), period)
    window = tuple(round(slower * edge / 0.0625) * 0.0625 for edge in window)
    n_values = compare(sweeps, window, threshold)
    assert min(n_values.values()) > 0


def test_a_table_has_units_and_needs_its_trace():
    target, inputs = dx.default_recording()
    measured = dx.efeatures(target, (50, 550) * MS)
    assert measured.spike_half_width.dims == ("trial", "neuron", "spike")
    assert measured.spike_half_width.attrs["units"] == "ms"
    assert measured.ohmic_input_resistance_vb_ssse.isnull().all()  # of an unknown current
    measured = dx.efeatures(target, (50, 550) * MS, inputs=inputs)
    assert (measured.ohmic_input_resistance_vb_ssse > 0).all()
    with pytest.raises(dx.FitError, match="no trace 'dend'; it has v"):
        dx.efeatures(target, (50, 550) * MS, trace="dend")


def test_the_peak_is_continuous_where_the_first_spike_appears():
    target, inputs = dx.take(dx.thin(dx.default_recording(), 0.5 * MS), [9])
    loss = eqx.filter_jit(
        dx.losses.electrophysiology((50, 550) * MS, peak_voltage=1 * MV, max_spikes=12)
    )
    t = target.times

    def value(height):
        v = (-70 + (height + 50) * jnp.exp(-((t - 100.0) ** 2)))[None, None]
        model = eqx.tree_at(lambda r: r.traces["v"], target, v)
        return float(loss(model, dx.Sweeps(target, inputs)))

    # From -20.001 to -19.999 mV: a slope of twice the distance, about 50 mV, in 1 mV.
    assert 0 < value(-0.001) - value(0.001) < 0.3
    assert value(-20.0) > value(0.0) > value(20.0)
