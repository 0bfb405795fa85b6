"""What a mechanism is: a current through the membrane, and states that relax."""

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dendrax.errors import ModelError
from dendrax.morphology import Compartments, locate, select
from dendrax.parameters import NOT_NEGATIVE, Parameterized, ParameterOrArray, parameter

Each = Float[Array, " place"]
State = Any
# Of a state: an array over places; where a state says how it flows, a Relaxation.
Leaf = Any

# Of um2 times what the field counts per cm2: uA/cm2 in pA, mS/cm2 in nS, uF/cm2 in pF.
PER_AREA = 0.01

COMPARTMENT, SYNAPSE = ("compartment",), ("synapse",)


class Relaxation(NamedTuple):
    """Where a state goes, and how fast: ``dx/dt = rate (target - x)``, the rate in 1/ms."""

    target: Each
    rate: Each


class Site(NamedTuple):
    """What surrounds a mechanism, in each of its places.

    ``inside`` and ``outside`` are concentrations in mM, by the name of the ion; ``ion_current`` is
    what flows out through all other mechanisms, in pA.
    """

    area: Each
    volume: Each
    celsius: Float[Array, ""] | float
    inside: dict[str, Each]
    outside: dict[str, Each]
    ion_current: dict[str, Each]


class AbstractMechanism(Parameterized):
    """A mechanism of the membrane in some region of a cell.

    It lets a current through, and has states, of which each relaxes towards a target that depends
    on the voltage and on what surrounds it. Everything is an array over the places of the
    mechanism: the compartments of its region, or its synapses.

    Parameters
    ----------
    region : str or Region, default "all"
        The compartments that have the mechanism; a place as ``"apic[3](0.5)"`` is one of them.

    Attributes
    ----------
    ion : str or None
        The ion that carries the current, if the concentration of it matters.
    reads : tuple of str
        The ions whose concentration the mechanism must know.
    needs_temperature : bool
    units : dict of str
        The unit of each variable that ``observe`` returns.
    """

    region: Any = eqx.field(static=True, default="all")

    ion: ClassVar[str | None] = None
    reads: ClassVar[tuple[str, ...]] = ()
    needs_temperature: ClassVar[bool] = False
    units: ClassVar[dict[str, str]] = {}

    def places(self, compartments: Compartments) -> Int[np.ndarray, " place"]:
        """Return the compartment of each place."""
        if isinstance(self.region, str) and "(" in self.region:
            return np.asarray([locate(compartments, self.region)])
        return np.flatnonzero(select(compartments, self.region))

    def init_state(self, v: Each, site: Site) -> State:
        """Return the state after a long time at a voltage: by default all targets."""
        state = self.relaxation(v, None, site)
        return jax.tree.map(lambda x: x.target, state, is_leaf=is_relaxation)

    @abstractmethod
    def current(self, v: Each, state: State, site: Site) -> Each:
        """Return the current in pA that flows out of the cell in each place."""

    def relaxation(self, v: Each, state: State, site: Site) -> State:
        """Return a :class:`Relaxation` for each leaf of the state; no state by default."""
        del v, state, site
        return ()

    def flow(self, v: Each, state: State, site: Site, h: Array) -> State:
        """Return the state ``h`` ms later, if voltage and surroundings stay as they are."""

        def after(to: Relaxation, x: Each) -> Each:
            return to.target + (x - to.target) * jnp.exp(-h * to.rate)

        return jax.tree.map(after, self.relaxation(v, state, site), state, is_leaf=is_relaxation)

    def derivative(self, v: Each, state: State, site: Site) -> State:
        """Return the derivative of each leaf of the state, per ms."""

        def slope(to: Relaxation, x: Each) -> Each:
            return to.rate * (to.target - x)

        return jax.tree.map(slope, self.relaxation(v, state, site), state, is_leaf=is_relaxation)

    def observe(self, state: State) -> dict[str, Each]:
        """Return what can be recorded, by name: by default the leaves of a named tuple."""
        return state._asdict() if hasattr(state, "_asdict") else {}


def is_relaxation(node: Any) -> bool:
    """Whether a node of a pytree is a :class:`Relaxation`."""
    return isinstance(node, Relaxation)


class AbstractChannel(AbstractMechanism):
    """A mechanism that is spread over the membrane: what it lets through is a density.

    Parameters
    ----------
    region : str or Region, default "all"
    """

    @abstractmethod
    def density(self, v: Each, state: State, site: Site) -> Each:
        """Return the current in uA/cm2 that flows out of the cell."""

    def current(self, v: Each, state: State, site: Site) -> Each:
        return PER_AREA * site.area * self.density(v, state, site)


class AbstractPool(AbstractMechanism):
    """The ions below the membrane, which the currents of that ion fill and the cell empties.

    Its relaxation reads ``site.ion_current``.

    Parameters
    ----------
    region : str or Region, default "all"
    """

    @abstractmethod
    def concentrations(self, state: State) -> tuple[Each, Each]:
        """Return the concentrations inside and outside, in mM."""

    def current(self, v: Each, state: State, site: Site) -> Each:
        del state, site
        return jnp.zeros_like(v)


class AbstractSynapses(AbstractMechanism):
    """Synapses that spikes arrive at, each in a place of its own.

    Their states flow without regard to the voltage.

    Parameters
    ----------
    region : str or Region, default "all"
    n : int, optional
        How many, spread evenly over the compartments of the region. Default: as many as there are
        places in ``at``, or 1.
    at : str or sequence of str, optional
        Their places (``"apic[76](0.2)"``), instead of a region.
    delay : Quantity [time], (synapse,) or scalar, optional
        How much later a spike acts. Default: not at all.

    Raises
    ------
    ModelError
        If there is no synapse, or ``n`` is another number than that of the places.
    """

    n: int | None = eqx.field(static=True, default=None)
    at: Any = eqx.field(static=True, kw_only=True, default=())

    delay: ParameterOrArray = parameter("ms", bounds=NOT_NEGATIVE, dims=SYNAPSE, own=True)

    def __post_init__(self) -> None:
        self.at = (self.at,) if isinstance(self.at, str) else tuple(self.at)
        self.n = (len(self.at) or 1) if self.n is None else self.n
        super().__post_init__()

    def __check_init__(self) -> None:
        if self.n is None or self.n < 1 or (self.at and self.n != len(self.at)):
            raise ModelError(
                f"{type(self).__name__} must have at least one synapse, and as many as places; got "
                f"n = {self.n} and {len(self.at)} places. Leave out n or at."
            )

    def places(self, compartments: Compartments) -> Int[np.ndarray, " synapse"]:
        if self.at:
            return np.array([locate(compartments, place) for place in self.at])
        of_region, n = super().places(compartments), self.n or 1
        return of_region[(np.arange(n) * 2 + 1) * len(of_region) // (2 * n)]

    @abstractmethod
    def deliver(self, state: State, weight: Array, synapse: Array) -> State:
        """Return the state after a spike has arrived at one synapse, which may be none of these."""
