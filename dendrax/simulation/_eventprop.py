"""The continuous adjoint with jumps: memory grows with the number of events, not of steps.

Forward, nothing is kept of a trial but its events: what happened when, and the state just before.
Backward, state and adjoint are integrated together from event to event by the solver itself. Each
event is one function of the state before it, whose derivative JAX takes: what it returns is the
time of the event and the state after it, both as functions of everything that they depend on. The
state before is carried by the flow to the moved time of the event, and the state after is carried
back; so the jump of the adjoint (Wunderlich & Pehle 2021; Galan, Feehery & Barton 1999) needs no
formula of its own.

Integrating backward amplifies errors where forward they decay; the state is therefore read anew at
every event, and where none happened for some time.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from dendrax.errors import ModelError
from dendrax.neurons import AbstractNeuron
from dendrax.simulation._drive import Drive, Units, over_units
from dendrax.simulation._eventlog import Log, logged
from dendrax.simulation._integrals import integrating, separated
from dendrax.simulation._plan import Numerics, electrode, injected
from dendrax.simulation._record import Integral, Maximum, Readout
from dendrax.simulation._status import OK, TOO_MANY_SPIKES, TOO_MANY_STEPS
from dendrax.simulation._step import where

Scalar = Float[Array, ""]
State = Any
# After so many steps without an event the state is written down all the same.
_PATIENCE = 32


class Kept(NamedTuple):
    """What comes out of a trial: spike times, states at the sample times, the state at its end."""

    spike_times: Float[Array, " spike"]
    samples: State
    end: State


def must_suit_eventprop(
    solver: diffrax.AbstractSolver,
    controller: diffrax.AbstractStepSizeController | None,
    readouts: Mapping[str, Readout],
) -> None:
    """Refuse settings of a simulator with which there is no continuous adjoint."""
    if controller is not None or isinstance(solver, diffrax.AbstractImplicitSolver):
        raise ModelError(
            "adjoint='eventprop' takes fixed steps of an explicit solver. Leave out the "
            "controller, or take adjoint='tape'."
        )
    if any(isinstance(readout, Maximum) for readout in readouts.values()):
        raise ModelError("adjoint='eventprop' has no maxima. Take adjoint='tape'.")


def run_eventprop(
    units: Units,
    numerics: Numerics,
    *,
    max_steps: int,
    max_spikes: int,
    sample_times: Float[Array, " time"],
    integrals: tuple[Integral, ...] = (),
) -> dict[str, Any]:
    """Run every unit of every trial; returns what :func:`run_flat` returns, without maxima."""
    units = integrating(units, integrals)
    order = jnp.argsort(sample_times)
    fixed = units._replace(neuron=_fixed(units.neuron), drive=_fixed(units.drive))
    lanes, log, slopes, samples = logged(
        fixed, numerics, max_steps, max_spikes, sample_times[order]
    )
    spikes = jax.vmap(jax.vmap(partial(_spike_times, max_spikes=max_spikes)))(log)
    kept = Kept(spikes, samples, lanes.state)
    kept = over_units(units, partial(_replay, numerics))(units.neuron, units.drive, log, kept)
    back = jnp.argsort(order)
    states, _ = separated(jax.tree.map(lambda x: x[:, :, back], kept.samples))
    n_spikes = log.events.n_spikes.max(-1)
    status = jnp.where(lanes.done, lanes.status, TOO_MANY_STEPS)
    status = jnp.where((status == OK) & (n_spikes > max_spikes), TOO_MANY_SPIKES, status)
    full = log.n > log.events.t.shape[-1]
    return {
        "spike_times": kept.spike_times,
        "spike_slope": slopes,
        "states": states,
        "status": jnp.where((status == OK) & full, TOO_MANY_STEPS, status),
        "n_steps": lanes.n_steps,
        "t_reached": lanes.t,
        "integrals": separated(kept.end)[1],
        "maxima": (),
    }


def _spike_times(log: Log, max_spikes: int) -> Float[Array, " spike"]:
    events = log.events
    slot = jnp.where(events.spiked, events.n_spikes, max_spikes)
    return jnp.full(max_spikes, jnp.inf).at[slot].set(events.t, mode="drop")


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _replay(numerics: Numerics, neuron: AbstractNeuron, drive: Drive, log: Log, kept: Kept) -> Kept:
    """Return what was kept of a trial, with the derivatives of the adjoint method."""
    del numerics, neuron, drive, log
    return kept


def _replay_forward(numerics, neuron, drive, log, kept):
    del numerics
    return kept, (neuron, drive, log)


class _Back(NamedTuple):
    """Where the way back stands: before event ``k``, at time ``t``."""

    k: Int[Array, ""]
    t: Scalar
    flow: "_Flow"
    gradient: Any  # of neuron and drive
    ct_t: Scalar  # of the time of the event that was reached last


class _Flow(NamedTuple):
    """What is integrated backward; cotangents of the state, the neuron and the electrode."""

    state: State
    ct_state: State
    ct_neuron: Any
    ct_electrode: tuple[Scalar, Scalar, Scalar]


def _replay_backward(numerics, saved, ct):
    neuron, drive, log = saved
    (neuron, fixed_neuron), (drive, fixed_drive) = (
        eqx.partition(x, eqx.is_inexact_array) for x in (neuron, drive)
    )
    trial = _Trial(numerics, fixed_neuron, fixed_drive)
    last = jax.tree.map(lambda x: x[jnp.maximum(log.n - 1, 0)], log.events)
    zeros = partial(jax.tree.map, jnp.zeros_like)
    nothing = jnp.zeros_like(last.t)
    flow = _Flow(last.state, ct.end, zeros(neuron), (nothing, nothing, nothing))
    start = _Back(log.n, last.t, flow, zeros((neuron, drive)), nothing)

    def go_on(back):
        return (back.k > 0) | (back.t > 0)

    body = partial(trial.back, neuron, drive, log, ct)
    back = lax.while_loop(go_on, body, start)
    _, pull = jax.vjp(lambda x: _full(trial.whole(x, drive)[0].init_state()), neuron)
    ct_neuron, ct_drive = back.gradient
    ct_neuron = jax.tree.map(
        lambda a, b, c: a + b + c, ct_neuron, back.flow.ct_neuron, pull(back.flow.ct_state)[0]
    )
    no_log = jax.tree.map(lambda _: None, log)
    return ct_neuron, ct_drive, no_log, jax.tree.map(jnp.zeros_like, ct)


class _Trial(NamedTuple):
    """One unit in one trial, as functions of what is differentiated."""

    numerics: Numerics
    fixed_neuron: Any
    fixed_drive: Any

    def whole(self, neuron: Any, drive: Any) -> tuple[AbstractNeuron, Drive]:
        return eqx.combine(neuron, self.fixed_neuron), eqx.combine(drive, self.fixed_drive)

    def back(self, neuron: Any, drive: Any, log: Log, ct: Kept, back: _Back) -> _Back:
        """Go back by one step of the solver, and through an event if one is reached."""
        here = jax.tree.map(lambda x: x[jnp.clip(back.k, 0, log.n - 1)], log.events)
        there = jax.tree.map(lambda x: x[jnp.maximum(back.k - 1, 0)], log.events)
        goal = jnp.where(back.k > 0, there.t, 0.0)
        model, drives = self.whole(neuron, drive)
        current = injected(back.t, electrode(drives.current, here.segment))
        limit = model.step_limit(back.t, back.flow.state, current)
        size = jnp.minimum(self.numerics.dt, limit)
        size = jnp.maximum(size, 4 * jnp.finfo(goal.dtype).eps * self.numerics.t_stop)
        t = jnp.maximum(back.t - size, goal)
        flow = self.flow_back(neuron, drives, here.segment, back.flow, back.t, t)
        reached = (t == goal) & (back.k > 0)

        _, pull = jax.vjp(
            lambda d: electrode(self.whole(neuron, d)[1].current, here.segment), drive
        )
        ct_drive = jax.tree.map(jnp.add, back.gradient[1], pull(flow.ct_electrode)[0])
        settled = flow._replace(ct_electrode=tuple(jnp.zeros_like(x) for x in flow.ct_electrode))

        sample = jax.tree.map(lambda x: _row(x, there.n_samples), ct.samples)
        ct_after = jax.tree.map(
            lambda a, b: a + jnp.where(there.sampled, b, 0.0), settled.ct_state, sample
        )
        ct_time = back.ct_t + jnp.where(there.spiked, _row(ct.spike_times, there.n_spikes), 0.0)
        _, pull = jax.vjp(partial(self.event, there), neuron, drive, there.state, there.t)
        ct_event = pull((ct_time, ct_after))
        through = _Back(
            back.k - 1,
            there.t,
            settled._replace(state=there.state, ct_state=ct_event[2]),
            jax.tree.map(jnp.add, (back.gradient[0], ct_drive), ct_event[:2]),
            ct_event[3],
        )
        on_the_way = _Back(back.k, t, settled, (back.gradient[0], ct_drive), back.ct_t)
        return where(reached, through, on_the_way)

    def flow_back(self, neuron, drive, segment, flow, t_0, t_1):
        """Integrate state and cotangents from a time to an earlier one."""

        def field(t, flow, args):
            del args
            rates, pull = jax.vjp(
                partial(self.rates, t), flow.state, neuron, electrode(drive.current, segment)
            )
            return _Flow(rates, *jax.tree.map(jnp.negative, pull(flow.ct_state)))

        terms, solver = diffrax.ODETerm(field), self.numerics.solver
        solver_state = solver.init(terms, t_0, t_1, flow, None)
        return solver.step(terms, t_0, t_1, flow, None, solver_state, made_jump=True)[0]

    def rates(self, t, state, neuron, current):
        """Return the derivative of every leaf of the state; zero for those that are held."""
        model = eqx.combine(neuron, self.fixed_neuron)
        rates = model.dynamics(t, state, injected(t, current))
        full = jax.tree.map(
            lambda x, rate: jnp.zeros_like(x) if rate is None else rate,
            state,
            rates,
            is_leaf=lambda x: x is None,
        )
        return _full(full)

    def event(self, event, neuron, drive, state, t_before):
        """Return when an event happens and what state it leaves, carried back to a fixed time."""
        model, drives = self.whole(neuron, drive)
        flows = lambda state, k: self.rates(  # noqa: E731
            event.t, state, neuron, electrode(drives.current, k)
        )
        rate = flows(state, event.segment)
        guard, slope = jax.jvp(
            model.spike_condition, (event.t, state), (jnp.ones_like(event.t), rate)
        )
        slope = lax.stop_gradient(jnp.where(event.spiked & ~event.pushed, slope, 1.0))
        crossing = event.t - (guard - lax.stop_gradient(guard)) / slope
        choices = [
            (event.pushed, t_before),
            (event.spiked, crossing),
            (event.expired, model.timer(state)),
            (event.arrived, drives.arrivals.time[event.arrival]),
            (event.switched, drives.current.start[event.segment + 1]),
        ]
        t = jnp.select(*map(list, zip(*choices, strict=True)), event.t)

        state = _moved(state, rate, t - event.t)
        jumped = where(event.expired, model.timer_expired(state), state)
        hit = model.input_spike(
            jumped, drives.weight_of(event.arrival), drives.arrivals.source[event.arrival]
        )
        jumped = where(event.arrived, hit, jumped)
        jumped = where(event.spiked, model.reset_spiked(t, state), jumped)
        return t, _moved(jumped, flows(jumped, event.segment + event.switched), event.t - t)


_replay.defvjp(_replay_forward, _replay_backward)


def _moved(state, rate, by):
    return jax.tree.map(lambda x, rate: x + rate * by, state, rate)


def _row(x, k):
    return x[jnp.clip(k, 0, x.shape[0] - 1)] if x.shape[0] else jnp.zeros(x.shape[1:])


def _full(state):
    return jax.tree.map(lambda x: jnp.asarray(x, dtype=float), state)


def _fixed(x):
    return lax.stop_gradient(x)
