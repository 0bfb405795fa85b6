"""What the systems share: a reference with its sensitivities, and the engine's Jacobians.

Everything that has a derivative, the model and its inputs, is one vector ``theta``, in the order of
``ravel_pytree((neuron, inputs))``. What comes out, spike times and then samples, is one vector too.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from scipy.integrate import solve_ivp

from dendrax.simulation import raise_on_failure

# A tenth of it moves the spike times of the systems here by 1e-13 ms and the relative error of
# their worst derivative by 4e-11.
RTOL, ATOL = 3e-13, 1e-15


class Hybrid(NamedTuple):
    """A system that flows and jumps; each function takes the state ``y`` and ``theta``.

    ``stops`` are jumps at times that depend on ``theta``; ``release`` is the jump that follows a
    spike after the delay ``hold(theta)``.
    """

    start: Callable[[Any], Any]
    field: Callable[[Any, Any], Any]
    guard: Callable[[Any, Any], Any]
    reset: Callable[[Any, Any], Any]
    observe: Callable[[Any, Any], Any]
    stops: list[tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]]
    hold: Callable[[Any], Any] | None = None
    release: Callable[[Any, Any], Any] | None = None


class Solution(NamedTuple):
    """Spike times (ms), samples (time, variable), and the Jacobian of both in one vector."""

    spikes: np.ndarray
    samples: np.ndarray
    jacobian: np.ndarray


def solve(system: Hybrid, theta: np.ndarray, t_stop: float, times: np.ndarray) -> Solution:
    """Integrate a system and its variational equations from jump to jump with DOP853."""
    theta = jnp.asarray(theta)
    n_theta = len(theta)
    basis = jnp.eye(n_theta)
    jacobian = lambda f: jax.jit(jax.jacfwd(f, argnums=(0, 1)))  # noqa: E731
    guard = jax.jit(system.guard)
    guard_jacobian, observe_jacobian = jacobian(system.guard), jacobian(system.observe)

    @jax.jit
    def rate(y):
        return system.field(y, theta)

    @jax.jit
    def augmented(_, joint):
        y, s = joint[: -n * n_theta], joint[-n * n_theta :].reshape(n, n_theta)
        along = lambda s_j, e_j: jax.jvp(system.field, (y, theta), (s_j, e_j))[1]  # noqa: E731
        return jnp.concatenate([rate(y), jax.vmap(along, (1, 0), 1)(s, basis).ravel()])

    def integrate(t_0, t_1, y, s, event=None):
        found = solve_ivp(
            augmented, (t_0, t_1), np.concatenate([y, s.ravel()]), "DOP853",
            events=event, rtol=RTOL, atol=ATOL,
        )  # fmt: skip
        assert found.success, found.message
        return found.t[-1], found.y[:n, -1], found.y[n:, -1].reshape(n, n_theta)

    def jump(y, s, when, to):
        """Cross a jump whose time has the derivative ``when``."""
        by_y, by_theta = jacobian(to)(y, theta)
        y = jnp.asarray(y)
        after = to(y, theta)
        at_jump = s + np.outer(rate(y), when)
        return after, np.asarray(by_y @ at_jump + by_theta - np.outer(rate(after), when))

    y = system.start(theta)
    s = np.asarray(jax.jacfwd(system.start)(theta))
    n, t = len(y), 0.0
    due = [(float(time(theta)), jax.grad(time)(theta), to) for time, to in system.stops]
    due += [(float(time), np.zeros(n_theta), None) for time in times]
    due += [(t_stop, np.zeros(n_theta), None)]
    spikes, spike_rows, samples, sample_rows = [], [], [], []

    def crosses(_, joint):
        return guard(joint[:n], theta)

    crosses.terminal, crosses.direction = True, 1
    while t < t_stop:
        due.sort(key=lambda entry: entry[0])
        stop, when, to = due[0]
        t_1, y_1, s_1 = integrate(t, stop, y, s, crosses) if stop > t else (stop, y, s)
        if t_1 < stop:
            # The dense output has lost digits: land on the spike by Newton.
            for _ in range(2):
                t_1 -= float(guard(y_1, theta) / (guard_jacobian(y_1, theta)[0] @ rate(y_1)))
                t_1, y_1, s_1 = integrate(t, t_1, y, s)
            by_y, by_theta = guard_jacobian(y_1, theta)
            when = np.asarray(-(by_y @ s_1 + by_theta) / (by_y @ rate(y_1)))
            spikes.append(t_1)
            spike_rows.append(when)
            t, (y, s) = t_1, jump(y_1, s_1, when, system.reset)
            if system.hold is not None:
                end = t + float(system.hold(theta)), when + jax.grad(system.hold)(theta)
                due.append((*end, system.release))
            continue
        due.pop(0)
        t, y, s = stop, y_1, s_1
        if to is not None:
            y, s = jump(y, s, when, to)
        elif stop in times:
            by_y, by_theta = observe_jacobian(y, theta)
            samples.append(system.observe(y, theta))
            sample_rows.append(by_y @ s + by_theta)
    rows = [np.asarray(spike_rows).reshape(-1, n_theta), *sample_rows]
    return Solution(np.asarray(spikes), np.asarray(samples), np.concatenate(rows))


class Engine:
    """The engine as a function of ``theta``, for one trial; compiled once per mode.

    ``simulator`` makes a simulator for an adjoint. Of the spikes, the first ``n_spikes`` count.
    """

    def __init__(self, simulator, neuron, inputs, n_spikes):
        self.theta, unravel = ravel_pytree((neuron, inputs))

        def run(adjoint, theta):
            sim = simulator(adjoint=adjoint)
            result = sim(*unravel(theta))
            traces = [result.traces[name][0, 0] for name in sim.record.names]
            flat = [jnp.reshape(x, (-1, x.shape[-1])).T for x in traces]
            samples = jnp.concatenate(flat, axis=1).ravel()
            return jnp.concatenate([result.spike_times[0, 0, :n_spikes], samples]), result

        def pull(theta, row):
            return jax.vjp(partial(run, "tape"), theta, has_aux=True)[1](row)[0]

        def push(theta, column):
            return jax.jvp(partial(run, "forward"), (theta,), (column,), has_aux=True)

        self._pull, self._push = jax.jit(pull), jax.jit(push)

    def forward(self, theta=None):
        """Return outputs, spike counts and the Jacobian by forward mode, column by column."""
        theta = self.theta if theta is None else theta
        pushed = [self._push(theta, column) for column in np.eye(len(theta))]
        out, _, result = pushed[0]
        raise_on_failure(result)
        columns = [tangent for _, tangent, _ in pushed]
        return np.asarray(out), int(result.spike_counts[0, 0]), np.stack(columns, 1)

    def tape(self, rows, theta=None):
        """Return ``rows @ Jacobian`` by reverse mode."""
        theta = self.theta if theta is None else theta
        return np.stack([self._pull(theta, row) for row in rows])


def relative_errors(jacobian, expected, theta):
    """Return the error of each derivative, relative to itself.

    Derivatives are compared per relative change of their parameter; one that is less than 1e-3 of
    the largest of its output counts as that large.
    """
    scale = np.where(theta == 0, 1.0, np.abs(theta))
    size = np.abs(expected * scale)
    floor = np.maximum(1e-3 * size.max(axis=1, keepdims=True), np.finfo(float).tiny)
    return np.abs((jacobian - expected) * scale) / np.maximum(size, floor)
