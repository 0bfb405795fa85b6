"""A GIF neuron to start a fit from: voltages between spikes, with the spikes where they were."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.fitting._features import Features
from dendrax.fitting._free import to_free, with_free
from dendrax.neurons import GIF
from dendrax.parameters import fixed, learnable, resolve
from dendrax.results import Sweeps
from dendrax.units import to_quantity

# Milliseconds: the grid, and around a spike what is not compared.
_DT, _BEFORE, _AFTER = 0.5, 1.0, 8.0
_EVALUATIONS = 80
# Nearer to a bound than this logit, at 5 % of the way, there is no slope for the fit that follows.
_FROM_BOUNDS = 3.0
# The exponential current of a neuron that should spike now and does not ends here, in delta_t.
_RUNAWAY = 3.0
# A refractory period is shorter than the shortest interval by this factor at least.
_OF_INTERVAL = 0.8


def initial_gif(seen: Features, sweeps: Sweeps) -> GIF:
    """Return a GIF neuron whose voltages fit the recorded ones, if its spikes are where theirs are.

    Raises
    ------
    FitError
        If there is no spike.

    Notes
    -----
    A free neuron that spikes at wrong times tells nothing of its currents. So, before it is free,
    it is reset at the recorded spikes: what is left is a regression of the voltages between them.
    Mensi et al. 2012, J Neurophysiol 107:1756, whose first step is this one.
    """
    from scipy.optimize import least_squares

    if np.isnan(seen.onset):
        raise FitError(
            "the recording has no spike, of which a GIF neuron could be read off. Start from "
            "'adex', or check the spike_threshold it was read with."
        )
    trains = [sweeps.target.spikes(trial) for trial in range(sweeps.target.n_trials)]
    start = _start(seen, trains)
    point, unravel = ravel_pytree(to_free(start))
    times = np.arange(0.0, sweeps.target.t_stop - _DT, _DT)
    nearest = np.searchsorted(np.asarray(sweeps.target.times), times)
    nearest = np.minimum(nearest, len(sweeps.target.times) - 1)
    wanted = jnp.asarray(sweeps.target.traces["v"])[:, 0, nearest]
    spikes = jnp.asarray([np.histogram(train, [*times, times[-1] + _DT])[0] for train in trains])
    counts = np.asarray([_away(times, train) for train in trains])
    injected = sweeps.inputs.current
    each = (jax.tree.map(lambda x, k=k: x[k], injected) for k in range(len(trains)))
    current = jnp.asarray([one(times) for one in each])

    def residuals(point: Array) -> Array:
        neuron = resolve(with_free(start, unravel(point)))
        v = jax.vmap(lambda i, s: _forced(neuron, i, s))(current, spikes > 0)
        apart = jnp.where(counts, v - wanted, 0.0)
        return (apart / jnp.sqrt(1.0 + 0.1 * apart**2)).ravel() / np.sqrt(counts.sum())

    value, slope = jax.jit(residuals), jax.jit(jax.jacfwd(residuals))
    found = least_squares(
        lambda x: np.asarray(value(x)),
        np.asarray(point),
        jac=lambda x: np.asarray(slope(x)),  # pyright: ignore[reportArgumentType]
        max_nfev=_EVALUATIONS,
    )
    return with_free(start, unravel(jnp.clip(jnp.asarray(found.x), -_FROM_BOUNDS, _FROM_BOUNDS)))


def _forced(n: Any, current: Float[Array, " time"], spikes: Array) -> Float[Array, " time"]:
    """Return the voltage of a neuron, by Euler's method, that is reset when it is told to."""
    state = n.init_state()
    v = n.observe(state)["v"]
    kept = jnp.exp(-_DT / jnp.stack([n.tau_fast, n.tau_slow, n.tau_theta, n.tau_h]))
    jumps = jnp.stack([n.b_fast, n.b_slow, n.theta_jump])

    def step(carry: Any, now: Any) -> tuple[Any, Array]:
        v, memory, h, rests = carry
        i, is_spike = now
        upstroke = jnp.exp(jnp.minimum((v - memory[2] - n.v_t) / n.delta_t, _RUNAWAY))
        total = n.g_leak * (n.e_leak - v + n.delta_t * upstroke) - memory[0] - memory[1]
        total += n.g_h * h * (n.e_h - v) + n.bias + i
        free = jnp.clip(1.0 - rests / _DT, 0.0, 1.0)
        after = v + _DT * free * total / n.c_m
        opened = jax.nn.sigmoid((n.v_h - v) / n.k_h)
        memory = kept[:3] * memory + jnp.where(is_spike, jumps, 0.0)
        h = opened + (h - opened) * kept[3]
        rests = jnp.where(is_spike, n.t_ref, jnp.maximum(rests - _DT, 0.0))
        return (jnp.where(is_spike, n.v_reset, after), memory, h, rests), v

    begin = (v, jnp.zeros(3), state.h, jnp.zeros(()))
    return jax.lax.scan(step, begin, (current, spikes))[1]


def _away(times: np.ndarray, train: np.ndarray) -> np.ndarray:
    since = times[:, None] - np.asarray(train)
    return np.logical_not(((since > -_BEFORE) & (since < _AFTER)).any(axis=1))


def _start(seen: Features, trains: Sequence[np.ndarray]) -> GIF:
    g = seen.conductance
    shortest = min((np.diff(train).min() for train in trains if len(train) > 1), default=np.inf)
    longest = min(2 * seen.refractory, _OF_INTERVAL * float(shortest))
    return GIF(
        c_m=_within(seen.tau * g, 0.2 * seen.tau * g, 5 * seen.tau * g, "pF"),
        g_leak=_within(0.8 * g, 0.1 * g, 5 * g, "nS"),
        e_leak=_within(seen.rest - 3, seen.rest - 25, seen.rest + 15, "mV"),
        v_t=_within(seen.onset - 8, seen.onset - 30, seen.onset + 5, "mV"),
        delta_t=_within(2.0, 0.3, 8.0, "mV"),
        v_peak=fixed(to_quantity(seen.onset + 35, "mV")),
        v_reset=_within(seen.reset, seen.reset - 20, seen.reset + 10, "mV"),
        t_ref=_within(0.5 * longest, 0.1, longest, "ms"),
        b_fast=_within(3 * g, -20 * g, 80 * g, "pA"),
        tau_fast=_within(12.0, 3.0, 50.0, "ms"),
        b_slow=_within(2 * g, -5 * g, 30 * g, "pA"),
        tau_slow=_within(200.0, 50.0, 1500.0, "ms"),
        theta_jump=_within(3.0, -2.0, 15.0, "mV"),
        tau_theta=_within(100.0, 10.0, 1000.0, "ms"),
        g_h=_within(0.3 * g, 1e-3 * g, 6 * g, "nS"),
        # Usual is -45 to -40 mV; relative to rest it survives an offset of the electrode.
        e_h=fixed(to_quantity(seen.rest + 22, "mV")),
        v_h=_within(seen.rest - 8, seen.rest - 40, seen.rest + 10, "mV"),
        k_h=_within(6.0, 3.0, 15.0, "mV"),
        tau_h=_within(120.0, 10.0, 1000.0, "ms"),
    )


def _within(value: float, low: float, high: float, unit: str) -> Any:
    return learnable(to_quantity(value, unit), bounds=to_quantity([low, high], unit))
