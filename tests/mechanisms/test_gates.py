"""The gates of channels against the published formulas, and where these are 0 / 0."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.mechanisms import Site, linoid
from dendrax.parameters import resolve

V = np.array([-120.0, -90.0, -71.3, -55.2, -40.1, -25.4, -3.3, 22.2, 60.0])
CELSIUS = 30.0
CALCIUM = 3e-4
exp = np.exp


def site(n, celsius=CELSIUS):
    """Return the surroundings of n places with some calcium."""
    of = {"ca": jnp.full(n, CALCIUM)}, {"ca": jnp.full(n, 2.0)}
    return Site(jnp.full(n, 100.0), jnp.full(n, 50.0), celsius, *of, {})


def rates(opening, closing, q10, reference):
    """Return steady state and time constant (ms) of a gate."""
    q = q10 ** ((CELSIUS - reference) / 10)
    return opening / (opening + closing), 1 / (q * (opening + closing))


def steady(target, tau, q10, reference):
    return target, tau / q10 ** ((CELSIUS - reference) / 10)


def traub_sodium(v):
    u = v + 60
    m = 0.32 * (13.1 - u) / (exp((13.1 - u) / 4) - 1), 0.28 * (u - 40.1) / (exp((u - 40.1) / 5) - 1)
    h = 0.128 * exp((17 - u) / 18), 4 / (1 + exp((40 - u) / 5))
    return {"m": rates(*m, 3, 32), "h": rates(*h, 3, 32)}


def traub_potassium(v):
    u = v + 60
    n = 0.016 * (35.1 - u) / (exp((35.1 - u) / 5) - 1), 0.25 * exp((20 - u) / 40)
    return {"m": rates(*n, 3, 32)}


def persistent(v):
    rise = 0.182 * (v + 38) / (1 - exp(-(v + 38) / 6))
    fall = -0.124 * (v + 38) / (1 - exp((v + 38) / 6))
    into = -2.88e-6 * (v + 17) / (1 - exp((v + 17) / 4.63))
    out = 6.94e-6 * (v + 64.4) / (1 - exp(-(v + 64.4) / 2.63))
    return {
        "m": steady(1 / (1 + exp(-(v + 52.6) / 4.6)), 6 / (rise + fall), 2.3, 21),
        "h": steady(1 / (1 + exp((v + 48.8) / 10)), 1 / (into + out), 2.3, 21),
    }


def kv31(v):
    tau = 4 / (1 + exp(-(v + 46.56) / 44.14))
    return {"m": steady(1 / (1 + exp(-(v - 18.7) / 9.7)), tau, 2.3, 34)}


def muscarinic(v):
    rise, fall = (3.3e-3 * exp(s * 2.5 * 0.04 * (v + 35)) for s in (1, -1))
    return {"m": rates(rise, fall, 2.3, 21)}


def a_type(v):
    z = -1.5 - 1 / (1 + exp((v + 40) / 5))
    per_mv = 96.48533 / (8.314463 * (273.15 + CELSIUS))
    alpha, beta = exp(z * (v - 11) * per_mv), exp(0.55 * z * (v - 11) * per_mv)
    tau = beta / (5 ** ((CELSIUS - 24) / 10) * 0.05 * (1 + alpha))
    h = 1 / (1 + exp(3 * (v + 56) * per_mv))
    return {
        "m": (1 / (1 + alpha), np.maximum(tau, 0.1)),
        "h": (h, np.maximum(0.26 * (v + 50), 2)),
    }


def hyperpolarization(v):
    rise = 0.001 * 6.43 * (v + 154.9) / (exp((v + 154.9) / 11.9) - 1)
    return {"m": rates(rise, 0.001 * 193 * exp(v / 33.1), 2.3, 34)}


def high_voltage(v):
    m = 0.055 * (-27 - v) / (exp((-27 - v) / 3.8) - 1), 0.94 * exp((-75 - v) / 17)
    h = 0.000457 * exp((-13 - v) / 50), 0.0065 / (exp((-15 - v) / 28) + 1)
    return {"m": rates(*m, 2.3, 23), "h": rates(*h, 2.3, 23)}


def low_voltage(v):
    u = v + 10
    m = 1 / (1 + exp((u + 30) / -6)), 5 + 20 / (1 + exp((u + 25) / 5))
    h = 1 / (1 + exp((u + 80) / 6.4)), 20 + 50 / (1 + exp((u + 40) / 7))
    return {"m": steady(*m, 2.3, 21), "h": steady(*h, 2.3, 21)}


def big(v):
    u = v + 5
    m = 1 / (1 + exp(-(u + 28.9) / 6.2))
    tau_m = 1e3 * (5.05e-4 + 1 / (exp(-(u - 33.3) / 10) + exp((u + 86.4) / 10.1)))
    h = 0.085 + (1 - 0.085) / (1 + exp((u + 32) / 5.8))
    tau_h = 1e3 * (0.0019 + 1 / (exp(-(u - 54.2) / 12.9) + exp((u + 48.5) / 5.2)))
    z = np.full_like(v, 1 / (1 + 0.01 / CALCIUM))
    return {
        "m": steady(m, tau_m, 3, 22),
        "h": steady(h, tau_h, 3, 22),
        "z": (z, np.ones_like(v)),
    }


def small(v):
    return {"z": (np.full_like(v, 1 / (1 + (0.00043 / CALCIUM) ** 4.8)), np.ones_like(v))}


def squid(v):
    m = 0.1 * (v + 40) / (1 - exp(-(v + 40) / 10)), 4 * exp(-(v + 65) / 18)
    h = 0.07 * exp(-(v + 65) / 20), 1 / (1 + exp(-(v + 35) / 10))
    n = 0.01 * (v + 55) / (1 - exp(-(v + 55) / 10)), 0.125 * exp(-(v + 65) / 80)
    return {"m": rates(*m, 3, 6.3), "h": rates(*h, 3, 6.3), "n": rates(*n, 3, 6.3)}


PUBLISHED = {
    dx.HodgkinHuxley: squid,
    dx.NaT: traub_sodium,
    dx.Kdr: traub_potassium,
    dx.NaP: persistent,
    dx.Kv31: kv31,
    dx.KM: muscarinic,
    dx.KA: a_type,
    dx.Ih: hyperpolarization,
    dx.CaHVA: high_voltage,
    dx.CaLVA: low_voltage,
    dx.BK: big,
    dx.SK: small,
}
# Where a formula is 0 / 0.
SINGULAR = {
    dx.HodgkinHuxley: [-40.0, -55.0],
    dx.NaT: [-46.9, -19.9],
    dx.Kdr: [-24.9],
    dx.NaP: [-38.0, -17.0, -64.4],
    dx.Ih: [-154.9],
    dx.CaHVA: [-27.0],
}
named = pytest.mark.parametrize("channel", PUBLISHED, ids=lambda c: c.__name__)


def relaxations(channel, v, **arguments):
    def of(model, v):
        return resolve(model).relaxation(v, None, site(np.size(v)))

    return jax.jit(of)(channel(**arguments), jnp.asarray(v))._asdict()


@named
def test_gates_are_those_of_the_source(channel):
    found, wanted = relaxations(channel, V), PUBLISHED[channel](V)
    assert found.keys() == wanted.keys() == channel.units.keys()
    for name, (target, tau) in wanted.items():
        np.testing.assert_allclose(found[name].target, target, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(found[name].rate, 1 / tau, rtol=1e-6)


@pytest.mark.parametrize(
    ("channel", "gate", "v", "target"),
    [
        (dx.HodgkinHuxley, "m", -65.0, 0.0529324853),
        (dx.HodgkinHuxley, "h", -65.0, 0.5961207535),
        (dx.HodgkinHuxley, "n", -65.0, 0.3176769141),
        (dx.KM, "m", -35.0, 0.5),
        (dx.CaLVA, "m", -40.0, 0.5),
        (dx.CaLVA, "h", -90.0, 0.5),
        (dx.Kv31, "m", 18.7, 0.5),
        (dx.NaP, "m", -52.6, 0.5),
        (dx.KA, "m", 11.0, 0.5),
        (dx.KA, "h", -56.0, 0.5),
    ],
)
def test_activation_at_a_voltage(channel, gate, v, target):
    np.testing.assert_allclose(relaxations(channel, [v])[gate].target, target, rtol=1e-9)


@named
def test_nothing_is_singular(channel):
    """Values and slopes are finite, and at 0 / 0 they are what they are beside it."""
    model, points = resolve(channel()), np.array(SINGULAR.get(channel, []))
    near = points[:, None] + np.array([0.0, -1e-3, 1e-3])
    v = np.concatenate([np.arange(-160.0, 101.0), near.ravel()])

    @jax.jit
    def both(v):
        def leaves(v):
            return jnp.stack(jax.tree.leaves(model.relaxation(v, None, site(len(v)))))

        return jnp.stack(jax.jvp(leaves, (v,), (jnp.ones_like(v),)))

    found = np.asarray(both(v))
    assert np.all(np.isfinite(found))
    of_points = found[..., 261:].reshape(*found.shape[:2], len(points), 3)
    here, left, right = np.moveaxis(of_points, -1, 0)
    np.testing.assert_allclose(here, (left + right) / 2, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("x", [0.0, 1e-9, -1e-9, 0.0499, 0.0501, -0.05, 3.0])
def test_linoid_and_its_derivatives(x):
    """Against the series of Bernoulli numbers where that converges, else against the formula."""
    numbers = [1, 1 / 2, 1 / 12, 0, -1 / 720, 0, 1 / 30240, 0, -1 / 1209600]
    series = np.polynomial.Polynomial(numbers)
    plain = np.polynomial.Polynomial([0, 1])

    def wanted(k):
        if abs(x) < 0.1:
            return series.deriv(k)(x) if k else series(x)
        decay = np.exp(-x)
        value = plain(x) / (1 - decay)
        return value if k == 0 else (1 - value * decay) / (1 - decay)

    np.testing.assert_allclose(linoid(jnp.asarray(x)), wanted(0), rtol=1e-12)
    np.testing.assert_allclose(jax.grad(linoid)(x), wanted(1), rtol=1e-9)


@named
def test_what_is_shifted_moves_to_the_right(channel):
    if not hasattr(channel, "v_shift"):
        pytest.skip("has no common shift")
    moved = relaxations(channel, V + 7.0, v_shift=7 * pq.mV)
    for gate, still in relaxations(channel, V).items():
        np.testing.assert_allclose(moved[gate], still, rtol=1e-12)


def test_rates_without_temperature_hold_at_any():
    cold, warm = (
        resolve(dx.CaHVA(q10=1.0)).relaxation(jnp.asarray(V), None, site(len(V), celsius))
        for celsius in (6.3, 37.0)
    )
    np.testing.assert_array_equal(cold.m.rate, warm.m.rate)


COMPARTMENTS = dx.discretize(dx.single_compartment(20 * pq.um, 20 * pq.um), n_per_section=1)


@named
def test_temperature_is_demanded(channel):
    if not channel.needs_temperature:
        pytest.skip("does not depend on the temperature")
    with pytest.raises(dx.ModelError, match="temperature"):
        dx.Cell(COMPARTMENTS, [dx.Passive(), dx.CalciumPool(), channel()])


@pytest.mark.parametrize("channel", [dx.CaHVA, dx.CaLVA, dx.BK, dx.SK])
def test_a_pool_is_demanded_where_a_concentration_matters(channel):
    with pytest.raises(dx.ModelError, match="has no pool"):
        dx.Cell(COMPARTMENTS, [dx.Passive(), channel()], celsius=34.0)


def test_a_fixed_reversal_potential_needs_no_pool():
    dx.Cell(COMPARTMENTS, [dx.Passive(), dx.CaHVA(e_ca=120 * pq.mV)], celsius=34.0)
