"""One iteration of the flat loop: one unit of one trial goes on by one solver step or one event."""

from collections.abc import Callable
from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from dendrax.neurons import AbstractNeuron
from dendrax.simulation._drive import Drive
from dendrax.simulation._integrals import variable
from dendrax.simulation._plan import Lane, Numerics, Plan, electrode, injected
from dendrax.simulation._roots import (
    Ends,
    ends,
    implicit_root,
    may_cross,
    summit,
)
from dendrax.simulation._solver import along, one_step
from dendrax.simulation._status import NOT_FINITE, OK

Scalar = Float[Array, ""]
State = Any
# A guard that a reset leaves closer to zero than this fraction of its change in one step has not
# left it: a model without reset would fire again by rounding.
_REARM = 1e-6


class Proposal(NamedTuple):
    """A solver step that no event has cut yet."""

    t_1: Scalar
    dense: Any
    held: State
    ends: Ends
    accepted: Bool[Array, ""]
    next_step: Scalar
    controller: Any
    finite: Bool[Array, ""]
    waits: Bool[Array, ""]


class Crossing(NamedTuple):
    """Whether and where, from 0 to 1, the guard rises through zero in a step, and how steeply."""

    found: Bool[Array, ""]
    x: Scalar
    slope: Scalar  # per ms


class Turn(NamedTuple):
    """How far a unit goes in one iteration."""

    spiked: Bool[Array, ""]
    stopped: Bool[Array, ""]  # by a spike, its own or that of another unit
    stayed: Bool[Array, ""]  # at the start of the step
    x: Scalar
    slope: Scalar


class Path(NamedTuple):
    """The way that a unit went in one iteration, if it went at all: what recordings need."""

    advanced: Bool[Array, ""]
    t: Scalar
    size: Scalar
    dense: Any
    held: State


class Outcome(NamedTuple):
    """What one iteration leaves behind for spikes and recordings."""

    spiked: Bool[Array, ""]
    spike_time: Scalar
    spike_slope: Scalar
    path: Path | None


def begin(neuron: AbstractNeuron, drive: Drive, numerics: Numerics) -> Lane:
    """Return a lane at the start of its trial."""
    state = jax.tree.map(lambda x: jnp.asarray(x, dtype=float), neuron.init_state())
    t_0, dt = jnp.asarray(0.0), jnp.asarray(numerics.dt)
    controller = None
    if numerics.controller is not None:
        parts = parts_of(neuron, state)
        terms, args = _terms(neuron, parts.held), electrode(drive.current, jnp.asarray(-1))
        order = numerics.solver.error_order(terms)
        _, controller = numerics.controller.init(
            terms, t_0, dt, parts.flowing, dt, args, numerics.solver.func, order
        )
    return Lane(
        t=t_0,
        state=state,
        step=dt,
        controller=controller,
        segment=jnp.asarray(-1),
        arrival=jnp.asarray(0),
        armed=jnp.asarray(True),
        done=jnp.asarray(numerics.t_stop <= 0),
        status=jnp.asarray(OK),
        n_steps=jnp.asarray(0),
        n_spikes=jnp.asarray(0),
        peaks=(jnp.asarray(-jnp.inf),) * len(numerics.maxima),
    )


class Parts(NamedTuple):
    """A state, taken apart into what flows and what is held between events; None elsewhere."""

    flowing: State
    held: State


def parts_of(neuron: AbstractNeuron, state: State) -> Parts:
    """Take a state apart: what has no derivative is held."""
    zero = jnp.asarray(0.0)
    rates = jax.eval_shape(neuron.dynamics, zero, state, zero)
    flows = jax.tree.map(lambda _, rate: rate is not None, state, rates, is_leaf=_is_none)
    return Parts(*eqx.partition(state, flows))


def propose(
    neuron: AbstractNeuron, drive: Drive, lane: Lane, plan: Plan, numerics: Numerics
) -> Proposal:
    """Take one solver step as planned."""
    parts = parts_of(neuron, lane.state)
    terms, args = _terms(neuron, parts.held), electrode(drive.current, lane.segment)
    t_1 = plan.t_1
    y_1, error, dense = one_step(numerics.solver, terms, lane.t, t_1, parts.flowing, args)
    accepted, next_step, controller = jnp.asarray(True), lane.step, None
    if numerics.controller is not None:
        order = numerics.solver.error_order(terms)
        assert order is not None  # as for every ODE
        accepted, next_t_0, next_t_1, _, controller, _ = numerics.controller.adapt_step_size(
            lane.t, t_1, parts.flowing, y_1, args, error, order, lane.controller
        )
        # A step that was cut says nothing against the size that was wished for.
        next_step = jnp.where(plan.cut & accepted, lane.step, next_t_1 - next_t_0)
        # The mesh is no part of the model: differentiating the error estimate gives noise.
        next_step, controller = lax.stop_gradient((next_step, controller))
    guard = _along(neuron, numerics, lane.t, t_1, parts.held, dense)
    finite = jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(y_1)]).all()
    return Proposal(
        t_1,
        dense,
        parts.held,
        ends(guard),
        jnp.asarray(accepted),
        next_step,
        controller,
        finite,
        plan.waits,
    )


def suspect(lane: Lane, proposal: Proposal) -> Bool[Array, ""]:
    """Whether the step has to be searched for a crossing."""
    return lane.armed & proposal.accepted & ~lane.done & may_cross(proposal.ends)


def pin(
    neuron: AbstractNeuron,
    drive: Drive,
    lane: Lane,
    proposal: Proposal,
    crosses: Bool[Array, ""],
    root: Scalar,
    numerics: Numerics,
) -> Crossing:
    """Let the place of a crossing that was found know its derivative."""
    del drive
    x, slope = implicit_root(guard_of(neuron, numerics, lane, proposal), root, crosses)
    size = proposal.t_1 - lane.t
    return Crossing(crosses, x, slope / jnp.where(size > 0, size, 1.0))


def pushed_over(lane: Lane, proposal: Proposal) -> Bool[Array, ""]:
    """Whether an arrival put the guard above zero: that is a spike at this instant."""
    return lane.armed & ~lane.done & (proposal.ends.left >= 0)


def decide(lane: Lane, proposal: Proposal, crossing: Crossing) -> Turn:
    """Go to the crossing, or not at all if pushed over, or to the end of the step."""
    pushed = pushed_over(lane, proposal)
    spiked = crossing.found | pushed
    x = jnp.where(pushed, 0.0, jnp.where(crossing.found, crossing.x, 1.0))
    return Turn(spiked, spiked, pushed, x, jnp.where(pushed, jnp.inf, crossing.slope))


def flown(lane: Lane, proposal: Proposal, turn: Turn, numerics: Numerics) -> tuple[Scalar, State]:
    """Return time and state where a unit has gone to, before anything happens there."""
    moves = proposal.accepted | turn.stopped
    t = jnp.where(turn.stopped, lane.t + turn.x * (proposal.t_1 - lane.t), proposal.t_1)
    state = state_at(numerics, proposal.held, proposal.dense, turn.x)
    return jnp.where(moves, t, lane.t), where(moves & ~turn.stayed, state, lane.state)


def advance(
    neuron: AbstractNeuron,
    drive: Drive,
    lane: Lane,
    proposal: Proposal,
    turn: Turn,
    numerics: Numerics,
) -> tuple[Lane, Outcome]:
    """Go as far as it is this unit's turn to go, and let what happens there happen."""
    spiked = turn.spiked
    t, state = flown(lane, proposal, turn, numerics)
    undisturbed = proposal.accepted & ~turn.stopped & ~lane.done
    guard_change = jnp.abs(proposal.ends.right - proposal.ends.left)
    reset = neuron.reset_spiked(t, state)
    after_spike = neuron.spike_condition(t, reset) < -_REARM * guard_change
    armed = jnp.where(spiked, after_spike, lane.armed | (undisturbed & (proposal.ends.right < 0)))
    state = where(spiked, reset, state)

    state, segment, arrival, stopped = _stops(
        neuron, drive, lane, state, t, undisturbed & ~proposal.waits
    )
    broken = ~proposal.finite & proposal.accepted & ~lane.done
    advanced = ~lane.done & (proposal.accepted | turn.stopped)
    peaks = tuple(
        jnp.where(
            advanced, jnp.maximum(peak, _peak(neuron, numerics, lane, proposal, turn, name)), peak
        )
        for name, peak in zip(numerics.maxima, lane.peaks, strict=True)
    )
    moved = Lane(
        t=t,
        state=state,
        step=jnp.where(undisturbed | ~proposal.accepted, proposal.next_step, lane.step),
        controller=proposal.controller,
        segment=segment,
        arrival=arrival,
        armed=armed,
        # What is due at the very end still happens, in steps of no length.
        done=((lane.t >= numerics.t_stop) & ~spiked & ~stopped & ~proposal.waits)
        | broken
        | (spiked & numerics.first_only),
        status=jnp.where(broken, NOT_FINITE, lane.status),
        n_steps=lane.n_steps + 1,
        n_spikes=lane.n_spikes + spiked,
        peaks=peaks,
    )
    path = Path(advanced, lane.t, proposal.t_1 - lane.t, proposal.dense, proposal.held)
    outcome = Outcome(
        spiked, jnp.where(spiked, t, jnp.inf), jnp.where(spiked, turn.slope, jnp.inf), path
    )
    return where(lane.done, lane, moved), outcome


def _peak(neuron, numerics, lane, proposal, turn, name):
    """Return the maximum of a variable over what a unit goes of a step."""
    size = proposal.t_1 - lane.t

    def seen(x):
        state = state_at(numerics, proposal.held, proposal.dense, x * turn.x)
        return variable(neuron, lane.t + x * turn.x * size, state, name)

    at = ends(seen)
    top = seen(lax.stop_gradient(summit(seen, at)))
    return jnp.maximum(jnp.maximum(at.left, at.right), top)


def _stops(neuron, drive, lane, state, t, undisturbed):
    """Apply what is due first at the end of an undisturbed step: timer, current or one arrival.

    What is due at the same time waits for a step of no length: each has a derivative of its own
    with respect to its time.
    """
    expired = undisturbed & (neuron.timer(lane.state) <= t)
    state = where(expired, neuron.timer_expired(state), state)
    due = undisturbed & ~expired & (drive.current.start[lane.segment + 1] <= t)
    arrives = undisturbed & ~expired & ~due & (drive.arrivals.time[lane.arrival] <= t)
    site = drive.arrivals.source[lane.arrival]
    hit = neuron.input_spike(state, drive.weight_of(lane.arrival), site)
    state = where(arrives, hit, state)
    return state, lane.segment + due, lane.arrival + arrives, expired | due | arrives


def _terms(neuron: AbstractNeuron, held: State) -> diffrax.ODETerm:
    def field(t, flowing, electrode):
        rates = neuron.dynamics(t, eqx.combine(flowing, held), injected(t, electrode))
        return jax.tree.map(lambda rate, y: jnp.asarray(rate, y.dtype), rates, flowing)

    return diffrax.ODETerm(field)


def guard_of(
    neuron: AbstractNeuron, numerics: Numerics, lane: Lane, proposal: Proposal
) -> Callable[[Scalar], Scalar]:
    """Return the spike condition along a step, in the step's own time."""
    return _along(neuron, numerics, lane.t, proposal.t_1, proposal.held, proposal.dense)


def _along(neuron, numerics, t_0, t_1, held, dense):
    def guard(x):
        state = state_at(numerics, held, dense, x)
        return neuron.spike_condition(t_0 + x * (t_1 - t_0), state)

    return guard


def state_at(numerics: Numerics, held: State, dense: Any, x: Scalar) -> State:
    """Return the state at a fraction of a step, from the step's dense output."""
    return eqx.combine(along(numerics.solver, dense, x), held)


def where(condition: Bool[Array, ""], yes: Any, no: Any) -> Any:
    """Choose between two trees of the same structure."""
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)


def _is_none(x):
    return x is None
