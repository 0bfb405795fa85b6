"""Fits find what is to be found, go on after any interruption, and say why they cannot."""

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq
import xarray as xr
from jax.experimental.compilation_cache import compilation_cache

import dendrax as dx
from dendrax import fitting
from dendrax.fitting import _checkpoint
from tests.fitting import small_fit


@contextmanager
def keeping_code(folder):
    """Keep compiled code in a folder, from where other processes take it."""
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(folder))
    compilation_cache.reset_cache()
    yield
    jax.config.update("jax_compilation_cache_dir", before)
    compilation_cache.reset_cache()


class Complete:
    """A fit that nothing interrupted, its checkpoint, and how often its loss was traced."""

    def __init__(self, sweeps, folder):
        self.checkpoint = folder / "complete.eqx"
        self.code = folder / "code"
        self.n_traces = 0
        parts = fitting.losses.Voltage.parts

        def counting(*args):
            self.n_traces += 1
            return parts(*args)

        with pytest.MonkeyPatch.context() as patch, keeping_code(self.code):
            patch.setattr(fitting.losses.Voltage, "parts", counting)
            self.fitted = small_fit.run(sweeps, checkpoint=self.checkpoint)
            self.n_traces_of_the_first = self.n_traces
            small_fit.run(sweeps)


@pytest.fixture(scope="module")
def complete(sweeps, tmp_path_factory):
    return Complete(sweeps, tmp_path_factory.mktemp("fit"))


def test_the_provenance_says_how_a_fit_was_made(complete):
    about = complete.fitted.provenance
    assert about["model"] == "LIF"
    first, second = about["loss"].split(" + ")
    assert first.startswith("Voltage(")
    assert "scale=0.5, before=1.0, after=1.0" in first
    assert second.startswith("SpikeTimes(scale=2.0, reach=5.0")
    assert (about["steps"], about["starts"], about["seed"]) == (small_fit.STEPS, 1, 0)
    assert about["jax"] == jax.__version__
    assert set(about["data_sha256"]) <= set("0123456789abcdef")
    assert about["wall_s"] > 0
    assert all(isinstance(value, str | int | float) for value in about.values())


@pytest.fixture(scope="module")
def fitted(complete):
    return complete.fitted


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def test_a_fit_finds_the_parameters_that_made_the_sweeps(fitted):
    found = dx.parameters(fitted.model)
    for name, true in small_fit.TRUTH.items():
        # The last steps are small, not zero: they leave 0.05 %.
        np.testing.assert_allclose(found[name].value, true.magnitude, rtol=2e-3)
        assert found[name].bounds == tuple(small_fit.BOUNDS[name].magnitude)


def test_bounds_hold_at_every_step(fitted):
    for name, bounds in small_fit.BOUNDS.items():
        low, high = bounds.magnitude
        assert ((low < fitted.history[name]) & (fitted.history[name] < high)).all()


def test_every_third_trial_is_held_out(fitted):
    assert fitted.trained == (0, 1, 3, 4)
    assert fitted.held_out == (2, 5)


def test_the_history_has_units_and_the_terms_of_the_loss(fitted):
    history = fitted.history
    assert isinstance(history, xr.Dataset)
    assert dict(history.sizes) == {"step": small_fit.STEPS}
    units = {str(name): history[name].attrs["units"] for name in history}
    assert units == {
        **dict.fromkeys(("loss", "voltage_loss", "spike_time_loss", "gradient_norm"), "1"),
        **{"spike_count": "1", "c_m": "pF", "g_leak": "nS", "v_th": "mV"},
    }
    assert np.isfinite(history.to_array()).all()
    # Rounding of one addition.
    terms = history.voltage_loss + history.spike_time_loss
    np.testing.assert_allclose(history.loss, terms, rtol=1e-14)


def test_the_fitted_model_is_the_best_of_the_history(fitted):
    best = fitted.history.isel(step=int(np.argmin(fitted.history.loss.values)))
    for name in small_fit.BOUNDS:
        # Compiled code may round the transform in another way.
        np.testing.assert_allclose(dx.parameters(fitted.model)[name].value, best[name], rtol=1e-14)
    assert fitted.history.loss[0] > 1e4 * best.loss


def test_scores_are_those_of_the_trials(fitted, sweeps):
    assert fitted.score.keys() == {"trained", "held_out"}
    for name, trials in (("trained", fitted.trained), ("held_out", fitted.held_out)):
        score = fitted.score[name]
        ours = [fitted.result.spikes(trial) for trial in trials]
        theirs = [sweeps.target.spikes(trial) for trial in trials]
        counts = tuple((len(b), len(a)) for a, b in zip(ours, theirs, strict=True))
        assert score.spike_counts == counts
        assert all(recorded == model for recorded, model in counts)
        off = np.concatenate(ours) - np.concatenate(theirs)
        np.testing.assert_allclose(score.spike_time_error, np.abs(off).mean(), rtol=1e-9)
        first = [a[0] - b[0] for a, b in zip(ours, theirs, strict=True) if len(a)]
        np.testing.assert_allclose(score.latency_error, np.mean(first), rtol=1e-9)
        assert score.voltage_rmse < 0.01
    silent = fitted.result.traces["v"][:2] - sweeps.target.traces["v"][:2]
    rms = fitted.score["trained"].subthreshold_rmse
    np.testing.assert_allclose(rms, np.sqrt(np.mean(silent**2)), rtol=1e-9)
    assert np.isnan(fitted.score["held_out"].subthreshold_rmse)


def test_a_fit_compiles_once_and_another_one_not_at_all(complete):
    assert complete.n_traces_of_the_first == complete.n_traces == 1


def test_an_interrupted_fit_goes_on_as_if_nothing_had_happened(
    fitted, sweeps, tmp_path, monkeypatch
):
    file = tmp_path / "fit.eqx"
    calls = itertools.count(1)

    def save(*args):
        if next(calls) > 3:
            raise KeyboardInterrupt
        _checkpoint_save(*args)

    _checkpoint_save = _checkpoint.save
    with monkeypatch.context() as patch:
        patch.setattr(_checkpoint, "save", save)
        with pytest.raises(KeyboardInterrupt):
            small_fit.run(sweeps, checkpoint=file, checkpoint_every=20)
    resumed = small_fit.run(sweeps, checkpoint=file)
    assert_same(small_fit.columns(resumed), small_fit.columns(fitted))
    again = small_fit.run(sweeps, checkpoint=file)
    assert_same(small_fit.columns(again), small_fit.columns(fitted))


@pytest.mark.slow
@pytest.mark.parametrize("n_kills", [1, 5], ids=["once", "often"])
def test_a_fit_that_is_killed_goes_on_as_if_nothing_had_happened(n_kills, complete, tmp_path):
    checkpoint, saved = tmp_path / "fit.eqx", tmp_path / "fit.npz"
    command = [sys.executable, small_fit.__file__, str(checkpoint), str(saved)]
    # The slow test compiles anew in each process, as it is in life.
    cache = {"JAX_COMPILATION_CACHE_DIR": str(complete.code)} if n_kills == 1 else {}
    env = {**os.environ, **cache}
    delays, before = [], None
    for _ in range(n_kills):
        process = subprocess.Popen(command, env=env)
        while not checkpoint.exists() or checkpoint.stat().st_mtime_ns == before:
            assert process.poll() is None, "the fit ended before it could be killed"
            time.sleep(0.001)
        delays.append(random.uniform(0, 0.2))
        time.sleep(delays[-1])
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, f"killed after {delays} s"
        before = checkpoint.stat().st_mtime_ns
    subprocess.run(command, env=env, check=True)
    with np.load(saved) as columns:
        assert_same(dict(columns), small_fit.columns(complete.fitted))


def test_a_loss_that_is_not_finite_is_refused_with_its_step(sweeps):
    unknown = sweeps.target.traces["v"].at[1, 0, 5].set(jnp.nan)
    hole = eqx.tree_at(lambda s: s.target.traces["v"], sweeps, unknown)
    with pytest.raises(dx.FitError, match=r"step 0: the loss is nan, at \{'c_m': 1.* Lower"):
        small_fit.run(hole)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda _: b"\x89PNG\r\n\x1a\n", "is not a checkpoint. Remove it"),
        (lambda _: b"", "is not a checkpoint. Remove it"),
        (lambda whole: whole[:100], "is damaged: .* Remove it"),
        (lambda whole: whole[: len(whole) // 2], "is damaged: .* Remove it"),
        (lambda whole: whole[:-1], "is damaged: .* Remove it"),
    ],
    ids=["picture", "empty", "beginning", "half", "almost"],
)
def test_a_damaged_checkpoint_is_refused(damage, message, complete, sweeps, tmp_path):
    file = tmp_path / "fit.eqx"
    file.write_bytes(damage(complete.checkpoint.read_bytes()))
    with pytest.raises(dx.FitError, match=message):
        small_fit.run(sweeps, checkpoint=file)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 10},
        {"held_out": [0]},
        {"loss": dx.losses.voltage(1 * pq.mV, before=1 * pq.ms, after=1 * pq.ms)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_checkpoint_of_another_fit_is_refused(change, complete, sweeps):
    with pytest.raises(dx.FitError, match="belongs to another fit"):
        small_fit.run(sweeps, checkpoint=complete.checkpoint, **change)


@pytest.mark.parametrize(
    ("held_out", "message"),
    [
        ([6], "held_out names trial 6; there are trials 0 to 5"),
        (range(6), "held_out leaves no trial to fit"),
    ],
)
def test_trials_that_cannot_be_held_out_are_named(held_out, message, sweeps):
    with pytest.raises(dx.FitError, match=message):
        small_fit.run(sweeps, held_out=held_out)


def test_sweeps_are_sampled_where_the_simulator_records():
    recorded = dx.default_recording()
    record = dx.Record("v", every=1 * pq.ms)
    on_grid, inputs = fitting.on_grid(recorded, dx.Simulator(300 * pq.ms, record=record))
    assert inputs is recorded.inputs
    np.testing.assert_array_equal(on_grid.times, np.arange(301.0))
    at = np.searchsorted(recorded.target.times, on_grid.times - 1e-6)
    np.testing.assert_array_equal(on_grid.traces["v"], recorded.target.traces["v"][..., at])
    for trial in range(on_grid.n_trials):
        spikes = recorded.target.spikes(trial)
        np.testing.assert_array_equal(on_grid.spikes(trial), spikes[spikes < 300])


def test_a_simulation_that_is_longer_than_the_sweeps_is_refused():
    record = dx.Record("v", every=1 * pq.ms)
    with pytest.raises(dx.FitError, match=r"must not be longer than the sweeps.* Lower"):
        fitting.on_grid(dx.default_recording(), dx.Simulator(2000 * pq.ms, record=record))


def test_a_simulator_that_records_nothing_has_no_grid():
    with pytest.raises(dx.FitError, match=r"records nothing. Give it record="):
        fitting.on_grid(dx.default_recording(), dx.Simulator(300 * pq.ms))
