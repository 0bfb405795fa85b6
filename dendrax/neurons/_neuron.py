"""The one interface of all neuron models: five methods, and what they show to the outside."""

from abc import abstractmethod
from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.parameters import Parameterized, by_instance

State = Any
Scalar = Float[Array, ""]


class AbstractNeuron(Parameterized):
    """A neuron as a hybrid system: it flows, a guard watches it, and events make it jump.

    A model is written for one unit, with scalars; the simulator maps it over trials and units.
    The state is a named pytree (a ``NamedTuple``). The five abstract methods are those of Fig. 1 of
    König et al. 2026, with two deviations: they describe one unit rather than a population, and
    the time of a reset is handed over because refractoriness needs it.

    A model whose spikes leave a trace in time (a refractory period, say) overrides ``timer`` and
    ``timer_expired``; nothing else is asked of a user's own model.

    Attributes
    ----------
    units : dict of str
        The unit of each variable that ``observe`` returns.
    input_unit : str
        The unit of injected currents.
    weight_unit : str
        The unit of the weights of input spikes: by default that of currents.
    weight_shape : tuple of int
        The shape of the weight of one synapse, as ``input_spike`` gets it.
    weight_range, bias_range : tuple of float
        Mean and half range of the uniform distributions of the weights (before they are divided by
        the number of sources) and of the bias in an untrained network, for a model without units:
        Table II of the paper.
    steps_per_ms : float
        How many steps ``step_limit`` may add. By default a simulation has room for them.
    """

    units: ClassVar[dict[str, str]] = {"v": "mV"}
    input_unit: ClassVar[str] = "pA"
    weight_shape: ClassVar[tuple[int, ...]] = ()
    weight_range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    bias_range: ClassVar[tuple[float, float]] = (0.0, 0.0)
    steps_per_ms: ClassVar[float] = 0.0

    @by_instance
    def weight_unit(self) -> str:
        return self.input_unit

    @property
    def n_sites(self) -> int | None:
        """How many synaptic sites there are; any number by default, of which all are alike."""
        return None

    @property
    def delay(self) -> Float[Array, " site"] | None:
        """How much later a spike acts at each synaptic site (ms); None: at once."""
        return None

    @abstractmethod
    def init_state(self) -> State:
        """Return the state at the start of a trial."""

    @abstractmethod
    def dynamics(self, t: Scalar, state: State, current: Scalar) -> State:
        """Return the derivative of each leaf of the state, per ms.

        ``current`` is what the electrode injects at ``t``. A leaf whose derivative is ``None`` is
        held: it changes at events only.
        """

    @abstractmethod
    def spike_condition(self, t: Scalar, state: State) -> Scalar:
        """Return the guard: the neuron spikes when it rises through zero."""

    @abstractmethod
    def input_spike(self, state: State, weight: Array, site: Array) -> State:
        """Return the state after one input spike of this weight at this synaptic site.

        ``weight`` has the shape ``weight_shape``.
        """

    @abstractmethod
    def reset_spiked(self, t: Scalar, state: State) -> State:
        """Return the state just after the neuron's own spike at ``t``."""

    @abstractmethod
    def observe(self, state: State) -> dict[str, Array]:
        """Return what an electrode or an indicator would see, by name."""

    def step_limit(self, t: Scalar, state: State, current: Scalar) -> Scalar:
        """Return the largest step (ms) that resolves what comes; no limit by default."""
        del t, state, current
        return jnp.asarray(jnp.inf)

    def timer(self, state: State) -> Scalar:
        """Return the time of the next scheduled event of the neuron itself; never by default."""
        del state
        return jnp.asarray(jnp.inf)

    def timer_expired(self, state: State) -> State:
        """Return the state just after the event that ``timer`` announced."""
        return state
