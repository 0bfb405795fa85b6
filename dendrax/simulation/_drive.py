"""What drives the units of a population, and how a function of one unit is mapped over all."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dendrax.inputs import Current, Inputs
from dendrax.neurons import AbstractNeuron
from dendrax.parameters import is_parameter, resolve


class Arrivals(NamedTuple):
    """The input spikes of one unit in order of time, closed by one at inf.

    An arrival brings ``scale`` times the weight of its source.
    """

    time: Float[Array, "*axes arrival"]
    source: Int[Array, "*axes arrival"]
    scale: Float[Array, "*axes arrival"]


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


_OVER_TRIALS = Drive(current=0, arrivals=0, weight=None)  # pyright: ignore[reportArgumentType]


def over_units(units: Units, f: Callable[..., Any]) -> Callable[..., Any]:
    """Map ``f(neuron, drive, *rest)`` of one unit over trials and units.

    What comes in through ``rest`` and what comes out has the axes (trial, unit); what all units
    share is computed once.
    """

    def mapped(neuron: AbstractNeuron, drive: Drive, *rest: Any) -> Any:
        there = (0,) * len(rest)
        of_a_trial = jax.vmap(f, (units.neuron_axes, units.drive_axes, *there), axis_size=units.n)
        return jax.vmap(of_a_trial, (None, _OVER_TRIALS, *there))(neuron, drive, *rest)

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
    arrivals = in_order(trains.times, trains.weight)
    drive = Drive(closed(inputs.current), arrivals, jnp.ones(max(trains.times.shape[1], 1)))
    nowhere = Drive(None, None, None)  # pyright: ignore[reportArgumentType]
    return Units(resolve(neuron), unit_axes(neuron), drive, nowhere, 1)


def in_order(
    times: Float[Array, "*axes source spike"], weight: Float[Array, "*axes source"]
) -> Arrivals:
    """Merge spike trains into one list of arrivals in order of time."""
    *axes, n_sources, _ = times.shape
    rows = jnp.arange(n_sources)[:, None]
    source, scale = (jnp.broadcast_to(x, times.shape) for x in (rows, weight[..., None]))
    edge = [(0, 0)] * len(axes) + [(0, 1)]
    time, source, scale = (
        jnp.pad(x.reshape(*axes, -1), edge, constant_values=end)
        for x, end in ((times, jnp.inf), (source, 0), (scale, 0.0))
    )
    order = jnp.argsort(time, axis=-1)
    return Arrivals(*(jnp.take_along_axis(x, order, axis=-1) for x in (time, source, scale)))


def closed(current: Current) -> Current:
    """Close currents with a segment at inf, so that an index can point past the last one."""
    edge = ((0, 0), (0, 1))
    return Current(
        jnp.pad(current.start, edge, constant_values=jnp.inf),
        jnp.pad(current.value, edge),
        jnp.pad(current.slope, edge),
        current.unit,
    )
