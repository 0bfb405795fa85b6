"""The flat loop: any model, any solver, one loop in which every unit goes at its own pace."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from dendrax.neurons import AbstractNeuron
from dendrax.simulation._loop import LOOPS
from dendrax.simulation._status import OK, TOO_MANY_SPIKES, TOO_MANY_STEPS
from dendrax.simulation._step import (
    Drive,
    Numerics,
    advance,
    begin,
    layout,
    locate,
    propose,
    state_at,
    suspect,
)

_CHUNK = 32


def run_flat(
    neuron: AbstractNeuron,
    drives: Drive,
    numerics: Numerics,
    *,
    loop: str,
    max_steps: int,
    max_spikes: int,
    sample_times: Float[Array, " time"],
) -> dict[str, Any]:
    """Run every trial through the flat loop.

    Returns
    -------
    dict
        ``spike_times`` and ``spike_slope`` (trial, spike), ``states`` (a pytree of
        (trial, time, ...) at the sample times), ``status``, ``n_steps`` and ``t_reached`` (trial,).
    """
    n_chunks = -(-max_steps // _CHUNK)
    records = sample_times.shape[0] > 0

    def step(params, lanes):
        neuron, drives = params
        each = partial(jax.vmap, in_axes=(None, 0, 0))
        proposal = each(partial(propose, numerics=numerics))(neuron, drives, lanes)
        suspects = jax.vmap(suspect)(lanes, proposal)
        search = each(partial(locate, numerics=numerics))
        n = suspects.shape
        crossing = lax.cond(
            suspects.any(),
            search,
            lambda *_: (jnp.zeros(n, bool), jnp.ones(n), jnp.ones(n)),
            neuron,
            lanes,
            proposal,
        )
        move = jax.vmap(partial(advance, numerics=numerics), in_axes=(None, 0, 0, 0, 0))
        lanes, outcome = move(neuron, drives, lanes, proposal, crossing)
        if not records:
            outcome = outcome._replace(dense=None, held=None)
        return lanes, outcome

    lanes = jax.vmap(lambda drive: begin(neuron, drive, numerics))(drives)
    lanes, outcomes = LOOPS[loop](
        step,
        lambda lanes: lanes.done.all(),
        (neuron, drives),
        lanes,
        n_chunks=n_chunks,
        chunk=_CHUNK,
    )
    spike_times, spike_slope, n_spikes = _collect_spikes(outcomes, max_spikes)
    status = jnp.where(lanes.done, lanes.status, TOO_MANY_STEPS)
    status = jnp.where((status == OK) & (n_spikes > max_spikes), TOO_MANY_SPIKES, status)
    states = None
    if records:
        template = layout(neuron, jax.tree.map(lambda x: x[0], lanes.state))
        sample = partial(_sample, numerics=numerics, template=template, times=sample_times)
        states = jax.vmap(sample, in_axes=1)(outcomes)
    return {
        "spike_times": spike_times,
        "spike_slope": spike_slope,
        "states": states,
        "status": status,
        "n_steps": lanes.n_steps,
        "t_reached": lanes.t,
    }


def _collect_spikes(outcomes, max_spikes):
    """Gather the spikes of all steps, (step, trial), into rows (trial, spike)."""
    rank = jnp.cumsum(outcomes.spiked, axis=0) - 1
    slot = jnp.where(outcomes.spiked, rank, max_spikes)
    lane = jnp.arange(slot.shape[1])[None, :]
    empty = jnp.full((slot.shape[1], max_spikes), jnp.inf)
    put = partial(empty.at[lane, slot].set, mode="drop")
    return put(outcomes.spike_time), put(outcomes.spike_slope), outcomes.spiked.sum(0)


def _sample(outcomes, *, numerics, template, times):
    """Evaluate the dense output of one trial at the sample times; right limits at events."""
    start = jnp.where(outcomes.advanced, outcomes.t, jnp.inf)
    # Steps that did not advance stand between those that did: carry their predecessor's index.
    last = lax.cummax(jnp.where(outcomes.advanced, jnp.arange(start.shape[0]), 0))
    filled = start[last]
    k = last[jnp.searchsorted(filled, times, side="right") - 1]
    k = jnp.maximum(k, 0)

    def at(t, k):
        take = partial(jax.tree.map, lambda x: x[k])
        size = outcomes.size[k]
        x = (t - outcomes.t[k]) / jnp.where(size > 0, size, 1.0)
        parts = template._replace(held=take(outcomes.held))
        return state_at(numerics, parts, take(outcomes.dense), x)

    return jax.vmap(at)(times, k)
