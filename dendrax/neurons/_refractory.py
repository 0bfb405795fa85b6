"""A wrapper: the neuron has a refractory period."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.tree_util as jtu

from dendrax.errors import ModelError
from dendrax.neurons._neuron import Scalar, State
from dendrax.neurons._wrapper import AbstractWrapper, Wrapped
from dendrax.parameters import NOT_NEGATIVE, ParameterOrArray, parameter, resolve


class Refractory(AbstractWrapper):
    """A neuron that is refractory for ``t_ref`` after each of its spikes.

    Then some leaves of its state are held where the reset has put them, and it does not spike; the
    others, such as synapses and adaptation, go on, and input arrives. The period ends at an event,
    so that it is exact, and ``t_ref`` has a gradient.

    Parameters
    ----------
    neuron : AbstractNeuron
    t_ref : Quantity [time]
    held : tuple of str, optional
        The names of the leaves that are held. Default: the first one, which is the membrane in all
        models here.

    Raises
    ------
    UnitError
        If ``t_ref`` is not a time.
    ModelError
        If ``t_ref`` is negative, or the state of the neuron has no leaf of a name.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> neuron = dx.Refractory(dx.QIF(), t_ref=dx.learnable(2 * pq.ms))
    """

    t_ref: ParameterOrArray = parameter("ms", bounds=NOT_NEGATIVE)
    held: tuple[str, ...] | None = eqx.field(static=True, default=None)

    def __check_init__(self) -> None:
        leaves = _leaves(jax.eval_shape(resolve(self.neuron).init_state))
        known = {name for names in leaves for name in names}
        if unknown := [name for name in self.held or () if name not in known]:
            raise ModelError(
                f"Refractory.held must name leaves of the state of {type(self.neuron).__name__}; "
                f"got {unknown[0]!r}. It has: {', '.join(sorted(known))}."
            )

    def init_state(self) -> Wrapped:
        return Wrapped(self.neuron.init_state(), jnp.asarray(jnp.inf))

    def dynamics(self, t: Scalar, state: Wrapped, current: Scalar) -> Wrapped:
        leaves, flows = _leaves(state.neuron), self.neuron.dynamics(t, state.neuron, current)
        rates, tree = jax.tree.flatten(flows, is_leaf=lambda rate: rate is None)
        is_free = jnp.isinf(state.mark)
        for k, names in enumerate(leaves):
            is_held = k == 0 if self.held is None else bool(names & {*self.held})
            if is_held and rates[k] is not None:
                rates[k] = jnp.where(is_free, rates[k], 0.0)
        return Wrapped(tree.unflatten(rates), None)

    def spike_condition(self, t: Scalar, state: Wrapped) -> Scalar:
        guard = self.neuron.spike_condition(t, state.neuron)
        return jnp.where(jnp.isinf(state.mark), guard, -1.0)

    def reset_spiked(self, t: Scalar, state: Wrapped) -> Wrapped:
        return Wrapped(self.neuron.reset_spiked(t, state.neuron), t + self.t_ref)

    def timer(self, state: Wrapped) -> Scalar:
        return jnp.minimum(state.mark, self.neuron.timer(state.neuron))

    def timer_expired(self, state: Wrapped) -> Wrapped:
        inner = self.neuron.timer(state.neuron)
        expired = self.neuron.timer_expired(state.neuron)
        keep = lambda new, old: jnp.where(inner <= state.mark, new, old)  # noqa: E731
        mark = jnp.where(state.mark <= inner, jnp.inf, state.mark)
        return Wrapped(jax.tree.map(keep, expired, state.neuron), mark)


def _leaves(state: State) -> list[set[Any]]:
    """Return, for each leaf of a state, the names on the way to it."""
    paths, _ = jtu.tree_flatten_with_path(state)
    return [{getattr(key, "name", None) for key in path} - {None} for path, _ in paths]
