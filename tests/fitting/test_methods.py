"""Starts, batches, least squares and early stopping: the ways in which a fit may go."""

import equinox as eqx
import jax
import numpy as np
import optax
import optimistix
import pytest
import quantities as pq

import dendrax as dx
from dendrax.fitting import to_free
from dendrax.fitting._starts import scatter
from dendrax.fitting.losses._compared import Compared
from tests.fitting import small_fit

SOLVER = optimistix.LevenbergMarquardt(rtol=1e-10, atol=1e-10)


def at(fitted, name):
    return float(dx.parameters(fitted.model)[name].value)


@pytest.fixture(scope="module")
def exact(sweeps):
    return small_fit.run(sweeps, optimizer=SOLVER, steps=30)


def test_least_squares_find_the_truth_to_rounding(exact):
    for name, true in small_fit.TRUTH.items():
        np.testing.assert_allclose(at(exact, name), true.magnitude, rtol=1e-9)


def test_least_squares_stop_when_they_are_there(exact):
    assert exact.history.sizes["step"] < 25
    # The loss never rises: a step that would is refused.
    assert (np.diff(exact.history.loss) <= 0).all()


def test_a_loss_that_is_no_sum_of_squares_is_refused(sweeps):
    class Mean(dx.losses.AbstractLoss):
        records = ("v",)
        terms = ("mean",)

        def parts(self, result, _, /):
            return {"mean": result.traces["v"].mean()}

    with pytest.raises(dx.FitError, match=r"Mean is not a sum of squares.* optimizer of optax"):
        small_fit.run(sweeps, loss=Mean(), optimizer=SOLVER)


def test_what_is_no_optimizer_is_refused(sweeps):
    with pytest.raises(dx.FitError, match="optimizer must be a gradient transformation"):
        small_fit.run(sweeps, optimizer="adam")


def test_starts_are_the_model_and_points_within_the_bounds():
    model = small_fit.cell(small_fit.START)
    starts = scatter(model, 64, seed=3)
    first = jax.tree.map(lambda x: x[0], starts)
    assert first == to_free(model)
    drawn = jax.vmap(lambda free: dx.with_free(model, free).c_m.value)(starts)
    low, high = small_fit.BOUNDS["c_m"].magnitude
    # Sixty-three uniform draws leave no quarter of the interval empty but once in 10^7.
    counts, _ = np.histogram(drawn[1:], bins=4, range=(low, high))
    assert counts.sum() == 63
    assert counts.min() > 0
    again = scatter(model, 64, seed=3)
    jax.tree.map(np.testing.assert_array_equal, again, starts)
    assert np.all(scatter(model, 64, seed=4)["c_m"][1:] != starts["c_m"][1:])


@pytest.fixture(scope="module")
def scattered(sweeps):
    return small_fit.run(sweeps, optimizer=SOLVER, steps=30, starts=8)


def test_the_best_of_the_starts_is_kept_and_all_are_told(scattered):
    starts = scattered.starts
    assert starts.sizes == {"start": 8}
    assert starts.c_m.attrs["units"] == "pF"
    best = int(np.argmin(starts.best_loss.values))
    np.testing.assert_allclose(at(scattered, "c_m"), starts.c_m[best], rtol=1e-14)
    np.testing.assert_allclose(scattered.history.loss.min(), starts.best_loss[best], rtol=1e-14)
    np.testing.assert_allclose(at(scattered, "v_th"), -52, rtol=1e-9)


def test_a_start_does_not_know_of_the_others(scattered, exact):
    """Alone or among others, the model itself comes to the same point."""
    np.testing.assert_allclose(scattered.starts.g_leak[0], at(exact, "g_leak"), rtol=1e-9)


def test_a_start_that_fails_does_not_sink_the_others(sweeps):
    class Forbidden(dx.losses.AbstractLoss):
        """NaN where the threshold is low, as a simulation that fails would give."""

        records = ("v",)
        terms = ("forbidden",)
        wall: float = eqx.field(static=True, default=-52.0)

        def parts(self, result, sweeps, /):
            lowest = result.traces["v"].max() < self.wall
            close = (result.traces["v"] - sweeps.target.traces["v"]) ** 2
            return {"forbidden": jax.numpy.where(lowest, jax.numpy.nan, close.mean())}

    fitted = small_fit.run(sweeps, loss=Forbidden(), steps=5, starts=8)
    failed = fitted.starts.has_failed.values
    assert failed.any()
    assert not failed.all()
    assert np.isfinite(fitted.history.loss).all()


class Noting(dx.losses.Voltage):
    """A loss that tells the currents of the trials that it was given."""

    batches = []

    def parts(self, result, sweeps, /):
        first = sweeps.inputs.current.value[:, 0]
        jax.debug.callback(lambda x: self.batches.append(np.ravel(x)), first)
        return super().parts(result, sweeps)


@pytest.fixture(scope="module")
def restless(sweeps):
    """Return a fit in batches, with a frozen group, too fast to be patient with."""
    groups = {"c_m": "frozen", "g_leak": "fast", "v_th": "fast"}
    optimizer = optax.partition({"frozen": optax.sgd(0.0), "fast": optax.adam(1.0)}, groups)
    loss = Noting("v", Compared(), scale=1.0, before=1.0, after=1.0)
    options = {"loss": loss, "optimizer": optimizer, "batch_size": 2, "patience": 5}
    fitted = small_fit.run(sweeps, **options)
    jax.effects_barrier()
    return fitted


def test_batches_take_each_trial_once_before_any_comes_again(restless):
    trained, held_out = {-60.0, 100.0, 220.0, 260.0}, {170.0, 300.0}
    steps = [set(batch) for batch in Noting.batches if not set(batch) <= held_out]
    n = restless.history.sizes["step"]
    assert len(steps) >= n
    for first, second in zip(steps[:n:2], steps[1:n:2], strict=False):
        assert first | second == trained


def test_patience_ends_a_fit_and_keeps_the_best_held_out_step(restless):
    losses = restless.history.held_out_loss.values
    best = int(np.argmin(losses))
    assert len(losses) == best + 6 < small_fit.STEPS
    np.testing.assert_allclose(at(restless, "v_th"), restless.history.v_th[best], rtol=1e-14)


def test_groups_of_parameters_have_rates_of_their_own(restless):
    assert np.ptp(restless.history.c_m.values) == 0
    assert np.ptp(restless.history.v_th.values) > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patience": 5, "held_out": []}, "need trials to watch"),
        ({"batch_size": 5}, "batch_size must be 1 to 4, the number of trained trials; got 5"),
        ({"starts": 0}, "starts must be 1 to inf, .*; got 0"),
    ],
    ids=["no trial to watch", "batch", "starts"],
)
def test_impossible_options_are_refused(options, message, sweeps):
    with pytest.raises(dx.FitError, match=message):
        small_fit.run(sweeps, **options)


def test_a_model_that_stays_silent_is_told_of(sweeps):
    loss = dx.losses.voltage(0.5 * pq.mV, before=1 * pq.ms, after=1 * pq.ms)
    silent = small_fit.cell({**small_fit.START, "v_th": -41 * pq.mV})
    options = {"loss": loss, "optimizer": optax.sgd(0.0), "steps": 1}
    with pytest.warns(RuntimeWarning, match="never spikes, the recording does.* starts"):
        dx.fit(silent, sweeps, small_fit.SIMULATOR, **options)
