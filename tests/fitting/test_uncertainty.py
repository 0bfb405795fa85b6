"""How sure a fit is: against differences, and against the shape of the loss itself."""

import equinox as eqx
import numpy as np
import optimistix
import pytest
import quantities as pq

import dendrax as dx

MS, MV = pq.ms, pq.mV
NOISE = 0.1
BOUNDS = {"c_m": (50, 500) * pq.pF, "g_leak": (2, 30) * pq.nS}
INPUTS = dx.Inputs([dx.step_current(a * pq.pA, 10 * MS, 60 * MS) for a in (-60, 80)])
SIMULATOR = dx.Simulator(100 * MS, 1 * MS, record=dx.Record("v", every=0.5 * MS), max_spikes=2)
SOLVER = optimistix.LevenbergMarquardt(rtol=1e-9, atol=1e-9)


def neuron(c_m, g_leak):
    values = {"c_m": c_m * pq.pF, "g_leak": g_leak * pq.nS}
    return dx.LIF(**{k: dx.learnable(x, bounds=BOUNDS[k]) for k, x in values.items()})


@pytest.fixture(scope="module")
def fitted():
    target = SIMULATOR(neuron(150.0, 8.0), INPUTS)
    noise = NOISE * np.random.default_rng(1).standard_normal(target.traces["v"].shape)
    target = eqx.tree_at(lambda r: r.traces["v"], target, target.traces["v"] + noise)
    return dx.fit(
        neuron(200.0, 10.0),
        dx.Sweeps(target, INPUTS),
        SIMULATOR,
        loss=dx.losses.voltage_mse(1 * MV),
        optimizer=SOLVER,
        steps=30,
        held_out=[],
    )


@pytest.fixture(scope="module")
def found(fitted):
    return dx.uncertainty(fitted)


def voltages(c_m, g_leak):
    return np.ravel(SIMULATOR(neuron(c_m, g_leak), INPUTS).traces["v"])


def test_the_covariance_is_that_of_linear_regression(fitted, found):
    """The Jacobian in physical units by central differences, which are good to 1e-7."""
    at = found["value"].values
    columns = []
    for k, step in enumerate(1e-5 * at):
        up, down = (voltages(*(at + sign * step * (np.arange(2) == k))) for sign in (1, -1))
        columns.append((up - down) / (2 * step))
    matrix = np.stack(columns, axis=1)
    residuals = np.ravel(fitted.sweeps.target.traces["v"]) - voltages(*at)
    variance = residuals @ residuals / (len(residuals) - 2)
    expected = variance * np.linalg.inv(matrix.T @ matrix)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-5)
    np.testing.assert_allclose(found["std"] ** 2, np.diag(expected), rtol=1e-5)
    # The noise is what was put in: its estimate from 402 samples varies by 4 %.
    np.testing.assert_allclose(np.sqrt(variance), NOISE, rtol=0.15)


def test_intervals_hold_the_value_and_stay_in_the_bounds(found):
    assert list(found.parameter.values) == ["c_m", "g_leak"]
    assert list(found.unit.values) == ["pF", "nS"]
    for name in ("lower", "value", "upper"):
        assert (found.low < found[name]).all()
        assert (found[name] < found.high).all()
    assert (found.lower < found["value"]).all()
    assert (found["value"] < found.upper).all()
    assert not found.is_at_bound.any()


def test_directions_go_from_the_stiffest_to_the_sloppiest(found):
    assert (np.diff(found.stiffness) < 0).all()
    np.testing.assert_allclose(found.weight.values @ found.weight.values.T, np.eye(2), atol=1e-12)


@pytest.mark.slow
def test_the_hessian_agrees_where_the_residuals_are_small(fitted, found):
    """They differ by the curvature of the model times the noise."""
    hessian = dx.uncertainty(fitted, method="hessian")
    np.testing.assert_allclose(hessian["std"], found["std"], rtol=0.05)


@pytest.mark.slow
def test_a_profile_is_a_parabola_of_that_width(fitted, found):
    value, std = (float(found[name].sel(parameter="c_m")) for name in ("value", "std"))
    values = value + std * np.array([-3.0, -1.0, 1.0, 3.0])
    profile = dx.profile(fitted, "c_m", values * pq.pF)
    rise = 2 * (profile.loss - profile.lowest_loss) / profile.residual_variance
    # Up to third order in three standard errors of a percent each.
    np.testing.assert_allclose(rise, [9.0, 1.0, 1.0, 9.0], rtol=0.1)
    assert profile.is_inside.values.tolist() == [False, True, True, False]
    assert profile.c_m.attrs["units"] == "pF"
    # A larger capacitance is made up for.
    assert np.ptp(profile.g_leak.values) > 0


@pytest.mark.parametrize(
    ("name", "message"),
    [("tau_syn", "no learnable parameter 'tau_syn'; there are c_m, g_leak"), ("x", "no learnable")],
)
def test_what_has_no_profile_is_named(name, message, fitted):
    with pytest.raises(dx.FitError, match=message):
        dx.profile(fitted, name, [1.0] * pq.ms)


def test_unknown_methods_are_refused(fitted):
    with pytest.raises(dx.FitError, match="must be 'gauss_newton' or 'hessian'; got 'bootstrap'"):
        dx.uncertainty(fitted, method="bootstrap")
