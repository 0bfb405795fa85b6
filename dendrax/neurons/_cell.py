"""A cell made of compartments and mechanisms."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dendrax.errors import ModelError
from dendrax.mechanisms import (
    COMPARTMENT,
    PER_AREA,
    AbstractClamp,
    AbstractDendriticSpike,
    AbstractMechanism,
    AbstractPool,
    AbstractSynapses,
    Passive,
    Site,
)
from dendrax.morphology import Compartments
from dendrax.neurons._neuron import AbstractNeuron, Scalar
from dendrax.neurons._place import Place
from dendrax.neurons._probe import Electrode, compartment_at, electrode_of
from dendrax.neurons._tree import PER_LENGTH, Tree, tree_of
from dendrax.parameters import POSITIVE, ParameterOrArray, by_instance, parameter
from dendrax.units import to_quantity

Each = Float[Array, " compartment"]
Ions = tuple[dict[str, Each], dict[str, Each]]
Parts = tuple[Any, ...]
# What becomes of the state of the k-th mechanism.
Event = Callable[[int, Any], Any]


class CellState(NamedTuple):
    """The voltage of each compartment, and the state of each mechanism."""

    v: Each
    parts: Parts


class Cable(NamedTuple):
    """What the geometry and the cytoplasm of a cell amount to."""

    area: Each  # um2
    volume: Each  # um3
    capacitance: Each  # pF
    edge: Float[Array, " node"]  # nS, from each node to its parent
    edges: Float[Array, " node"]  # nS, of all edges of each node


class Cell(AbstractNeuron):
    r"""A neuron of compartments, each with the currents of the mechanisms in its region.

    .. math:: C_i \dot v_i = i_{inj} - \sum_m I_m(v_i) - \sum_j g_{ij} (v_i - v_j)

    It spikes where the voltage at ``spike_at`` rises through ``v_th``, and nothing is reset.

    Parameters
    ----------
    compartments : Compartments
        Of :func:`dendrax.discretize`.
    mechanisms : sequence of AbstractMechanism
        Every compartment must have one ``Passive``. Synapses get their spikes from the sources in
        the order in which they stand here.
    v_init : Quantity [voltage], (compartment,) or scalar, default -65 mV
        Where a trial starts, with all mechanisms as after a long time at this voltage.
    v_th : Quantity [voltage], default 0 mV
    radius, length : Quantity [length], (compartment,), default that of the compartments
        A compartment whose radius or length is changed keeps its shape.
    spike_at, electrode : str, default "soma"
        A place (``"apic[3](0.5)"``) or a region, of which the first compartment is taken. The
        electrode injects the current.
    probes : mapping of str to Probe or str, optional
        What can be recorded besides ``"v"`` (at ``spike_at``) and ``"v_cell"`` (everywhere), by
        name; a place alone stands for its voltage.
    celsius : float, optional
        Temperature; required by mechanisms whose kinetics depend on it.

    Raises
    ------
    ModelError
        If a compartment has no ``Passive`` or more than one, a temperature is missing, a mechanism
        needs the concentration of an ion that has no pool there, or a probe finds nothing.
    MorphologyError
        If a place or region does not exist.

    Notes
    -----
    Rall 1962, Ann N Y Acad Sci 96:1071, in the compartmental form. Halves of compartments meet in
    points without membrane, as in NEURON.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> shape = dx.ball_and_stick(20 * pq.um, 500 * pq.um, 2 * pq.um)
    >>> compartments = dx.discretize(shape, max_length=50 * pq.um)
    >>> cell = dx.Cell(compartments, [dx.Passive(), dx.HodgkinHuxley("soma")], celsius=6.3)
    >>> len(cell.compartments)
    11
    """

    compartments: Compartments = eqx.field(static=True)
    mechanisms: Any  # becomes a tuple of AbstractMechanism

    v_init: ParameterOrArray = parameter("mV", default=-65.0, dims=COMPARTMENT)
    v_th: ParameterOrArray = parameter("mV", default=0.0)
    radius: ParameterOrArray = parameter("um", bounds=POSITIVE, dims=COMPARTMENT, own=True)
    length: ParameterOrArray = parameter("um", bounds=POSITIVE, dims=COMPARTMENT, own=True)

    spike_at: str = eqx.field(static=True, kw_only=True, default="soma")
    electrode: str = eqx.field(static=True, kw_only=True, default="soma")
    probes: Any = eqx.field(static=True, kw_only=True, default=())
    celsius: float | None = eqx.field(static=True, kw_only=True, default=None)

    places: tuple[Place, ...] = eqx.field(static=True, init=False)
    spike_compartment: int = eqx.field(static=True, init=False)
    electrode_compartment: int = eqx.field(static=True, init=False)
    electrodes: tuple[tuple[str, Electrode], ...] = eqx.field(static=True, init=False)

    input_unit = "pA"
    weight_unit = "1"

    def __post_init__(self) -> None:
        self.mechanisms, self.probes = tuple(self.mechanisms), tuple(dict(self.probes).items())
        shape, mechanisms = self.compartments, self.mechanisms
        for name in ("radius", "length"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, to_quantity(getattr(shape, name), "um"))
        super().__post_init__()
        n = len(shape)
        places = tuple(Place(tuple(m.places(shape).tolist()), n) for m in mechanisms)
        self.places = places
        self.spike_compartment = compartment_at(shape, self.spike_at)
        self.electrode_compartment = compartment_at(shape, self.electrode)
        self.electrodes = tuple(
            (name, electrode_of(probe, shape, mechanisms, places)) for name, probe in self.probes
        )

    def __check_init__(self) -> None:
        covered = np.zeros(len(self.compartments), dtype=int)
        pools: dict[str, set[int]] = {}
        for mechanism, place in self._placed():
            if isinstance(mechanism, Passive):
                covered[list(place.compartment)] += 1
            if isinstance(mechanism, AbstractPool):
                pools.setdefault(str(mechanism.ion), set()).update(place.compartment)
        if np.any(covered != 1):
            first = int(np.flatnonzero(covered != 1)[0])
            raise ModelError(
                f"every compartment must have one Passive; compartment {first} of {len(covered)} "
                f"has {covered[first]}. Give each its own region, together the whole cell."
            )
        for mechanism, place in self._placed():
            name = type(mechanism).__name__
            if mechanism.needs_temperature and self.celsius is None:
                raise ModelError(
                    f"{name} depends on the temperature; say which with Cell(celsius=...)."
                )
            for ion in mechanism.reads:
                if missing := set(place.compartment) - pools.get(ion, set()):
                    raise ModelError(
                        f"{name} depends on the concentration of {ion!r}, of which compartment "
                        f"{min(missing)} has no pool. Add one to its region."
                    )

    @by_instance
    def units(self) -> dict[str, str]:
        probed = {name: electrode.unit for name, electrode in self.electrodes}
        return {"v": "mV", "v_cell": "mV", **probed}

    @property
    def tree(self) -> Tree:
        """The compartments, and the points where several meet."""
        return tree_of(self.compartments)

    @property
    def n_sites(self) -> int:
        return self._first_site(len(self.mechanisms))

    @property
    def delay(self) -> Float[Array, " site"] | None:
        found = [(getattr(m, "delay", None), p) for m, p in self._placed() if is_synaptic(m)]
        if all(delay is None for delay, _ in found):
            return None
        each = [jnp.broadcast_to(0.0 if x is None else x, len(p.compartment)) for x, p in found]
        return jnp.concatenate(each)

    @property
    def corners(self) -> Float[Array, " corner"]:
        """The instants (ms) at which the waveform of a clamp is not smooth."""
        each = [m.waveform.start for m in self.mechanisms if isinstance(m, AbstractClamp)]
        return jnp.concatenate([jnp.zeros(0), *each])

    def _first_site(self, k: int) -> int:
        """Return the first site of the k-th mechanism."""
        return sum(len(p.compartment) for m, p in self._placed()[:k] if is_synaptic(m))

    def _placed(self) -> list[tuple[AbstractMechanism, Place]]:
        return list(zip(self.mechanisms, self.places, strict=True))

    def cable(self) -> Cable:
        """Return areas, capacitances and axial conductances."""
        shape, tree = self.compartments, self.tree
        wider, longer = self.radius / shape.radius, self.length / shape.length
        area, volume = shape.area * wider * longer, shape.volume * wider**2 * longer
        per_half = PER_LENGTH * self._passive("r_axial") * longer / wider**2
        own = tree.own * jnp.pad(per_half, (0, len(tree.parent) - tree.n))
        resistance = own + tree.parents * per_half[tree.parents_owner]
        is_edge = tree.own + tree.parents > 0
        edge = jnp.where(is_edge, 1 / jnp.where(is_edge, resistance, 1.0), 0.0)
        capacitance = PER_AREA * self._passive("c_m") * area
        return Cable(area, volume, capacitance, edge, tree.diagonal(edge))

    def _passive(self, name: str) -> Each:
        total = jnp.zeros(len(self.compartments))
        for mechanism, place in self._placed():
            if isinstance(mechanism, Passive):
                value = jnp.broadcast_to(getattr(mechanism, name), len(place.compartment))
                total = total + place.spread(value)
        return total

    def init_state(self) -> CellState:
        v = jnp.broadcast_to(jnp.asarray(self.v_init, dtype=float), len(self.compartments))
        cable, parts = self.cable(), [None] * len(self.mechanisms)

        def start(k: int) -> Any:
            site = self._site(k, cable, self._ions(tuple(parts)), {})
            return self.mechanisms[k].init_state(self.places[k].pick(v), site)

        # Pools first: what reads a concentration starts from theirs.
        for of_pools in (True, False):
            found = {
                k: start(k)
                for k, mechanism in enumerate(self.mechanisms)
                if isinstance(mechanism, AbstractPool) is of_pools
            }
            parts = [found.get(k, part) for k, part in enumerate(parts)]
        return CellState(v, tuple(parts))

    def _ions(self, parts: Parts) -> Ions:
        """Return the concentrations inside and outside by ion, 0 where there is no pool."""
        inside: dict[str, Each] = {}
        outside: dict[str, Each] = {}
        for (mechanism, place), state in zip(self._placed(), parts, strict=True):
            if isinstance(mechanism, AbstractPool) and state is not None:
                ion = str(mechanism.ion)
                both = mechanism.concentrations(state)
                for known, c in zip((inside, outside), both, strict=True):
                    spread = place.spread(jnp.broadcast_to(c, len(place.compartment)))
                    known[ion] = known.get(ion, 0.0) + spread
        return inside, outside

    def _site(self, k: int, cable: Cable, ions: Ions, ion_current: dict[str, Each]) -> Site:
        pick = self.places[k].pick
        inside, outside, current = (
            {ion: pick(values) for ion, values in each.items()} for each in (*ions, ion_current)
        )
        celsius = jnp.nan if self.celsius is None else self.celsius
        return Site(pick(cable.area), pick(cable.volume), celsius, inside, outside, current)

    def currents(self, v: Each, parts: Parts, cable: Cable) -> list[Each]:
        """Return the current (pA) out of each compartment through each mechanism."""
        ions = self._ions(parts)
        return [
            place.spread(mechanism.current(place.pick(v), part, self._site(k, cable, ions, {})))
            for k, ((mechanism, place), part) in enumerate(zip(self._placed(), parts, strict=True))
        ]

    def _ion_current(self, v: Each, parts: Parts, cable: Cable) -> dict[str, Each]:
        pooled = {m.ion for m in self.mechanisms if isinstance(m, AbstractPool)}
        total: dict[str, Each] = {}
        if pooled:
            for mechanism, i in zip(self.mechanisms, self.currents(v, parts, cable), strict=True):
                if mechanism.ion in pooled:
                    ion = str(mechanism.ion)
                    total[ion] = total.get(ion, 0.0) + i
        return total

    def relaxed(
        self,
        state: CellState,
        cable: Cable,
        before: Scalar,
        after: Scalar | float = 0.0,
        event: Event | None = None,
    ) -> Parts:
        """Return the states of the mechanisms some time later, at constant voltages.

        An event happens ``before`` ms from now, and ``after`` ms before the end. Gates flow between
        two halves of the flow of the pools, which keeps the second order.
        """
        whole = before + after
        parts = self._pooled(state.v, state.parts, cable, 0.5 * whole)
        ions = self._ions(parts)

        def flowed(k: int, part: Any) -> Any:
            mechanism = self.mechanisms[k]
            if isinstance(mechanism, AbstractPool):
                return part
            v, site = self.places[k].pick(state.v), self._site(k, cable, ions, {})
            flow = partial(mechanism.flow, v, site=site)
            if event is None or not is_eventful(mechanism):
                return flow(part, h=whole)
            return flow(event(k, flow(part, h=before)), h=after)

        parts = tuple(flowed(k, part) for k, part in enumerate(parts))
        return self._pooled(state.v, parts, cable, 0.5 * whole)

    def _pooled(self, v: Each, parts: Parts, cable: Cable, h: Scalar) -> Parts:
        """Return the states after a flow of the pools alone."""
        current = self._ion_current(v, parts, cable)
        if any(mechanism.ion in mechanism.reads for mechanism in self.mechanisms):
            # The current depends on what it fills: its value halfway keeps the second order.
            halfway = self._filled(v, parts, cable, current, 0.5 * h)
            current = self._ion_current(v, halfway, cable)
        return self._filled(v, parts, cable, current, h)

    def _filled(
        self, v: Each, parts: Parts, cable: Cable, current: dict[str, Each], h: Scalar
    ) -> Parts:
        """Return the states after the pools have flowed, with constant currents (pA) into them."""
        ions = self._ions(parts)

        def flowed(k: int, part: Any) -> Any:
            mechanism = self.mechanisms[k]
            if not isinstance(mechanism, AbstractPool):
                return part
            return mechanism.flow(
                self.places[k].pick(v), part, self._site(k, cable, ions, current), h
            )

        return tuple(flowed(k, part) for k, part in enumerate(parts))

    def delivered(self, k: int, part: Any, weight: Scalar, site: Array) -> Any:
        """Return the state of the k-th mechanism after a spike has arrived at a site."""
        mechanism = self.mechanisms[k]
        if not isinstance(mechanism, AbstractSynapses):
            return part
        local, n = site - self._first_site(k), len(self.places[k].compartment)
        is_here = (local >= 0) & (local < n)
        return mechanism.deliver(part, jnp.where(is_here, weight, 0.0), local % n)

    def dynamics(self, t: Scalar, state: CellState, current: Scalar) -> CellState:
        del t
        (v, parts), cable, tree = state, self.cable(), self.tree
        nodes = tree.with_meeting_points(cable.edge, v)
        outward = sum(self.currents(v, parts, cable), tree.across(cable.edge, nodes)[: tree.n])
        outward = outward.at[self.electrode_compartment].add(-current)
        ions, ion_current = self._ions(parts), self._ion_current(v, parts, cable)
        slopes = tuple(
            mechanism.derivative(place.pick(v), part, self._site(k, cable, ions, ion_current))
            for k, ((mechanism, place), part) in enumerate(zip(self._placed(), parts, strict=True))
        )
        return CellState(-outward / cable.capacitance, slopes)

    def spike_condition(self, t: Scalar, state: CellState) -> Scalar:
        del t
        return state.v[self.spike_compartment] - self.v_th

    def input_spike(self, state: CellState, weight: Scalar, site: Array) -> CellState:
        parts = (self.delivered(k, part, weight, site) for k, part in enumerate(state.parts))
        return state._replace(parts=tuple(parts))

    def reset_spiked(self, t: Scalar, state: CellState) -> CellState:
        del t
        return state

    def observe(self, state: CellState) -> dict[str, Array]:
        probed = {name: self._read(electrode, state) for name, electrode in self.electrodes}
        return {"v": state.v[self.spike_compartment], "v_cell": state.v, **probed}

    def _read(self, electrode: Electrode, state: CellState) -> Array:
        k = electrode.mechanism
        if k is None:
            return state.v[electrode.compartment]
        if electrode.variable == "current":
            currents = self.currents(state.v, state.parts, self.cable())
            return currents[k][electrode.compartment]
        return self.mechanisms[k].observe(state.parts[k])[electrode.variable][electrode.place]


def is_synaptic(mechanism: AbstractMechanism) -> bool:
    """Whether spikes arrive at a mechanism."""
    return isinstance(mechanism, AbstractSynapses)


def is_eventful(mechanism: AbstractMechanism) -> bool:
    """Whether events change the state of a mechanism."""
    return isinstance(mechanism, AbstractSynapses | AbstractDendriticSpike)
