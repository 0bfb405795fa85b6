"""Where a unit stands, and where its next step ends."""

import math
from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from dendrax.inputs import Current
from dendrax.neurons import AbstractNeuron
from dendrax.simulation._drive import Drive

Scalar = Float[Array, ""]
State = Any
# A step that would leave less than this fraction of itself before a stop goes all the way.
_SLIVER = 1e-6
# What can be due at the end of a step; from outside come delayed spikes of other units.
NOTHING, TIMER, CURRENT, ARRIVAL, OUTSIDE = range(5)


class Numerics(eqx.Module):
    """What a step needs to know besides the model: hashable by value."""

    solver: diffrax.AbstractSolver = eqx.field(static=True)
    controller: diffrax.AbstractStepSizeController | None = eqx.field(static=True)
    dt: float = eqx.field(static=True)
    t_stop: float = eqx.field(static=True)
    maxima: tuple[str, ...] = eqx.field(static=True, default=())  # of these variables
    first_only: bool = eqx.field(static=True, default=False)  # a unit is done when it has spiked


class Lane(NamedTuple):
    """Where one unit of one trial stands."""

    t: Scalar
    state: State
    step: Scalar  # the size of step that the controller wishes for
    controller: Any
    segment: Int[Array, ""]
    arrival: Int[Array, ""]
    armed: Bool[Array, ""]  # the guard has been negative since the last spike
    done: Bool[Array, ""]
    status: Int[Array, ""]
    n_steps: Int[Array, ""]
    n_spikes: Int[Array, ""]
    peaks: tuple[Scalar, ...]  # the maxima so far


class Plan(NamedTuple):
    """Where a step is to end, and whether something other than the controller says so."""

    t_1: Scalar
    cut: Bool[Array, ""]
    due: Int[Array, ""]  # what happens at its end: one of the kinds above
    waits: Bool[Array, ""]  # what is due waits, since something else comes first


def plan(
    neuron: AbstractNeuron,
    drive: Drive,
    lane: Lane,
    due: Scalar | float = math.inf,
    largest: Scalar | float = math.inf,
    *,
    numerics: Numerics,
) -> Plan:
    """Say where the next step ends: after a full one, or where something is due before.

    From outside a further instant at which something is ``due`` may come, and a ``largest`` step.
    """
    stop, kind = _next_stop(neuron, drive, lane)
    kind = jnp.where(due < stop, OUTSIDE, kind)
    limit = _earlier(_earlier(stop, jnp.asarray(due)), jnp.asarray(numerics.t_stop))
    limit = jnp.where(limit < lane.t, lane.t, limit)
    # Time must go on: in float32 a step that is graded towards a spike could round to nothing.
    smallest = 4 * jnp.finfo(lane.t.dtype).eps * numerics.t_stop
    current = injected(lane.t, electrode(drive.current, lane.segment))
    resolving = neuron.step_limit(lane.t, lane.state, current)
    size = jnp.minimum(jnp.minimum(lane.step, largest), resolving)
    size = jnp.maximum(size, smallest)
    stops = lane.t + (1 + _SLIVER) * size >= limit
    t_1 = jnp.where(stops, limit, lane.t + size)
    cut, happens = stops | (size < lane.step), stops & (limit < jnp.inf)
    kind = jnp.where(happens & ~lane.done, kind, NOTHING)
    return Plan(jnp.where(lane.done, lane.t, t_1), cut, kind, jnp.asarray(False))


def electrode(current: Current, segment: Int[Array, ""]) -> tuple[Scalar, Scalar, Scalar]:
    """Return start, value and slope of the running segment; nothing flows before the first."""
    k = jnp.maximum(segment, 0)
    start, value, slope = (
        jnp.where(segment < 0, 0.0, leaf[k])
        for leaf in (current.start, current.value, current.slope)
    )
    return start, value, slope


def injected(t: Scalar, electrode: tuple[Scalar, Scalar, Scalar]) -> Scalar:
    """Return the current that a segment injects at a time."""
    start, value, slope = electrode
    return value + slope * (t - start)


def _next_stop(neuron, drive, lane):
    starts = drive.current.start[lane.segment + 1]
    arrival = drive.arrivals.time[lane.arrival]
    timer = neuron.timer(lane.state)
    t = _earlier(_earlier(timer, starts), arrival)
    return t, jnp.where(timer <= t, TIMER, jnp.where(starts <= t, CURRENT, ARRIVAL))


def _earlier(a: Scalar, b: Scalar) -> Scalar:
    """Return the earlier of two instants: where they coincide the first, with its derivative.

    The derivative of a minimum would be the mean of both, which is that of neither.
    """
    return jnp.where(b < a, b, a)
