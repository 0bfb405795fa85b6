"""LIF against its closed form, evaluated with 40 digits."""

from functools import partial

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import quantities as pq
from jax.flatten_util import ravel_pytree
from mpmath import mp

import dendrax as dx
from tests.systems.reference import Engine, relative_errors

mp.dps = 40
T_STOP, EVERY = 60.0, 7.3
TIMES = np.arange(0.0, T_STOP, EVERY)
PARAMETERS = dict(
    c_m=170 * pq.pF, g_leak=9 * pq.nS, e_leak=-68 * pq.mV, v_th=-51 * pq.mV,
    v_reset=-59 * pq.mV, t_ref=1.7 * pq.ms, bias=12 * pq.pA, tau_syn=4.4 * pq.ms,
)  # fmt: skip
NEURON = dx.LIF(**{name: dx.learnable(value) for name, value in PARAMETERS.items()})
INPUTS = dx.Inputs(
    # The third arrival comes within the refractory period of a spike.
    spikes=dx.spike_trains([[12.0, 31.0] * pq.ms, [3.0, 17.8] * pq.ms], weight=[240, 150] * pq.pA),
    current=dx.step_current(203 * pq.pA, 5 * pq.ms, 52 * pq.ms),
)
THETA, UNRAVEL = ravel_pytree((NEURON, INPUTS))
# The place of each quantity in theta.
NEURON_AT, INPUTS_AT = UNRAVEL(jnp.arange(float(len(THETA))))


class ClosedForm:
    """The trial of one LIF between its stops: a sum of a ramp and two exponentials."""

    def __init__(self, theta):
        def at(place):
            return theta[int(place)]

        model = {name: at(p.value) for name, p in dx.parameters(NEURON_AT).items()}
        self.c, self.g, self.e = model["c_m"], model["g_leak"], model["e_leak"]
        self.v_th, self.v_reset, self.t_ref = model["v_th"], model["v_reset"], model["t_ref"]
        self.tau, self.tau_s = self.c / self.g, model["tau_syn"]
        self.bias = model["bias"]
        current, spikes = INPUTS_AT.current, INPUTS_AT.spikes
        self.stops = [(at(t), "spike", (at(w),)) for t, w in zip(
            spikes.times[0].ravel(), jnp.repeat(spikes.weight[0], 2), strict=True)]  # fmt: skip
        self.stops += [(at(t), "current", (at(x), at(b))) for t, x, b in zip(
            current.start[0], current.value[0], current.slope[0], strict=True)]  # fmt: skip
        self.stops += [(mp.mpf(t), "sample", None) for t in TIMES] + [(mp.mpf(T_STOP), "end", None)]

    def v_after(self, v, i_syn, current, x):
        """Return the voltage a time ``x`` after it was ``v``."""
        value, slope = current
        b = i_syn / (self.c * (1 / self.tau - 1 / self.tau_s))
        value += self.bias
        ramp = lambda x: self.e + (value + slope * (x - self.tau)) / self.g  # noqa: E731
        fading = (v - b - ramp(0)) * mp.exp(-x / self.tau)
        return ramp(x) + b * mp.exp(-x / self.tau_s) + fading

    def run(self):
        """Return spike times, and the voltages at the sample times."""
        t, v, i_syn, current = mp.mpf(0), self.e, mp.mpf(0), (mp.mpf(0), mp.mpf(0))
        stops, held = list(self.stops), False
        spikes, samples = [], []
        while stops:
            stops.sort(key=lambda stop: stop[0])
            stop, kind, what = stops[0]
            rise = partial(self.v_after, v, i_syn, current)
            x = None if held else self.crossing(rise, stop - t)
            if x is not None:
                stop, kind = t + x, "fire"
                stops.append((stop + self.t_ref, "release", None))
                spikes.append(stop)
            else:
                stops.pop(0)
            v = v if held else rise(stop - t)
            i_syn *= mp.exp((t - stop) / self.tau_s)
            current = current[0] + current[1] * (stop - t), current[1]
            t, held = stop, (held or kind == "fire") and kind != "release"
            v = self.v_reset if kind == "fire" else v
            i_syn += what[0] if kind == "spike" else 0
            current = what if kind == "current" else current
            if kind == "sample":
                samples.append(v)
        return spikes + samples

    def crossing(self, rise, size):
        """Return when the voltage first rises through threshold, or None."""
        grid = [size * k / 40 for k in range(41)]
        above = [rise(x) >= self.v_th for x in grid]
        if not any(above):
            return None
        k = above.index(True)
        bracket = grid[k - 1], grid[k]
        return mpmath.findroot(lambda x: rise(x) - self.v_th, bracket, solver="anderson")


def closed_form(theta):
    """Return the closed form and its Jacobian, the latter by central differences.

    A relative step of 1e-14 makes an error of 1e-28; rounding, with 40 digits, one of 1e-26.
    """
    theta = [mp.mpf(float(x)) for x in theta]
    base = ClosedForm(theta).run()
    columns = []
    for j, value in enumerate(theta):
        h = mp.mpf("1e-14") * max(abs(value), 1)
        up, down = (
            ClosedForm([*theta[:j], value + sign * h, *theta[j + 1 :]]).run() for sign in (1, -1)
        )
        columns.append([float((u - d) / (2 * h)) for u, d in zip(up, down, strict=True)])
    n_spikes = len(base) - len(TIMES)
    return np.asarray(base, float), n_spikes, np.stack(columns, 1)


@pytest.fixture(scope="module")
def exact():
    return closed_form(THETA)


@pytest.fixture(scope="module", params=["auto", "flat"])
def engine(request, exact):
    # Half of the default step: of the default, the worst derivative has an error of 4e-8.
    record = dx.Record("v", every=EVERY * pq.ms)
    numerics = {"execution": request.param, "record": record, "max_spikes": 8}
    simulator = partial(dx.Simulator, T_STOP * pq.ms, 0.125 * pq.ms, **numerics)
    return Engine(simulator, NEURON, INPUTS, exact[1])


@pytest.fixture(scope="module")
def forward(engine):
    return engine.forward()


def test_the_closed_form_is_the_textbook_one():
    """Under a constant current the interspike interval is t_ref + tau log(...)."""
    drive, bias = 248.0, 12.0
    quiet = UNRAVEL(THETA)[1]
    theta, _ = ravel_pytree((NEURON, dx.Inputs(
        spikes=dx.SpikeTrains(quiet.spikes.times[0], jnp.zeros(2), "pA"),
        current=dx.step_current(drive * pq.pA, 5 * pq.ms, 52 * pq.ms),
    )))  # fmt: skip
    spikes = np.asarray(ClosedForm([mp.mpf(float(x)) for x in theta]).run()[:3], float)
    top = -68 + (drive + bias) / 9
    interval = 1.7 + 170 / 9 * np.log((top + 59) / (top + 51))
    np.testing.assert_allclose(np.diff(spikes), interval, rtol=1e-14)


def test_spike_times_and_voltages(exact, forward):
    (expected, n_spikes, _), (out, count, _) = exact, forward
    assert count == n_spikes >= 4
    # What the solver of fifth order leaves at dt = tau_syn / 35; see the orders of convergence.
    np.testing.assert_allclose(out[:n_spikes], expected[:n_spikes], rtol=0, atol=1e-9)
    np.testing.assert_allclose(out[n_spikes:], expected[n_spikes:], rtol=0, atol=1e-9)


def test_gradients_with_respect_to_every_parameter_and_input(exact, forward):
    errors = relative_errors(forward[2], exact[2], THETA)
    assert errors.max() < 1e-8


@pytest.mark.slow  # of each model in the table of gradients, a compilation of 20 s
def test_tape_equals_forward(engine, forward):
    rows = np.random.default_rng(0).normal(size=(5, len(forward[0])))
    # Both differentiate the same program: they may differ by rounding only.
    assert relative_errors(engine.tape(rows), rows @ forward[2], THETA).max() < 1e-10
