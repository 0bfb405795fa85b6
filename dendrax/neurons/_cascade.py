"""Neurons that need no event loop: what drives the soma is known, and the soma is linear."""

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from equinox import AbstractVar
from jaxtyping import Array, Float

from dendrax.neurons._neuron import AbstractNeuron, Scalar, State
from dendrax.neurons._quadrature import gauss_legendre

# Of the order 8 at the end of a stretch in double precision, of the order 4 in single.
_DOUBLE, _SINGLE = gauss_legendre(4), gauss_legendre(2)


class Ramp(NamedTuple):
    """The injected current along a stretch of time: ``value`` at its start, ``slope`` per ms."""

    value: Scalar
    slope: Scalar

    def after(self, h: Scalar) -> Scalar:
        """Return the current ``h`` ms later."""
        return self.value + self.slope * h


class Stretch(NamedTuple):
    """A linear soma from the start of a stretch up to some instants, the last of them its end.

    Up to ``t`` (ms from the start) ``v`` becomes ``exp(-decay) v + gain``, and there
    ``dv/dt = source - rate v``.
    """

    t: Float[Array, " instant"]
    decay: Float[Array, " instant"]
    gain: Float[Array, " instant"]
    rate: Float[Array, " instant"]
    source: Float[Array, " instant"]


class AbstractFedForward(AbstractNeuron):
    """A neuron whose synapses and dendrites get no feedback, and flow in closed form.

    All leaves of the state but the soma's are *upstream*: between arrivals their flow is known, and
    they alone are what arrivals (``input_spike``) change; one without weight changes nothing. What
    drives the soma is then known before its first spike. The simulator executes such a model
    without an event loop; the five methods of the interface describe the same model, and tests hold
    both against each other.
    """

    never_spikes: ClassVar[bool] = False

    @abstractmethod
    def propagator(self, h: Scalar) -> Any:
        """Return the factors of the upstream flow over ``h`` ms, which depend on no state.

        Units that share their time constants compute them once.
        """

    @abstractmethod
    def upstream(self, state: State, propagator: Any, current: Ramp) -> State:
        """Return the state with its upstream leaves after a stretch without arrivals."""

    def upstream_after(self, state: State, h: Scalar, current: Ramp) -> State:
        """Return the state with its upstream leaves ``h`` ms later, without arrivals."""
        return self.upstream(state, self.propagator(h), current)


class AbstractCascade(AbstractFedForward):
    """A neuron whose soma ``v`` is linear: ``dv/dt = b(t) - a(t) v`` with known ``a >= 0``, ``b``.

    A reset is then a decaying correction to the solution without resets.

    Attributes
    ----------
    v_th, v_reset : Array
        Not used if the model never spikes.
    t_ref : Array or None
        How long ``v`` is held at ``v_reset`` after a spike (ms).
    is_closed : bool
        Whether ``stretch`` is exact however long the stretch, so that the regular grid is not
        needed. Then ``a`` must be constant, and ``b`` turn at most once in a stretch.
    """

    v_th: AbstractVar[Any]
    v_reset: AbstractVar[Any]
    t_ref: AbstractVar[Any]
    is_closed: ClassVar[bool] = False

    @abstractmethod
    def soma(self, state: State, current: Scalar) -> tuple[Scalar, Scalar]:
        """Return ``a`` and ``b`` (per ms) for given upstream leaves."""

    def stretch(self, state: State, h: Scalar, current: Ramp) -> Stretch:
        """Return what becomes of the soma in the ``h`` ms after a state.

        By default Gauss-Legendre quadrature, of which the order at the end is 8 in double
        precision, and 4 in single.
        """
        points, up_to = _DOUBLE if jnp.result_type(float) == jnp.float64 else _SINGLE
        t = h * jnp.append(points, 1.0)

        def soma_at(t: Scalar) -> tuple[Scalar, Scalar]:
            return self.soma(self.upstream_after(state, t, current), current.after(t))

        rate, source = jax.vmap(soma_at)(t)
        decay = h * (up_to @ rate[:-1])
        kernel = jnp.exp(decay[None, :-1] - decay[:, None])
        return Stretch(t, decay, h * ((up_to * kernel) @ source[:-1]), rate, source)

    def turn(self, state: State, h: Scalar, current: Ramp) -> tuple[Scalar, Scalar]:
        """Return when, within a stretch, ``b`` turns, and ``b`` then; its start, if it does not.

        Only a closed ``stretch``, which has no instants inside, needs it.
        """
        del h
        return jnp.zeros_like(current.value), self.soma(state, current.value)[1]
