"""What the connections of a network mean for the units at their ends."""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from dendrax.inputs import Current
from dendrax.networks import Connection, Network
from dendrax.parameters import resolve
from dendrax.simulation._drive import Arrivals, Drive, Units, in_order, unit_axes


class Trains(NamedTuple):
    """The spikes of a population, and how strong those of each source are."""

    times: Float[Array, "trial source spike"]
    scale: Float[Array, "trial source"]


class Link(eqx.Module):
    """Synapses inside of a recurrent component, from some of its units to those of a population.

    Attributes
    ----------
    units : tuple of int
        The sources, counted through the component.
    rows : tuple of int
        Their rows in the table of weights of the target.
    delay : Array (target, source), optional
        Without one, spikes arrive at the instant at which they are made.
    there : Array (target, source)
        Which synapses there are.
    """

    units: tuple[int, ...] = eqx.field(static=True)
    rows: tuple[int, ...] = eqx.field(static=True)
    delay: Float[Array, "target source"] | None
    there: Bool[Array, "target source"]


def drive_of(
    network: Network,
    name: str,
    trains: dict[str, Trains],
    current: Current,
    max_arrivals: int | None,
) -> tuple[Units, Bool[Array, " trial"]]:
    """Return the units of a population with all spikes that are known, and whether some were lost.

    Parameters
    ----------
    trains : dict
        Of the populations that were simulated before; a connection from any other one takes up
        its rows in the table of weights, and brings nothing yet.
    """
    population = network.populations[name]
    connections = network.into(name)
    per_target = any(c.is_synaptic for c in connections if c.source in trains)
    times, rows, scales = [], [], []
    first_row = 0
    for connection in connections:
        n = network.size(connection.source)
        if connection.source in trains:
            train = trains[connection.source]
            arrival = _delayed(connection, train.times, per_target, population.n)
            shape = arrival.shape
            row = jnp.arange(first_row, first_row + n)
            times.append(arrival.reshape(*shape[:-2], -1))
            rows.append(jnp.broadcast_to(row[:, None], shape).reshape(*shape[:-2], -1))
            scale = train.scale[:, None] if per_target else train.scale
            scales.append(jnp.broadcast_to(scale[..., None], shape).reshape(*shape[:-2], -1))
        first_row += n
    n_trials = current.start.shape[0]
    axes = (n_trials, population.n) if per_target else (n_trials,)
    kinds = (float, int, float)
    arrivals = in_order(
        *(_joined(*each, axes) for each in zip((times, rows, scales), kinds, strict=True))
    )
    arrivals, lost = _at_most(arrivals, max_arrivals)
    table = [_table(c, network.size(c.source), population.n) for c in connections]
    channels = population.neuron.weight_shape
    weight = jnp.concatenate([*table, jnp.zeros((population.n, 1, *channels))], axis=1)
    there = 0 if per_target else None
    drive_axes = Drive(None, Arrivals(there, there, there), 0)  # pyright: ignore[reportArgumentType]
    neuron = population.neuron
    drive = Drive(current, arrivals, weight)
    units = Units(resolve(neuron), unit_axes(neuron), drive, drive_axes, population.n)
    return units, lost.any(-1) if per_target else lost


def links_of(
    network: Network, name: str, component: tuple[str, ...]
) -> tuple[list[Link], Link | None]:
    """Return the connections into a population from its own component.

    Those without a delay come one by one, those with a delay as one.
    """
    sizes = [network.size(member) for member in component]
    first_unit = dict(zip(component, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))
    links, first_row = [], 0
    for connection in network.into(name):
        n = network.size(connection.source)
        if connection.source in first_unit:
            first = first_unit[connection.source]
            links.append(_link(connection, range(first, first + n), first_row, network.size(name)))
        first_row += n
    late = [link for link in links if link.delay is not None]
    return [link for link in links if link.delay is None], _merged(late) if late else None


def _link(connection: Connection, units: range, first_row: int, n_target: int) -> Link:
    full = (n_target, len(units))
    delay = resolve(connection).delay
    if delay is not None:
        delay = jnp.broadcast_to(delay.T, full)
    there = jnp.ones(full, bool) if connection.mask is None else connection.mask.T > 0
    return Link(tuple(units), tuple(range(first_row, first_row + len(units))), delay, there)


def _merged(links: list[Link]) -> Link:
    return Link(
        sum((link.units for link in links), ()),
        sum((link.rows for link in links), ()),
        jnp.concatenate([link.delay for link in links if link.delay is not None], axis=1),
        jnp.concatenate([link.there for link in links], axis=1),
    )


def _delayed(
    connection: Connection, times: Float[Array, "trial source spike"], per_target: bool, n: int
) -> Float[Array, "trial *target source spike"]:
    """Return when spikes arrive; never where there is no synapse."""
    delay = resolve(connection).delay
    if delay is not None and delay.ndim < 2:
        times = times + (delay[None, :, None] if delay.ndim else delay)
    if not per_target:
        return times
    times = jnp.broadcast_to(times[:, None], (len(times), n, *times.shape[1:]))
    if delay is not None and delay.ndim == 2:
        times = times + delay.T[None, :, :, None]
    if connection.mask is not None:
        times = jnp.where(connection.mask.T[None, :, :, None] > 0, times, jnp.inf)
    return times


def _table(connection: Connection, n: int, n_target: int) -> Float[Array, "target source *channel"]:
    weight = resolve(connection).weight
    weight = jnp.broadcast_to(weight, (n, n_target, *weight.shape[2:]))
    return jnp.moveaxis(weight, 1, 0)


def _joined(parts: list[Array], kind: type, axes: tuple[int, ...]) -> Array:
    return jnp.concatenate(parts, axis=-1) if parts else jnp.zeros((*axes, 0), kind)


def _at_most(
    arrivals: Arrivals, limit: int | None
) -> tuple[Arrivals, Bool[Array, "trial *target"]]:
    """Keep the first arrivals only, and say whether that loses one."""
    if limit is None or limit >= arrivals.time.shape[-1] - 1:
        return arrivals, jnp.zeros(arrivals.time.shape[:-1], bool)
    kept = Arrivals(*(x[..., : limit + 1] for x in arrivals))
    lost = jnp.isfinite(kept.time[..., limit])
    return kept._replace(time=kept.time.at[..., limit].set(jnp.inf)), lost
