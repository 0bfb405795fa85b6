"""Untrained networks: layers, recurrent networks, dendritic neurons; all of it learnable."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
from jaxtyping import Array

from dendrax.errors import ModelError
from dendrax.networks._connection import Connection
from dendrax.networks._network import INPUT, Network
from dendrax.networks._population import Population
from dendrax.neurons import AbstractNeuron, DendriticNeuron
from dendrax.parameters import Parameter, is_parameter, learnable
from dendrax.units import to_quantity

Key = Array


def feed_forward(
    sizes: Sequence[int],
    neuron: AbstractNeuron | Sequence[AbstractNeuron],
    *,
    key: Key,
    readout: AbstractNeuron | None = None,
    delay: Any = None,
) -> Network:
    """Build layers, each connected to the whole of the next, with random weights.

    Weights are uniform in the ``weight_range`` of their target divided by the number of its
    sources, and learnable. Each bias becomes learnable and one per neuron: what it was, plus a draw
    from ``bias_range``; one that you have made learnable stays as it is, and so does all else.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of inputs, of hidden neurons, and of outputs.
    neuron : AbstractNeuron or sequence of AbstractNeuron
        The model of all layers, or one for each layer after the inputs (but not for a readout).
        Models that have two forms are given without units: ``LIF(tau_mem=...)``.
    key : jax.random.key
        The same key makes the same network.
    readout : AbstractNeuron, optional
        The model of the output layer, for example a ``LeakyIntegrator``; its bias stays as it is.
    delay : Quantity [time], optional
        Of all connections that do not come from the inputs.

    Returns
    -------
    Network
        With the populations ``"hidden"`` (or ``"hidden_1"``, ``"hidden_2"``, ...) and
        ``"output"``.

    Raises
    ------
    ModelError
        If there are fewer than two sizes, another number of models than layers, or a model has
        units, for which there is no range to draw from.

    Notes
    -----
    Section IV.A and Table II of König et al. 2026.

    Examples
    --------
    >>> import dendrax as dx, jax, quantities as pq
    >>> network = dx.feed_forward([5, 50, 3], dx.QIF(tau_mem=20 * pq.ms), key=jax.random.key(0))
    >>> network.connections
    (Connection(input -> hidden, 5x50), Connection(hidden -> output, 50x3))
    """
    if len(sizes) < 2:
        raise ModelError(f"sizes must be those of the inputs and of each layer; got {sizes}.")
    n_layers, last = len(sizes) - 1, [] if readout is None else [readout]
    alike = isinstance(neuron, AbstractNeuron)
    models = ([neuron] * (n_layers - len(last)) if alike else list(neuron)) + last
    if len(models) != n_layers:
        raise ModelError(
            f"sizes ask for {n_layers} models, one per layer, of which a readout is the last; got "
            f"{len(models)}."
        )
    names = [INPUT, *_hidden(n_layers - 1), "output"]
    populations, connections = {}, []
    rng = _generator(key)
    for k, model in enumerate(models):
        (source, target), (n_source, n_target) = names[k : k + 2], sizes[k : k + 2]
        weight = _weight(rng, model, n_source, n_target, fan_in=n_source)
        late = delay if k > 0 else None
        connections.append(Connection(source, target, weight=weight, delay=late))
        drawn = model if model is readout else _with_biases(rng, model, n_target)
        populations[target] = Population(drawn, n_target)
    return Network(sizes[0], populations, connections)


def recurrent(
    n_inputs: int,
    n_hidden: int,
    neuron: AbstractNeuron,
    n_outputs: int,
    readout: AbstractNeuron,
    *,
    key: Key,
    delay: Any = None,
    self_connections: bool = False,
) -> Network:
    """Build a recurrent population between inputs and readouts, with random weights.

    Weights and biases are drawn as :func:`feed_forward` does; the sources of a hidden neuron are
    the inputs and the hidden neurons.

    Parameters
    ----------
    n_inputs, n_hidden : int
    neuron : AbstractNeuron
        The model of the hidden neurons, without units.
    n_outputs : int
    readout : AbstractNeuron
        The model of the outputs, for example a ``LeakyIntegrator``; its bias stays as it is.
    key : jax.random.key
        The same key makes the same network.
    delay : Quantity [time], optional
        Of the recurrent connection.
    self_connections : bool, default False
        Whether a hidden neuron is connected to itself.

    Returns
    -------
    Network
        With the populations ``"hidden"`` and ``"output"``.

    Raises
    ------
    ModelError
        If a model has units, for which there is no range to draw from.

    Notes
    -----
    Section IV.E of König et al. 2026: EGRU, 9 inputs, 32 hidden neurons, 2 leaky integrators.

    Examples
    --------
    >>> import dendrax as dx, jax, quantities as pq
    >>> readout = dx.LeakyIntegrator(tau_mem=20 * pq.ms)
    >>> network = dx.recurrent(9, 32, dx.EGRU(), 2, readout, key=jax.random.key(0))
    >>> network.connections[1]
    Connection(hidden -> hidden, 32x32x3)
    """
    rng = _generator(key)
    n_sources = n_inputs + n_hidden - (not self_connections)
    mask = None if self_connections else ~np.eye(n_hidden, dtype=bool)
    into = _weight(rng, neuron, n_inputs, n_hidden, n_sources)
    back = _weight(rng, neuron, n_hidden, n_hidden, n_sources)
    out = _weight(rng, readout, n_hidden, n_outputs, n_hidden)
    hidden = Population(_with_biases(rng, neuron, n_hidden), n_hidden)
    return Network(
        n_inputs,
        {"hidden": hidden, "output": Population(readout, n_outputs)},
        [
            Connection(INPUT, "hidden", weight=into),
            Connection("hidden", "hidden", weight=back, delay=delay, mask=mask),
            Connection("hidden", "output", weight=out),
        ],
    )


def dendritic(
    n_neurons: int,
    n_dendrites: int,
    n_inputs: int,
    *,
    key: Key,
    activation: str = "attenuating",
    readout: AbstractNeuron | None = None,
    own_weight: float | int = 0.3,
    bias: float | int = 0.0,
) -> Network:
    """Build neurons with dendrites that all inputs reach, not connected with each other.

    All parameters are learnable, and each neuron has its own, but ``v_max`` (3), ``v_th`` (1) and
    ``v_reset`` (0), which are fixed. To start from: weights with the mean 0.9 and the standard
    deviation 3; time constants log-normal about 10 ms (dendrites) and 5 ms (synapses), with a
    standard deviation of 0.3; ``g_dend`` log-normal about ``1 / sqrt(n_dendrites)``, with 0.2;
    ``v_th_dend`` 0.5, and all else at the defaults of :class:`DendriticNeuron`. So an input spike
    at an average synapse excites its dendrite to about half of the threshold, and a few of them
    bring it across the top of its activation, for inputs within some 30 ms.

    Parameters
    ----------
    n_neurons : int
        For example one per class.
    n_dendrites, n_inputs : int
        Each input has a synapse at each dendrite.
    key : jax.random.key
        The same key makes the same network.
    activation : {"attenuating", "sigmoid"}
        See :class:`DendriticNeuron`.
    readout : AbstractNeuron, optional
        The model of as many outputs, for example a ``LeakyIntegrator``, to which the spikes of all
        neurons go; to start from, those of its own neuron with ``own_weight``, those of others with
        0. Its bias stays as it is. Without it the neurons are the outputs.
    own_weight : float, default 0.3
        So that integrals over some 50 ms differ by a few units between classes; a maximum needs
        some ten times as much.
    bias : float, default 0
        Of each neuron, to start from. With a readout it should be above the threshold of 1: a
        neuron that never spikes gives the readout nothing, and no gradient comes back.

    Returns
    -------
    Network
        With the population ``"output"``, and before a readout with ``"hidden"``.

    Raises
    ------
    ModelError
        If the activation is another one, or the readout has units.

    Notes
    -----
    Section IV.G of König et al. 2026; initial values are our own.

    Examples
    --------
    >>> import dendrax as dx, jax
    >>> network = dx.dendritic(3, 7, 5, key=jax.random.key(0))
    >>> dx.parameters(network)["populations['output'].neuron.weight"].value.shape
    (3, 7, 5)
    """
    shape = (n_neurons, n_dendrites)
    rng = _generator(key)

    def about(middle: float, spread: float, shape: tuple[int, ...]) -> np.ndarray:
        return middle * np.exp(spread * rng.standard_normal(shape))

    def every(value: float, shape: tuple[int, ...] = shape) -> Any:
        return learnable(np.full(shape, value))

    full = (*shape, n_inputs)
    neuron = DendriticNeuron(  # pyright: ignore[reportCallIssue]
        weight=learnable(0.9 + 3.0 * rng.standard_normal(full)),
        tau_syn=learnable(to_quantity(about(5.0, 0.3, full), "ms")),
        tau_dend=learnable(to_quantity(about(10.0, 0.3, shape), "ms")),
        tau_mem=learnable(to_quantity(np.full(n_neurons, 10.0), "ms")),
        g_dend=learnable(about(n_dendrites**-0.5, 0.2, shape)),
        v_th_dend=every(0.5),
        slope_rise=every(8.0),
        slope_decay=every(3.0),
        bias=every(bias, (n_neurons,)),
        activation=activation,
    )
    name = "output" if readout is None else "hidden"
    populations = {name: Population(neuron, n_neurons)}
    # The strength of a synapse is the weight of the neuron.
    connections = [Connection(INPUT, name, weight=1.0)]
    if readout is not None:
        _must_take_plain_weights(readout)
        weight = np.multiply.outer(np.eye(n_neurons), np.full(readout.weight_shape, own_weight))
        populations["output"] = Population(readout, n_neurons)
        connections.append(Connection(name, "output", weight=learnable(weight)))
    return Network(n_inputs, populations, connections)


def _hidden(n: int) -> list[str]:
    return ["hidden"] * n if n < 2 else [f"hidden_{k + 1}" for k in range(n)]


def _weight(
    rng: np.random.Generator, neuron: AbstractNeuron, n_source: int, n_target: int, fan_in: int
) -> Any:
    """Draw the weights of a connection, (source, target) and the channels of the target."""
    _must_take_plain_weights(neuron)
    middle, half = neuron.weight_range
    drawn = _uniform(rng, (n_source, n_target, *neuron.weight_shape), middle, half)
    return learnable(drawn / fan_in)


def _must_take_plain_weights(neuron: AbstractNeuron) -> None:
    if neuron.input_unit != "1":
        raise ModelError(
            f"weights are drawn for models without units; {type(neuron).__name__} takes inputs in "
            f"{neuron.input_unit}. Give it tau_mem=... instead of c_m and g_leak, or make a "
            "Network of Connections with weights of your own."
        )
    if neuron.n_sites is not None:
        raise ModelError(
            f"{type(neuron).__name__} has synapses of its own; build it with dx.dendritic, or make "
            "a Network."
        )


def _with_biases(rng: np.random.Generator, neuron: AbstractNeuron, n: int) -> AbstractNeuron:
    """Return the neuron with learnable biases, one per unit, but for those that are learnable."""
    middle, half = neuron.bias_range

    def drawn(path: Any, node: Any) -> Any:
        name = jtu.keystr(path).rpartition(".")[2]
        if not is_parameter(node) or not name.startswith("bias") or node.is_learnable:
            return node
        shift = _uniform(rng, (n,), middle, half)
        return Parameter(
            node.value + jnp.asarray(shift, node.value.dtype),
            node.unit,
            node.bounds,
            True,
            node.dims,
        )

    return jtu.tree_map_with_path(drawn, neuron, is_leaf=is_parameter)


def _uniform(
    rng: np.random.Generator, shape: tuple[int, ...], middle: float, half: float
) -> np.ndarray:
    return rng.uniform(middle - half, middle + half, shape)


def _generator(key: Key) -> np.random.Generator:
    # Draws of JAX would be compiled, shape by shape, and differ between float32 and float64.
    return np.random.default_rng(np.ravel(jax.random.key_data(key)))
