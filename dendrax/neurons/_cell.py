"""A cell made of compartments and mechanisms."""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dendrax.errors import ModelError
from dendrax.mechanisms import (
    PER_AREA,
    AbstractMechanism,
    AbstractPool,
    AbstractSynapses,
    Passive,
    Site,
)
from dendrax.morphology import Compartments, locate, select
from dendrax.neurons._membrane import POSITIVE
from dendrax.neurons._neuron import AbstractNeuron, Scalar, by_instance
from dendrax.neurons._place import Place
from dendrax.neurons._tree import PER_LENGTH, Tree, tree_of
from dendrax.parameters import ParameterOrArray, parameter
from dendrax.units import to_quantity

Each = Float[Array, " compartment"]
Parts = tuple[Any, ...]


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


class Cell(AbstractNeuron):
    r"""A neuron of compartments, each with the currents of the mechanisms in its region.

    .. math:: C_i \dot v_i = i_{inj} - \sum_m I_m(v_i) - \sum_j g_{ij} (v_i - v_j)

    It spikes where the voltage at ``spike_at`` rises through ``v_th``, and nothing is reset.

    Parameters
    ----------
    compartments : Compartments
        Of :func:`dendrax.discretize`.
    mechanisms : sequence of AbstractMechanism
        Every compartment must have one ``Passive``.
    v_init : Quantity [voltage], (compartment,) or scalar, default -65 mV
        Where a trial starts, with all mechanisms as after a long time at this voltage.
    v_th : Quantity [voltage], default 0 mV
    spike_at, electrode : str, default "soma"
        A place (``"apic[3](0.5)"``) or a region, of which the first compartment is taken. The
        electrode injects the current.
    radius, length : Quantity [length], (compartment,), default that of the compartments
        A compartment whose radius or length is changed keeps its shape.
    celsius : float, optional
        Temperature; required by mechanisms whose kinetics depend on it.

    Raises
    ------
    ModelError
        If a compartment has no ``Passive`` or more than one, a place does not exist, a temperature
        is missing, or a mechanism needs the concentration of an ion that has no pool there.

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
    mechanisms: tuple[AbstractMechanism, ...] = eqx.field(converter=tuple)

    v_init: ParameterOrArray = parameter("mV", default=-65.0, dims=("compartment",))
    v_th: ParameterOrArray = parameter("mV", default=0.0)
    radius: ParameterOrArray = parameter("um", bounds=POSITIVE, dims=("compartment",), own=True)
    length: ParameterOrArray = parameter("um", bounds=POSITIVE, dims=("compartment",), own=True)

    spike_at: str = eqx.field(static=True, kw_only=True, default="soma")
    electrode: str = eqx.field(static=True, kw_only=True, default="soma")
    celsius: float | None = eqx.field(static=True, kw_only=True, default=None)

    places: tuple[Place, ...] = eqx.field(static=True, init=False)
    spike_compartment: int = eqx.field(static=True, init=False)
    electrode_compartment: int = eqx.field(static=True, init=False)

    input_unit = "pA"
    weight_unit = "1"

    def __post_init__(self) -> None:
        shape = self.compartments
        for name in ("radius", "length"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, to_quantity(getattr(shape, name), "um"))
        super().__post_init__()
        n = len(shape)
        places = tuple(Place(tuple(m.places(shape).tolist()), n) for m in self.mechanisms)
        derived = {
            "places": places,
            "spike_compartment": _compartment(shape, self.spike_at),
            "electrode_compartment": _compartment(shape, self.electrode),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def __check_init__(self) -> None:
        n = len(self.compartments)
        covered = np.zeros(n, dtype=int)
        pools: dict[str, set[int]] = {}
        for mechanism, place in zip(self.mechanisms, self.places, strict=True):
            name = type(mechanism).__name__
            if isinstance(mechanism, Passive):
                covered[list(place.compartment)] += 1
            if isinstance(mechanism, AbstractPool):
                assert mechanism.ion is not None
                pools.setdefault(mechanism.ion, set()).update(place.compartment)
            if mechanism.needs_temperature and self.celsius is None:
                raise ModelError(
                    f"{name} depends on the temperature; give Cell(celsius=...), in degrees "
                    "Celsius."
                )
        if np.any(covered != 1):
            first = int(np.flatnonzero(covered != 1)[0])
            raise ModelError(
                f"every compartment must have one Passive; compartment {first} of {n} has "
                f"{covered[first]}. Give each its own region, together the whole cell."
            )
        for mechanism, place in zip(self.mechanisms, self.places, strict=True):
            for ion in mechanism.reads:
                if missing := set(place.compartment) - pools.get(ion, set()):
                    raise ModelError(
                        f"{type(mechanism).__name__} depends on the concentration of {ion!r}, of "
                        f"which compartment {min(missing)} has no pool. Add one to its region."
                    )

    @by_instance
    def units(self) -> dict[str, str]:
        return {"v": "mV", "v_cell": "mV"}

    @property
    def tree(self) -> Tree:
        """The compartments, and the points where several meet."""
        return tree_of(self.compartments)

    @property
    def n_sites(self) -> int:
        return sum(len(place.compartment) for _, place in self._synapses())

    @property
    def delay(self) -> Float[Array, " site"] | None:
        """How much later a spike acts at each site (ms); None if no synapse has a delay."""
        delays = [(self.mechanisms[k].delay, place) for k, place in self._synapses()]  # pyright: ignore
        if all(delay is None for delay, _ in delays):
            return None
        each = [
            jnp.broadcast_to(0.0 if delay is None else delay, len(place.compartment))
            for delay, place in delays
        ]
        return jnp.concatenate(each)

    def _synapses(self) -> list[tuple[int, Place]]:
        return [
            (k, self.places[k])
            for k, mechanism in enumerate(self.mechanisms)
            if isinstance(mechanism, AbstractSynapses)
        ]

    def cable(self) -> Cable:
        """Return areas, capacitances and axial conductances."""
        shape, tree = self.compartments, self.tree
        wider, longer = self.radius / shape.radius, self.length / shape.length
        thinner = longer / wider**2
        area, volume = shape.area * wider * longer, shape.volume * wider**2 * longer
        c_m, r_axial = self._passive("c_m"), self._passive("r_axial")
        per_half = r_axial * thinner
        n_points = len(tree.parent) - tree.n
        own = tree.own * jnp.pad(per_half, (0, n_points))
        resistance = PER_LENGTH * (own + tree.parents * per_half[tree.parents_owner])
        edge = jnp.where(resistance > 0, 1 / jnp.where(resistance > 0, resistance, 1.0), 0.0)
        return Cable(area, volume, PER_AREA * c_m * area, edge)

    def _passive(self, name: str) -> Each:
        return sum(
            place.spread(jnp.broadcast_to(getattr(mechanism, name), len(place.compartment)))
            for mechanism, place in zip(self.mechanisms, self.places, strict=True)
            if isinstance(mechanism, Passive)
        )  # pyright: ignore[reportReturnType]

    def init_state(self) -> CellState:
        v = jnp.broadcast_to(jnp.asarray(self.v_init, dtype=float), len(self.compartments))
        cable = self.cable()
        parts: list[Any] = [None] * len(self.mechanisms)
        # Pools first: what reads a concentration starts from theirs.
        is_pool = [isinstance(mechanism, AbstractPool) for mechanism in self.mechanisms]
        for k in sorted(range(len(parts)), key=lambda k: not is_pool[k]):
            known = tuple(parts) if not is_pool[k] else (None,) * len(parts)
            site = self._site(k, cable, self._ions(known), {})
            parts[k] = self.mechanisms[k].init_state(self.places[k].pick(v), site)
        return CellState(v, tuple(parts))

    def _ions(self, parts: Parts) -> tuple[dict[str, Each], dict[str, Each]]:
        """Return the concentrations inside and outside by ion, 0 where there is no pool."""
        inside: dict[str, Each] = {}
        outside: dict[str, Each] = {}
        for mechanism, place, state in zip(self.mechanisms, self.places, parts, strict=True):
            if isinstance(mechanism, AbstractPool) and state is not None:
                assert mechanism.ion is not None
                for known, c in zip(
                    (inside, outside), mechanism.concentrations(state), strict=True
                ):
                    spread = place.spread(jnp.broadcast_to(c, len(place.compartment)))
                    known[mechanism.ion] = known.get(mechanism.ion, 0.0) + spread
        return inside, outside

    def _site(self, k: int, cable: Cable, ions: Any, ion_current: dict[str, Each]) -> Site:
        pick = self.places[k].pick
        inside, outside, currents = (
            {ion: pick(values) for ion, values in each.items()} for each in (*ions, ion_current)
        )
        celsius = jnp.nan if self.celsius is None else self.celsius
        return Site(pick(cable.area), pick(cable.volume), celsius, inside, outside, currents)

    def _currents(self, v: Each, parts: Parts, cable: Cable) -> list[Each]:
        """Return the current (pA) through each mechanism, in all compartments."""
        ions = self._ions(parts)
        return [
            place.spread(m.current(place.pick(v), state, self._site(k, cable, ions, {})))
            for k, (m, place, state) in enumerate(
                zip(self.mechanisms, self.places, parts, strict=True)
            )
        ]

    def membrane_current(self, v: Each, parts: Parts, cable: Cable) -> Each:
        """Return the current (pA) that leaves each compartment through the membrane."""
        return sum(self._currents(v, parts, cable))  # pyright: ignore[reportReturnType]

    def _ion_current(self, v: Each, parts: Parts, cable: Cable) -> dict[str, Each]:
        pooled = {m.ion for m in self.mechanisms if isinstance(m, AbstractPool)}
        total: dict[str, Each] = {}
        if pooled:
            for m, i in zip(self.mechanisms, self._currents(v, parts, cable), strict=True):
                if m.ion in pooled:
                    total[m.ion] = total.get(m.ion, 0.0) + i
        return total

    def relaxed(
        self, state: CellState, cable: Cable, before: Scalar, after: Scalar | float = 0.0, arrival: Any = None
    ) -> Parts:
        """Return the states of the mechanisms some time later, at constant voltages.

        What arrives, (weight, site), does so ``before`` ms from now, and ``after`` ms before the
        end. Gates flow between two halves of the flow of the pools, which keeps the second order.
        """
        v, parts = state
        whole = before + after
        parts = self._pooled(v, parts, cable, 0.5 * whole)
        ions = self._ions(parts)
        flowed, offset = [], 0
        for k, (m, place, part) in enumerate(zip(self.mechanisms, self.places, parts, strict=True)):
            local, site = place.pick(v), self._site(k, cable, ions, {})
            if isinstance(m, AbstractPool):
                flowed.append(part)
            elif isinstance(m, AbstractSynapses) and arrival is not None:
                weight, at = arrival
                n = len(place.compartment)
                is_here = (at >= offset) & (at < offset + n)
                part = m.flow(local, part, site, before)
                part = m.deliver(part, jnp.where(is_here, weight, 0.0), (at - offset) % n)
                flowed.append(m.flow(local, part, site, after))
                offset += n
            else:
                flowed.append(m.flow(local, part, site, whole))
        return self._pooled(v, tuple(flowed), cable, 0.5 * whole)

    def _pooled(self, v: Each, parts: Parts, cable: Cable, h: Scalar) -> Parts:
        current = self._ion_current(v, parts, cable)
        ions = self._ions(parts)

        def after(k: int, m: AbstractMechanism, part: Any) -> Any:
            if not isinstance(m, AbstractPool):
                return part
            return m.flow(self.places[k].pick(v), part, self._site(k, cable, ions, current), h)

        return tuple(
            after(k, *pair) for k, pair in enumerate(zip(self.mechanisms, parts, strict=True))
        )

    def dynamics(self, t: Scalar, state: CellState, current: Scalar) -> CellState:
        del t
        v, parts = state
        cable = self.cable()
        nodes = self.tree.with_meeting_points(cable.edge, v)
        outward = self.membrane_current(v, parts, cable) + self.tree.across(cable.edge, nodes)[: self.tree.n]
        outward = outward.at[self.electrode_compartment].add(-current)
        ions, ion_current = self._ions(parts), self._ion_current(v, parts, cable)
        slopes = []
        for k, (m, place, part) in enumerate(zip(self.mechanisms, self.places, parts, strict=True)):
            site = self._site(k, cable, ions, ion_current)
            slopes.append(m.derivative(place.pick(v), part, site))
        return CellState(-outward / cable.capacitance, tuple(slopes))

    def spike_condition(self, t: Scalar, state: CellState) -> Scalar:
        del t
        return state.v[self.spike_compartment] - self.v_th

    def input_spike(self, state: CellState, weight: Scalar, site: Array) -> CellState:
        parts, offset = list(state.parts), 0
        for k, place in self._synapses():
            n = len(place.compartment)
            is_here = (site >= offset) & (site < offset + n)
            mechanism: Any = self.mechanisms[k]
            parts[k] = mechanism.deliver(
                parts[k], jnp.where(is_here, weight, 0.0), (site - offset) % n
            )
            offset += n
        return state._replace(parts=tuple(parts))

    def reset_spiked(self, t: Scalar, state: CellState) -> CellState:
        del t
        return state

    def observe(self, state: CellState) -> dict[str, Array]:
        return {"v": state.v[self.spike_compartment], "v_cell": state.v}


def _compartment(compartments: Compartments, place: str) -> int:
    if place in compartments.section_names or "(" in place:
        return locate(compartments, place)
    return int(np.flatnonzero(select(compartments, place))[0])
