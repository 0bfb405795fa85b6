"""Losses of recordings: derivatives through a cell that spikes, and what holds for all of them."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

MS, MV, PER_CM2 = pq.ms, pq.mV, pq.mS / pq.cm**2
STEP = (5, 35) * MS
LOSSES = {
    "voltage": dx.losses.voltage(2 * MV, 1 * MS, 2 * MS, window=STEP, weights=[1, 2, 1, 3]),
    "voltage_mse": dx.losses.voltage_mse(5 * MV, window=(5, 20) * MS),
    "summary": dx.losses.summary(
        [(0, 5), (5, 35)] * MS, 3 * MV, statistics=("mean", "std", "min", "max")
    ),
    "soft_dtw": dx.losses.soft_dtw(5 * MV, gamma=0.5, band=3 * MS, window=(5, 13) * MS),
    "van_rossum": dx.losses.van_rossum(5 * MS),
    "spike_alignment": dx.losses.spike_alignment(0.2 / MS, gamma=0.2, weights=[1, 1, 2, 1]),
    "latency": dx.losses.latency(2 * MS, reach=1 * MS, window=STEP),
    "spike_count": dx.losses.spike_count(window=STEP),
    "electrophysiology": dx.losses.electrophysiology(
        STEP,
        max_spikes=4,
        voltage_base=1 * MV,
        steady_state_voltage_stimend=2 * MV,
        maximum_voltage=2 * MV,
        sag_amplitude=1 * MV,
        ohmic_input_resistance_vb_ssse=50 * pq.MOhm,
        peak_voltage=5 * MV,
        AP_begin_voltage=2 * MV,
        AP_amplitude=5 * MV,
        spike_half_width=0.2 * MS,
        AHP_depth=2 * MV,
    ),
}
each_loss = pytest.mark.parametrize("name", LOSSES)


def cell(g_na):
    shape = dx.discretize(dx.single_compartment(20 * pq.um, 20 * pq.um), n_per_section=1)
    sodium = dx.learnable(g_na * PER_CM2, bounds=(10, 1000) * PER_CM2)
    passive = dx.Passive(g_leak=0.3 * PER_CM2, e_leak=-54.4 * MV)
    squid = dx.HodgkinHuxley("soma", g_na=sodium)
    return dx.Cell(shape, [passive, squid], celsius=6.3, v_th=-20 * MV)


MODEL, TRUTH = cell(105.0), cell(120.0)
INPUTS = dx.Inputs([dx.step_current(i * pq.pA, *STEP) for i in (-20, 32, 60, 150)])
# What the losses compare, and no more.
SIMULATOR = dx.Simulator(
    40 * MS,
    0.05 * MS,
    record=dx.Record("v", "guard", every=0.1 * MS),
    max_spikes=4,
    adjoint="forward",
)


@jax.jit
def simulated(free):
    """Return the result of a cell, and its derivative along all parameters together."""
    along = jax.tree.map(jnp.ones_like, free)
    return jax.jvp(lambda at: SIMULATOR(dx.with_free(MODEL, at), INPUTS), (free,), (along,))


@pytest.fixture(scope="module")
def target():
    return dx.Sweeps(simulated(dx.to_free(TRUTH))[0], INPUTS)


@pytest.fixture(scope="module")
def model():
    return simulated(dx.to_free(MODEL))


@pytest.fixture(scope="module")
def beside():
    """Return the step, and the results of the model a step up and a step down."""
    step = 1e-5
    free = dx.to_free(MODEL)
    return step, [simulated(jax.tree.map(lambda x, by=by: x + by, free))[0] for by in (step, -step)]


@cache
def evaluation(name):
    return eqx.filter_jit(eqx.filter_value_and_grad(LOSSES[name]))


def evaluated(name, result, sweeps):
    """Return a loss and its gradient with respect to traces and spike times."""
    return evaluation(name)(result, sweeps)


def along(gradient, tangent):
    pairs = [(gradient.spike_times, tangent.spike_times)]
    pairs += [(gradient.traces[name], tangent.traces[name]) for name in ("v", "guard")]
    return sum(float(jnp.vdot(a, b)) for a, b in pairs)


def test_the_cell_is_one_to_learn_from(model, target):
    # One sweep below threshold, one in which the model misses the only spike, one in which it
    # misses the last.
    assert target.target.spike_counts.ravel().tolist() == [0, 1, 1, 3]
    assert model[0].spike_counts.ravel().tolist() == [0, 0, 1, 2]


@each_loss
def test_derivatives_are_differences(name, model, target, beside):
    result, tangent = model
    value, gradient = evaluated(name, result, target)
    step, (above, below) = beside
    values = [float(evaluated(name, each, target)[0]) for each in (above, below)]
    difference = (values[0] - values[1]) / (2 * step)
    assert value > 0
    assert abs(difference) > 1e-4
    # The third derivative of a spike time is 1e4 ms: with this step it shows in the eighth digit.
    np.testing.assert_allclose(along(gradient, tangent), difference, rtol=1e-6)


@each_loss
def test_equal_results_cost_nothing(name, target):
    # But for the rounding of sums of ones.
    assert abs(evaluated(name, target.target, target)[0]) < 1e-15


@pytest.mark.parametrize(
    "name",
    [
        name
        if name in ("van_rossum", "spike_count")
        else pytest.param(name, marks=pytest.mark.slow)  # each is compiled once more
        for name in LOSSES
    ],
)
def test_float32_gives_the_same_but_for_rounding(name, model, target):
    half = jax.tree.map(
        lambda x: x.astype(jnp.float32) if jnp.issubdtype(x.dtype, jnp.floating) else x,
        (model[0], target),
    )
    value, gradient = evaluated(name, *half)
    expected = evaluated(name, model[0], target)[0]
    # Features that are read off a slope divide rounding of 100 mV by 0.1 ms.
    np.testing.assert_allclose(value, expected, rtol=1e-3)
    assert gradient.traces["v"].dtype == jnp.float32
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(eqx.filter(gradient, eqx.is_array)))


@each_loss
@pytest.mark.parametrize("silent", ["model", "recording", "both"])
def test_without_spikes_gradients_are_finite(name, silent, model, target):
    def quiet(result):
        v = -65.0 + 0.0 * result.traces["v"]
        traces = {"v": v, "guard": v + 20.0}
        spikes = jnp.full_like(result.spike_times, jnp.inf)
        return eqx.tree_at(lambda r: (r.traces, r.spike_times), result, (traces, spikes))

    ours = model[0] if silent == "recording" else quiet(model[0])
    theirs = target if silent == "model" else target._replace(target=quiet(target.target))
    value, gradient = evaluated(name, ours, theirs)
    assert value < 1e-20 if silent == "both" else np.isfinite(value)
    leaves = (gradient.spike_times, gradient.traces["v"], gradient.traces["guard"])
    assert all(np.isfinite(x).all() for x in leaves)


@pytest.mark.parametrize("name", ["voltage", "voltage_mse", "summary", "latency"])
def test_squares_of_residuals_are_twice_the_loss(name, model, target):
    residuals = eqx.filter_jit(LOSSES[name].residuals)(model[0], target)
    np.testing.assert_allclose(residuals @ residuals / 2, evaluated(name, model[0], target)[0])


@pytest.mark.slow
def test_squares_of_residuals_of_features_are_twice_the_loss(model, target):
    test_squares_of_residuals_are_twice_the_loss("electrophysiology", model, target)


def test_they_add_up_with_weights(model, target):
    both = LOSSES["van_rossum"] + 2 * LOSSES["voltage_mse"]
    expected = [evaluated(name, model[0], target)[0] for name in ("van_rossum", "voltage_mse")]
    value = eqx.filter_jit(both)(model[0], target)
    np.testing.assert_allclose(value, expected[0] + 2 * expected[1])
    assert both.records == ("v",)
    assert both.terms == ("van_rossum", "voltage_mse")


def test_many_results_at_once(model, target):
    loss = LOSSES["van_rossum"]
    stacked = jax.tree.map(lambda *x: np.stack(x), model[0], target.target)
    values = eqx.filter_jit(eqx.filter_vmap(loss, in_axes=(0, None)))(stacked, target)
    expected = evaluated("van_rossum", model[0], target)[0]
    np.testing.assert_allclose(values, [expected, 0.0], atol=1e-12)


def test_a_probe_of_the_recording_is_compared(model, target):
    loss = dx.losses.voltage_mse(1 * MV, trace="dend")
    assert loss.records == ("dend",)
    pair = [
        eqx.tree_at(lambda r: r.traces, each, {"dend": each.traces["v"]})
        for each in (model[0], target.target)
    ]
    expected = dx.losses.voltage_mse(1 * MV)(model[0], target)
    assert loss(pair[0], target._replace(target=pair[1])) == expected
    with pytest.raises(dx.FitError, match="trace 'dend'; the result has guard, v"):
        loss(model[0], target)
    with pytest.raises(dx.FitError, match="same samples"):
        dx.losses.voltage_mse(1 * MV)(model[0], dx.thin(target, 0.2 * MS))


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: dx.losses.voltage_mse(5 * MS), dx.UnitError, "scale must be a voltage"),
        (
            lambda: dx.losses.voltage_mse(5 * MV, window=(5, 3) * MS),
            dx.FitError,
            "start and a later stop",
        ),
        (
            lambda: dx.losses.voltage_mse(5 * MV, window=(5, 9) * MV),
            dx.UnitError,
            "window must be a time",
        ),
        (lambda: dx.losses.voltage_mse(5 * MV, weights=[[1, 2]]), dx.FitError, "one row"),
        (lambda: dx.losses.voltage_mse(5 * MV, weights=[1, -1]), dx.FitError, "none negative"),
        (lambda: dx.losses.summary([], 1 * MV), dx.FitError, "needs windows"),
        (
            lambda: dx.losses.summary([(0, 1)] * MS, 1 * MV, statistics=["median"]),
            dx.FitError,
            "median",
        ),
        (lambda: dx.losses.soft_dtw(5 * MV, -1.0), dx.FitError, "not be negative"),
        (lambda: dx.losses.van_rossum(0 * MS), dx.FitError, "tau must be positive"),
        (lambda: dx.losses.spike_alignment(0 / MS), dx.FitError, "cost must be positive"),
        (lambda: dx.losses.spike_count(-1), dx.FitError, "pull must not be"),
        (lambda: dx.losses.electrophysiology(STEP), dx.FitError, "at least one feature"),
        (
            lambda: dx.losses.electrophysiology(STEP, AP_width=1 * MS),
            dx.FitError,
            "no feature 'AP_width'",
        ),
        (
            lambda: dx.losses.electrophysiology(STEP, AHP_depth=1 * MS),
            dx.UnitError,
            "AHP_depth must be a voltage",
        ),
    ],
)
def test_nonsense_is_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()


@pytest.mark.parametrize("name", ["voltage", "spike_alignment"])
def test_there_is_one_weight_for_each_sweep(name, model, target):
    some = [dx.take(each, [0, 1]) for each in (model[0], target)]
    with pytest.raises(dx.FitError, match="got 4 for 2 sweeps"):
        LOSSES[name](*some)
