"""What drives the units of a population, and how a function of one unit is mapped over all."""

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from dendrax.inputs import Current, Inputs
from dendrax.neurons import AbstractNeuron
from dendrax.parameters import is_parameter, resolve

# More entries than these are sorted.
_MANY = 512


class Arrivals(NamedTuple):
    """The input spikes of one unit in order of time, closed by one at inf.

    An arrival brings ``scale`` times the weight of its source.
    """

    time: Float[Array, "*axes arrival"]
    source: Int[Array, "*axes arrival"]
    scale: Float[Array, "..."]


class Drive(NamedTuple):
    """The inputs of one unit in one trial; its current is closed by a segment at inf."""

    current: Current
    arrivals: Arrivals
    weight: Float[Array, "source *channel"]

    def weight_of(self, arrival: Int[Array, ""]) -> Array:
        """Return what one arrival brings."""
        source = self.arrivals.source[arrival]
        return self.arrivals.scale[arrival] * self.weight[source]


class Units(NamedTuple):
    """The units of a population in a batch of trials.

    Leaves of ``drive`` have a trial axis, but for the weights; those that ``drive_axes`` names
    have a unit axis too, and so have the leaves of ``neuron`` that ``neuron_axes`` names.
    """

    neuron: AbstractNeuron
    neuron_axes: Any
    drive: Drive
    drive_axes: Drive
    n: int


OVER_TRIALS = Drive(current=0, arrivals=0, weight=None)  # pyright: ignore[reportArgumentType]


def over_units(units: Units, f: Callable[..., Any], n_shared: int = 0) -> Callable[..., Any]:
    """Map ``f(neuron, drive, *rest)`` of one unit over trials and units.

    What comes in through ``rest`` and what comes out has the axes (trial, unit), but the first
    ``n_shared`` of ``rest`` have the axis (trial); what all units share is computed once.
    """

    def mapped(neuron: AbstractNeuron, drive: Drive, *rest: Any) -> Any:
        there = (None,) * n_shared + (0,) * (len(rest) - n_shared)
        of_a_trial = jax.vmap(f, (units.neuron_axes, units.drive_axes, *there), axis_size=units.n)
        return jax.vmap(of_a_trial, (None, OVER_TRIALS, *(0,) * len(rest)))(neuron, drive, *rest)

    return mapped


def unit_axes(model: Any) -> Any:
    """Return the axis over units of each leaf of a model; ``None`` for what the units share."""
    return jax.tree.map(
        lambda node: 0 if is_parameter(node) and node.is_per_unit else None,
        model,
        is_leaf=is_parameter,
    )


def single_unit(neuron: AbstractNeuron, inputs: Inputs) -> Units:
    """Drive one neuron by inputs whose weights come with the spikes."""
    trains = inputs.spikes
    n_trials, n_sources, n_spikes = trains.times.shape
    source = jnp.repeat(jnp.arange(n_sources), n_spikes)
    arrivals = in_order(
        trains.times.reshape(n_trials, -1),
        jnp.broadcast_to(source, (n_trials, n_sources * n_spikes)),
        jnp.repeat(trains.weight, n_spikes, axis=1),
    )
    drive = Drive(closed(inputs.current), arrivals, jnp.ones(max(n_sources, 1)))
    shared = Drive(None, None, None)  # pyright: ignore[reportArgumentType]
    return Units(resolve(neuron), unit_axes(neuron), drive, shared, 1)


def in_order(
    time: Float[Array, "*axes spike"],
    source: Int[Array, "*axes spike"],
    scale: Float[Array, "..."],
) -> Arrivals:
    """Return spikes in order of time, closed by one at inf; scales may have channels."""
    axis = time.ndim - 1
    order = ascending(time)
    time, source = (jnp.take_along_axis(x, order, axis) for x in (time, source))
    scale = jnp.take_along_axis(scale, order[(..., *[None] * (scale.ndim - time.ndim))], axis)

    def close(x: Array, end: float | int) -> Array:
        edge = [(0, 0)] * x.ndim
        edge[axis] = (0, 1)
        return jnp.pad(x, edge, constant_values=end)

    return Arrivals(close(time, jnp.inf), close(source, 0), close(scale, 0.0))


def ascending(x: Float[Array, "*axes entry"]) -> Int[Array, "*axes entry"]:
    """Return the stable order of entries along the last axis, as ``argsort`` would.

    Unless they are many it is faster, on a CPU several times, to compare all with all.
    """
    n = x.shape[-1]
    if not 0 < n <= _MANY:
        return jnp.argsort(x, axis=-1)
    index = jnp.arange(n)
    columns = x.reshape(prod(x.shape[:-1]), n).T

    def compare(j, rank):
        other = columns[j][None]
        return rank + ((other < columns) | ((other == columns) & (j < index[:, None])))

    rank = lax.fori_loop(0, n, compare, jnp.zeros(columns.shape, int))
    put = jax.vmap(lambda rank: jnp.zeros(n, int).at[rank].set(index, unique_indices=True), 1)
    return put(rank).reshape(x.shape)


def delayed(drive: Drive, delay: Float[Array, " source"] | None) -> Drive:
    """Return a drive whose spikes arrive later by the delay of their source, in no order."""
    if delay is None:
        return drive
    # The last arrival, at inf, stays there.
    time = drive.arrivals.time + delay[drive.arrivals.source]
    return drive._replace(arrivals=drive.arrivals._replace(time=time))


def after_delays(units: Units) -> Units:
    """Return units to which spikes arrive when they act, in that order."""
    if units.neuron.delay is None:
        return units

    def sorted_anew(neuron: AbstractNeuron, drive: Drive) -> Arrivals:
        return in_order(*(x[:-1] for x in delayed(drive, neuron.delay).arrivals))

    arrivals = over_units(units, sorted_anew)(units.neuron, units.drive)
    drive_axes = units.drive_axes._replace(arrivals=Arrivals(0, 0, 0))  # pyright: ignore[reportArgumentType]
    return units._replace(drive=units.drive._replace(arrivals=arrivals), drive_axes=drive_axes)


def closed(current: Current) -> Current:
    """Close currents with a segment at inf, so that an index can point past the last one."""
    edge = ((0, 0), (0, 1))
    return Current(
        jnp.pad(current.start, edge, constant_values=jnp.inf),
        jnp.pad(current.value, edge),
        jnp.pad(current.slope, edge),
        current.unit,
    )


def silence(inputs: Inputs) -> Current:
    """Return no current, for as many trials as the inputs have."""
    nothing = jnp.zeros((inputs.n_trials, 0))
    return closed(Current(nothing, nothing, nothing, inputs.current.unit))
