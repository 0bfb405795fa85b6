"""Models as trees of parameters: find them, and turn them into the arrays that equations use."""

from collections.abc import Mapping
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.tree_util as jtu
from jax import lax
from jaxtyping import Array

from dendrax.parameters._parameter import Parameter

Model = TypeVar("Model")


def is_parameter(node: Any) -> bool:
    """Whether a node of a pytree is a :class:`Parameter`."""
    return isinstance(node, Parameter)


def parameters(model: Any) -> dict[str, Parameter]:
    """Return the parameters of a model by name, in the order in which they were declared.

    Parameters
    ----------
    model : pytree
        A neuron, or anything else that holds parameters.

    Examples
    --------
    >>> import dendrax as dx
    >>> dx.parameters(dx.LIF())["v_th"].quantity
    array(-50.) * mV
    """
    leaves, _ = jtu.tree_flatten_with_path(model, is_leaf=is_parameter)
    return {jtu.keystr(path).lstrip("."): leaf for path, leaf in leaves if is_parameter(leaf)}


def with_parameters(model: Model, replaced: Mapping[str, Parameter]) -> Model:
    """Return the model with some of its parameters replaced, by name."""
    names = iter(parameters(model))

    def choose(node: Any) -> Any:
        return replaced.get(next(names), node) if is_parameter(node) else node

    return jax.tree.map(choose, model, is_leaf=is_parameter)


def with_values(model: Model, values: Mapping[str, Array]) -> Model:
    """Return the model with some of its parameters at other values, by name, in their units."""
    known = parameters(model)
    return with_parameters(
        model,
        {name: eqx.tree_at(lambda each: each.value, known[name], x) for name, x in values.items()},
    )


def resolve(model: Model) -> Model:
    """Replace each parameter by its array; no gradient flows into what is fixed.

    This is the one place where parameters become numbers: equations see arrays only.
    """

    def array(node: Any) -> Array:
        if not is_parameter(node):
            return node
        return node.value if node.is_learnable else lax.stop_gradient(node.value)

    return jax.tree.map(array, model, is_leaf=is_parameter)
