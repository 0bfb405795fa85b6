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
    flow = Flow(system, jnp.asarray(theta))
    theta, never = flow.theta, np.zeros(len(theta))
    y, s = flow.start()
    due = [(float(time(theta)), jax.grad(time)(theta), to) for time, to in system.stops]
    due += [(float(time), never, None) for time in [*times, t_stop]]
    t, spikes, spike_rows, samples, sample_rows = 0.0, [], [], [], []
    while t < t_stop:
        due.sort(key=lambda entry: entry[0])
        stop, when, to = due[0]
        t_1, y_1, s_1 = flow.until_spike(t, stop, y, s)
        if t_1 < stop:
            t, y, s, when = flow.land(t, t_1, y, s, y_1)
            y, s = flow.jump(y, s, when, system.reset)
            spikes.append(t)
            spike_rows.append(when)
            if system.hold is not None:
                ready = t + float(system.hold(theta)), when + jax.grad(system.hold)(theta)
                due.append((*ready, system.release))
            continue
        due.pop(0)
        t, y, s = stop, y_1, s_1
        if to is not None:
            y, s = flow.jump(y, s, when, to)
        elif stop in times:
            by_y, by_theta = flow.observe_jacobian(y, theta)
            samples.append(system.observe(y, theta))
            sample_rows.append(by_y @ s + by_theta)
    rows = [np.asarray(spike_rows).reshape(-1, len(theta)), *sample_rows]
    return Solution(np.asarray(spikes), np.asarray(samples), np.concatenate(rows))


class Flow:
    """A system with its variational equations: ``s`` is the derivative of ``y`` by ``theta``."""

    def __init__(self, system, theta):
        self.system, self.theta = system, theta
        self.guard = jax.jit(lambda y: system.guard(y, theta))
        self.rate = jax.jit(lambda y: system.field(y, theta))
        self.guard_jacobian, self.observe_jacobian = _jacobian(system.guard, system.observe)

        @jax.jit
        def augmented(_, joint):
            y, s = self.split(joint)
            along = lambda s_j, e_j: jax.jvp(system.field, (y, theta), (s_j, e_j))[1]  # noqa: E731
            rates = jax.vmap(along, (1, 0), 1)(s, jnp.eye(len(theta)))
            return jnp.concatenate([system.field(y, theta), rates.ravel()])

        self.augmented = augmented

    def split(self, joint):
        n = len(joint) // (len(self.theta) + 1)
        return joint[:n], joint[n:].reshape(n, -1)

    def start(self):
        return self.system.start(self.theta), np.asarray(jax.jacfwd(self.system.start)(self.theta))

    def until_spike(self, t_0, t_1, y, s):
        def crosses(_, joint):
            return self.guard(self.split(joint)[0])

        crosses.terminal, crosses.direction = True, 1
        return self.integrate(t_0, t_1, y, s, crosses)

    def integrate(self, t_0, t_1, y, s, event=None):
        if t_1 == t_0:
            return t_1, y, s
        joint = np.concatenate([y, s.ravel()])
        sizes = {"rtol": RTOL, "atol": ATOL}
        found = solve_ivp(self.augmented, (t_0, t_1), joint, "DOP853", events=event, **sizes)
        assert found.success, found.message
        return found.t[-1], *self.split(found.y[:, -1])

    def land(self, t_0, t_1, y, s, y_1):
        """Land on a spike by Newton: the dense output that found it has lost digits."""
        for _ in range(2):
            slope = self.guard_jacobian(y_1, self.theta)[0] @ self.rate(y_1)
            t_1, y_1, s_1 = self.integrate(t_0, t_1 - float(self.guard(y_1) / slope), y, s)
        by_y, by_theta = self.guard_jacobian(y_1, self.theta)
        return t_1, y_1, s_1, np.asarray(-(by_y @ s_1 + by_theta) / (by_y @ self.rate(y_1)))

    def jump(self, y, s, when, to):
        """Cross a jump whose time has the derivative ``when``."""
        y = jnp.asarray(y)
        by_y, by_theta = _jacobian(to)[0](y, self.theta)
        after, at_jump = to(y, self.theta), s + np.outer(self.rate(y), when)
        return after, np.asarray(by_y @ at_jump + by_theta - np.outer(self.rate(after), when))


def _jacobian(*functions):
    return [jax.jit(jax.jacfwd(function, argnums=(0, 1))) for function in functions]


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
            out, back, result = jax.vjp(partial(run, "tape"), theta, has_aux=True)
            return out, back(row)[0], result

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
        return np.stack([self._pull(theta, row)[1] for row in rows])

    def backward(self, n_out):
        """Return what ``forward`` returns, but the Jacobian by reverse mode, row by row."""
        pulled = [self._pull(self.theta, row) for row in np.eye(n_out)]
        out, _, result = pulled[0]
        raise_on_failure(result)
        return np.asarray(out), int(result.spike_counts[0, 0]), np.stack([row[1] for row in pulled])


def relative_errors(jacobian, expected, theta):
    """Return the error of each derivative, relative to itself.

    Derivatives are compared per relative change of their parameter; one that is less than 1e-3 of
    the largest of its output counts as that large.
    """
    scale = np.where(theta == 0, 1.0, np.abs(theta))
    size = np.abs(expected * scale)
    floor = np.maximum(1e-3 * size.max(axis=1, keepdims=True), np.finfo(float).tiny)
    return np.abs((jacobian - expected) * scale) / np.maximum(size, floor)
