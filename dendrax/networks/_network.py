"""Networks as graphs of populations."""

from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter

import equinox as eqx
import numpy as np

from dendrax.errors import ModelError
from dendrax.networks._connection import Connection
from dendrax.networks._population import Population
from dendrax.parameters import table

# The name of what spikes from outside.
INPUT = "input"


class Network(eqx.Module):
    """Populations and the connections between them, in any graph.

    Populations may be of different models. What does not depend on each other does not wait for
    each other: the strongly connected components of the graph are simulated one after the other,
    in the order in which spikes flow.

    Parameters
    ----------
    n_inputs : int
        Number of input spike trains, the population named ``"input"``.
    populations : mapping of str to Population
    connections : sequence of Connection
    outputs : sequence of str, optional
        The populations whose spikes matter when a simulation ends at the first spikes. Default:
        those without a connection to another population.
    electrode : str, optional
        The population into each of whose neurons an injected current flows.

    Raises
    ------
    ModelError
        If a name is unknown, or a connection does not fit the populations at its ends.

    Examples
    --------
    >>> import dendrax as dx, numpy as np, quantities as pq
    >>> network = dx.Network(
    ...     5,
    ...     {"hidden": dx.Population(dx.LIF(), 4), "output": dx.Population(dx.EIF(), 2)},
    ...     [
    ...         dx.Connection("input", "hidden", weight=np.full((5, 4), 300) * pq.pA),
    ...         dx.Connection("hidden", "output", weight=np.full((4, 2), 300) * pq.pA),
    ...     ],
    ... )
    >>> network.outputs
    ('output',)
    """

    populations: dict[str, Population]
    connections: tuple[Connection, ...]
    n_inputs: int = eqx.field(static=True)
    outputs: tuple[str, ...] = eqx.field(static=True)
    electrode: str | None = eqx.field(static=True)

    def __init__(
        self,
        n_inputs: int,
        populations: Mapping[str, Population],
        connections: Sequence[Connection],
        *,
        outputs: Sequence[str] | None = None,
        electrode: str | None = None,
    ) -> None:
        self.n_inputs = n_inputs
        self.populations = dict(populations)
        self.connections = tuple(connections)
        inner = {c.source for c in connections if c.source != c.target}
        sinks = [name for name in populations if name not in inner]
        self.outputs = tuple(sinks if outputs is None else outputs)
        self.electrode = electrode

    def __check_init__(self) -> None:
        if INPUT in self.populations:
            raise ModelError(f"{INPUT!r} is the name of the input spikes, not of a population.")
        named = [*self.outputs, *([self.electrode] if self.electrode else [])]
        named += [name for c in self.connections for name in (c.source, c.target)]
        known = {INPUT, *self.populations}
        if unknown := [name for name in named if name not in known]:
            raise ModelError(
                f"the network has no population {unknown[0]!r}; it has: {', '.join(sorted(known))}."
            )
        for connection in self.connections:
            if connection.target == INPUT:
                raise ModelError(f"{connection} must not end at {INPUT!r}.")
            neuron = self.populations[connection.target].neuron
            connection.must_fit(
                self.size(connection.source),
                self.size(connection.target),
                neuron.weight_unit,
                neuron.weight_shape,
            )
        for name, population in self.populations.items():
            n_sites = population.neuron.n_sites
            n_sources = sum(self.size(c.source) for c in self.into(name))
            if n_sites is not None and n_sources > n_sites:
                raise ModelError(
                    f"population {name!r} has {n_sites} synaptic sites; got {n_sources} sources."
                )

    def size(self, name: str) -> int:
        """Return the number of neurons of a population, or of input spike trains."""
        return self.n_inputs if name == INPUT else self.populations[name].n

    def into(self, name: str) -> list[Connection]:
        """Return the connections that end at a population."""
        return [c for c in self.connections if c.target == name]

    @property
    def components(self) -> list[tuple[str, ...]]:
        """The strongly connected components of the graph, in the order in which spikes flow."""
        from scipy.sparse.csgraph import connected_components  # which takes a while to load

        names = list(self.populations)
        edges = [(c.source, c.target) for c in self.connections if c.source != INPUT]
        adjacency = np.zeros((len(names), len(names)))
        for source, target in edges:
            adjacency[names.index(source), names.index(target)] = 1
        _, label = connected_components(adjacency, directed=True, connection="strong")
        of = dict(zip(names, label.tolist(), strict=True))
        order: TopologicalSorter[int] = TopologicalSorter({k: set() for k in of.values()})
        for source, target in edges:
            if of[source] != of[target]:
                order.add(of[target], of[source])
        return [tuple(n for n in names if of[n] == k) for k in order.static_order()]

    def __str__(self) -> str:
        sizes = ", ".join(f"{name} ({p.n})" for name, p in self.populations.items())
        return f"Network of {sizes}\n{table(self)}"
