"""Recurrent components: the flat loop, with units that talk to each other while it runs.

With delays, a unit may run ahead of the others by less than the smallest delay: no spike can reach
it before. It never steps up to that horizon but waits until a whole step fits, so that its steps do
not depend on the pace of the others. Without delays, all units of a trial go together: a step ends
where the first of them spikes, and what it brings to the others happens at that instant.
Simultaneous spikes are separate events, in the order of the units.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from dendrax.neurons import AbstractNeuron
from dendrax.simulation._drive import Drive, Units, over_units
from dendrax.simulation._flat import (
    Kept,
    by_unit,
    nothing_kept,
    result,
    sampled,
    with_spikes,
)
from dendrax.simulation._integrals import integrating
from dendrax.simulation._loop import LOOPS, Steps, in_chunks
from dendrax.simulation._plan import ARRIVAL, CURRENT, NOTHING, OUTSIDE, Lane, Numerics, Plan, plan
from dendrax.simulation._record import Integral
from dendrax.simulation._search import search
from dendrax.simulation._step import Outcome, Proposal, Turn, advance, begin, decide, propose
from dendrax.simulation._wiring import Link

# Spikes that are closer than this fraction of a step are taken to be simultaneous; each keeps its
# own time.
_TIE = 1e-9
# Of the smallest delay: a step that goes all the way to a stop may be a little longer than wished.
_FITS = 0.999


class Member(NamedTuple):
    """What can be learned in a population of the component."""

    neuron: AbstractNeuron
    drive: Drive
    instant: list[Link]
    delayed: Link | None


class Mail(NamedTuple):
    """Spikes under way: a log of each source, and how far each target has read it."""

    log: Float[Array, "trial unit spike"]
    sent: Int[Array, "trial unit"]
    read: list[Int[Array, "trial target source"]]


class Tie(NamedTuple):
    """Spikes that are due at the instant of the last one: their own time and slope."""

    due: Bool[Array, "trial unit"]
    t: Float[Array, "trial unit"]
    slope: Float[Array, "trial unit"]


class Carry(NamedTuple):
    """Where a component stands: the lanes of each population, and what is between them."""

    lanes: list[Lane]
    mail: Mail
    tie: Tie


class Letter(NamedTuple):
    """The next delayed spike of each unit: when it arrives, and from which source of the link."""

    t: Float[Array, "trial target"]
    source: Int[Array, "trial target"]


def run_coupled(
    populations: list[Units],
    links: list[tuple[list[Link], Link | None]],
    numerics: list[Numerics],
    *,
    loop: str,
    max_steps: int,
    max_spikes: int,
    sample_times: Float[Array, " time"],
    integrals: list[tuple[Integral, ...]],
    awaited: list[bool],
) -> list[dict[str, Any]]:
    """Run a recurrent component; returns what :func:`run_flat` returns, for each population.

    A trial ends when every unit of the ``awaited`` populations, if there are any, has spiked.
    """
    populations = [integrating(*each) for each in zip(populations, integrals, strict=True)]
    members = [Member(p.neuron, p.drive, *each) for p, each in zip(populations, links, strict=True)]
    together = any(m.instant for m in members)
    component = _Component(populations, numerics, together, awaited)

    def step(members: list[Member], carry: Carry) -> tuple[Carry, list[Outcome]]:
        carry, outcomes = component.step(members, carry)
        if not len(sample_times):
            outcomes = [x._replace(path=None) for x in outcomes]
        return carry, outcomes

    def keep(
        members: list[Member],
        kept: list[Kept],
        before: Carry,
        after: Carry,
        outcomes: list[Outcome],
    ) -> list[Kept]:
        n_spikes = [lane.n_spikes for lane in before.lanes]
        kept = [with_spikes(*each) for each in zip(kept, n_spikes, outcomes, strict=True)]
        if not len(sample_times):
            return kept
        sample = partial(sampled, times=sample_times)
        states = [x.states for x in kept]
        paths = [by_unit(outcome) for outcome in outcomes]
        states = component.each(sample, members, states, before.lanes, after.lanes, paths)
        return [x._replace(states=each) for x, each in zip(kept, states, strict=True)]

    start = component.start(members, max_spikes)

    def nothing() -> list[Kept]:
        return [nothing_kept(lane.state, max_spikes, len(sample_times)) for lane in start.lanes]

    def done(carry: Carry) -> Array:
        return _joined([lane.done for lane in carry.lanes]).all()

    steps = Steps(step, done, nothing, keep, **in_chunks(max_steps))
    carry, kept = LOOPS[loop](steps, members, start)
    return [result(*each) for each in zip(carry.lanes, kept, strict=True)]


class _Component(NamedTuple):
    """How the units of a component are advanced; ``together`` if some connection has no delay."""

    populations: list[Units]
    numerics: list[Numerics]
    together: bool
    awaited: list[bool]

    def each(self, f: Any, members: list[Member], *columns: Any) -> list[Any]:
        """Map a function of one unit over all units of all populations."""
        rows = zip(self.populations, self.numerics, members, *columns, strict=True)
        return [
            over_units(units, partial(f, numerics=numerics))(m.neuron, m.drive, *rest)
            for units, numerics, m, *rest in rows
        ]

    def split(self, x: Array) -> list[Array]:
        """Divide (trial, unit) among the populations."""
        ends = np.cumsum([units.n for units in self.populations])[:-1]
        return jnp.split(x, ends.tolist(), axis=1)

    def start(self, members: list[Member], max_spikes: int) -> Carry:
        lanes = self.each(begin, members)
        n_trials, n = _joined([lane.t for lane in lanes]).shape
        nothing = jnp.zeros((n_trials, n))
        sources = [len(m.delayed.units) if m.delayed else 0 for m in members]
        shapes = [(n_trials, u.n, k) for u, k in zip(self.populations, sources, strict=True)]
        # The last entry is never written: who has read all of a log reads inf.
        log = jnp.full((n_trials, n, max_spikes + 1), jnp.inf)
        mail = Mail(log, nothing.astype(int), [jnp.zeros(shape, int) for shape in shapes])
        return Carry(lanes, mail, Tie(nothing.astype(bool), nothing, nothing))

    def step(self, members: list[Member], carry: Carry) -> tuple[Carry, list[Outcome]]:
        """Make one iteration."""
        lanes, mail, tie = carry
        letters = [_next_letter(mail, i, m.delayed) for i, m in enumerate(members)]
        shortest = jnp.asarray(jnp.inf) if self.together else _shortest(members)
        due = [letter.t for letter in letters]
        largest = [jnp.broadcast_to(_FITS * shortest, lane.t.shape) for lane in lanes]
        plans = self.each(plan, members, lanes, due, largest)
        if self.together:
            plans, waiting = _same_end(lanes, plans, tie, self.populations), lanes
        else:
            waiting = _waiting(lanes, plans, shortest)
        proposals = self.each(propose, members, waiting, plans)
        if self.together:
            proposals = _all_or_none(proposals)
        turns = [
            jax.vmap(jax.vmap(decide))(
                lane, proposal, search(units, numerics, (m.neuron, m.drive), lane, proposal)
            )
            for units, numerics, m, lane, proposal in zip(
                self.populations, self.numerics, members, waiting, proposals, strict=True
            )
        ]
        if self.together:
            turns, tie = self.first(tie, lanes, proposals, turns)
        moved = self.each(advance, members, waiting, proposals, turns)
        moved, outcomes = [lane for lane, _ in moved], [outcome for _, outcome in moved]
        free = [
            proposal.accepted & ~turn.stopped & ~lane.done & (each.due == OUTSIDE) & ~each.waits
            for proposal, turn, lane, each in zip(proposals, turns, waiting, plans, strict=True)
        ]
        # Those that waited are no more done than before.
        moved = [
            new._replace(done=jnp.where(wait.done, old.done, new.done))
            for new, wait, old in zip(moved, waiting, lanes, strict=True)
        ]
        moved, read = self.delivered(members, moved, letters, mail.read, free)
        spiked, times = (_joined([x[i] for x in _spikes(outcomes)]) for i in (0, 1))
        moved = self.at_once(members, moved, spiked)
        mail = _posted(mail, spiked, times)._replace(read=read)
        return Carry(self.ended(moved, mail.sent), mail, tie), outcomes

    def ended(self, lanes: list[Lane], sent: Int[Array, "trial unit"]) -> list[Lane]:
        """End the trials in which everyone who is awaited has spiked."""
        if not any(self.awaited):
            return lanes
        missing = zip(self.awaited, self.split(sent), strict=True)
        over = _joined([n > 0 for is_awaited, n in missing if is_awaited]).all(1, keepdims=True)
        return [lane._replace(done=lane.done | over) for lane in lanes]

    def first(
        self, tie: Tie, lanes: list[Lane], proposals: list[Proposal], turns: list[Turn]
    ) -> tuple[list[Turn], Tie]:
        """Let only the first spike of each trial happen, and everyone go up to it."""
        t = _joined([lane.t for lane in lanes])
        size = _joined([p.t_1 - lane.t for p, lane in zip(proposals, lanes, strict=True)])
        spiked, _, stayed, x, slope = (_joined(list(leaf)) for leaf in zip(*turns, strict=True))
        tied = tie.due & spiked
        x = jnp.where(tied, (tie.t - t) / jnp.where(size > 0, size, 1.0), x)
        slope, stayed = jnp.where(tied, tie.slope, slope), stayed & ~tied
        k = jnp.argmin(jnp.where(spiked, x, jnp.inf), axis=1, keepdims=True)
        some = spiked.any(1, keepdims=True)
        is_first = some & (jnp.arange(t.shape[1])[None] == k)
        x_first = jnp.take_along_axis(x, k, 1)
        stays = some & jnp.take_along_axis(stayed, k, 1)
        follow = spiked & ~is_first & ~stayed & (x <= x_first + _TIE)
        shared = (some, stays, jnp.where(some, x_first, 1.0))
        stopped, stays, x_to = (jnp.broadcast_to(leaf, t.shape) for leaf in shared)
        parts = [self.split(leaf) for leaf in (is_first, stopped, stays, x_to, slope)]
        turns = [Turn(*each) for each in zip(*parts, strict=True)]
        return turns, Tie(follow, jnp.where(follow, t + x * size, 0.0), slope)

    def delivered(
        self,
        members: list[Member],
        lanes: list[Lane],
        letters: list[Letter],
        read: list[Array],
        free: list[Array],
    ) -> tuple[list[Lane], list[Array]]:
        """Hand out the delayed spikes that are due."""
        for i, (units, m, letter) in enumerate(
            zip(self.populations, members, letters, strict=True)
        ):
            if m.delayed is None:
                continue
            arrives = free[i] & (letter.t <= lanes[i].t)
            row = jnp.asarray(m.delayed.rows)[letter.source]
            state = over_units(units, _hit)(m.neuron, m.drive, lanes[i].state, arrives, row)
            lanes = [*lanes[:i], lanes[i]._replace(state=state), *lanes[i + 1 :]]
            is_read = jnp.arange(len(m.delayed.rows))[None, None] == letter.source[..., None]
            read = [*read[:i], read[i] + (is_read & arrives[..., None]), *read[i + 1 :]]
        return lanes, read

    def at_once(
        self, members: list[Member], lanes: list[Lane], spiked: Bool[Array, "trial unit"]
    ) -> list[Lane]:
        """Hand out the spike that was made just now, to those whom it reaches without a delay."""
        lanes = list(lanes)
        for i, (units, m) in enumerate(zip(self.populations, members, strict=True)):
            for link in m.instant:
                mine = spiked[:, jnp.asarray(link.units)]
                source = jnp.argmax(mine, 1)
                arrives = mine.any(1)[:, None] & link.there.T[source]
                row = jnp.broadcast_to(jnp.asarray(link.rows)[source][:, None], arrives.shape)
                state = over_units(units, _hit)(m.neuron, m.drive, lanes[i].state, arrives, row)
                lanes[i] = lanes[i]._replace(state=state)
        return lanes


def _hit(neuron: AbstractNeuron, drive: Drive, state: Any, arrives: Array, row: Array) -> Any:
    after = neuron.input_spike(state, drive.weight[row], row)
    return jax.tree.map(lambda a, b: jnp.where(arrives, a, b), after, state)


def _next_letter(mail: Mail, i: int, link: Link | None) -> Letter:
    if link is None or link.delay is None:
        shape = (mail.log.shape[0], mail.read[i].shape[1])
        return Letter(jnp.full(shape, jnp.inf), jnp.zeros(shape, int))
    trial = jnp.arange(mail.log.shape[0])[:, None, None]
    sent = mail.log[trial, jnp.asarray(link.units), mail.read[i]]
    arrival = jnp.where(link.there[None], sent + link.delay[None], jnp.inf)
    source = jnp.argmin(arrival, axis=-1)
    return Letter(jnp.take_along_axis(arrival, source[..., None], -1)[..., 0], source)


def _posted(mail: Mail, spiked: Array, times: Array) -> Mail:
    trial, unit = jnp.arange(len(spiked))[:, None], jnp.arange(spiked.shape[1])[None]
    last = mail.log.shape[-1] - 1
    slot = jnp.where(spiked & (mail.sent < last), mail.sent, last + 1)
    log = mail.log.at[trial, unit, slot].set(times, mode="drop")
    return Mail(log, mail.sent + spiked, mail.read)


def _spikes(outcomes: list[Outcome]) -> list[tuple[Array, Array]]:
    return [(outcome.spiked, outcome.spike_time) for outcome in outcomes]


def _shortest(members: list[Member]) -> Array:
    """Return the smallest delay; how far units run ahead is no part of the model."""
    delays = [m.delayed.delay.min() for m in members if m.delayed and m.delayed.delay is not None]
    return lax.stop_gradient(jnp.stack(delays).min())


def _waiting(lanes: list[Lane], plans: list[Plan], shortest: Array) -> list[Lane]:
    """Halt the lanes whose next step would end beyond what the slowest one allows."""
    t = _joined([jnp.where(lane.done, jnp.inf, lane.t) for lane in lanes])
    horizon = t.min(1, keepdims=True) + shortest
    return [
        lane._replace(done=lane.done | (plan.t_1 > horizon))
        for lane, plan in zip(lanes, plans, strict=True)
    ]


def _same_end(
    lanes: list[Lane], plans: list[Plan], tie: Tie, populations: list[Units]
) -> list[Plan]:
    """Let the step of all units end where the first of them has to stop.

    The end is that of one unit, with its derivative. What is due for others at the same instant
    happens as well where it is the same for all, and waits for a step of no length where it has a
    derivative of its own. A spike that is due at once needs a step of some length, of which it
    takes none: what is due at this instant besides waits too.
    """
    t, step = _joined([lane.t for lane in lanes]), _joined([lane.step for lane in lanes])
    over = _joined([lane.done for lane in lanes])
    t_1 = jnp.where(over, jnp.inf, _joined([plan.t_1 for plan in plans]))
    due = _joined([plan.due for plan in plans])
    is_end = t_1 <= t_1.min(1, keepdims=True)
    first = jnp.argmax(jnp.where(is_end, 1 + (due != NOTHING), 0), axis=1, keepdims=True)
    kind, end = (jnp.take_along_axis(x, first, 1) for x in (due, t_1))
    end = jnp.where(tie.due.any(1, keepdims=True), (t + step).min(1, keepdims=True), end)
    # Currents, and arrivals that do not differ between the units of a population, are one.
    group = np.repeat(np.arange(len(populations)), [units.n for units in populations])
    shared = np.array([units.drive_axes.arrivals.time is None for units in populations])[group]
    same = (due == kind) & (jnp.asarray(group)[None] == jnp.asarray(group)[first])
    same &= (kind == CURRENT) | ((kind == ARRIVAL) & jnp.asarray(shared)[None])
    same |= jnp.arange(t.shape[1])[None] == first
    waits = is_end & (due != NOTHING) & ~same
    split = np.cumsum([units.n for units in populations])[:-1].tolist()
    return [
        Plan(jnp.where(lane.done, lane.t, end), plan.cut | (end != plan.t_1), plan.due, each)
        for lane, plan, each in zip(lanes, plans, jnp.split(waits, split, axis=1), strict=True)
    ]


def _all_or_none(proposals: list[Proposal]) -> list[Proposal]:
    accepted = _joined([p.accepted for p in proposals]).all(1, keepdims=True)
    return [p._replace(accepted=jnp.broadcast_to(accepted, p.t_1.shape)) for p in proposals]


def _joined(parts: list[Array]) -> Array:
    """Put the units of all populations side by side."""
    return jnp.concatenate(parts, axis=1)
