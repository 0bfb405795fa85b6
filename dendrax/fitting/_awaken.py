"""Untrained networks in which no neuron is silent."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from dendrax.errors import FitError
from dendrax.inputs import Inputs
from dendrax.networks import Connection, Network
from dendrax.simulation import Simulator

# Of the mean magnitude of the weights: so much is added at a time.
_STEP = 0.1


def awaken(
    network: Network,
    simulator: Simulator,
    inputs: Inputs,
    *,
    at_least: float = 0.5,
    max_rounds: int = 100,
) -> Network:
    """Raise the weights into silent neurons until each of them spikes in enough trials.

    A neuron that never spikes has no gradient, and stays as it is. Population after population in
    the order in which spikes flow, all weights into a neuron that spikes in too few trials grow by
    the same amount, a tenth of the mean magnitude of the weights of the connection, until it
    spikes in enough. All other neurons stay as they were drawn.

    Parameters
    ----------
    network : Network
    simulator : Simulator
        As for training.
    inputs : Inputs
        Some hundred trials of the task.
    at_least : float, default 0.5
        Fraction of the trials in which each neuron is to spike.
    max_rounds : int, default 100
        Of simulations.

    Returns
    -------
    Network

    Raises
    ------
    FitError
        If ``at_least`` is not a fraction, or neurons are still silent after ``max_rounds``.

    Notes
    -----
    Göltz et al. 2021 raise weights during training where spikes are missing; here it is done
    before, or between epochs, and what is learned is learned by exact gradients alone.

    Examples
    --------
    >>> import dendrax as dx, jax, quantities as pq
    >>> network = dx.feed_forward([5, 20], dx.LIF(tau_mem=20 * pq.ms), key=jax.random.key(1))
    >>> inputs = dx.latency(dx.yin_yang(20, seed=42)[0], t_max=30 * pq.ms)
    >>> dx.awaken(network, dx.Simulator(45 * pq.ms), inputs).connections
    (Connection(input -> output, 5x20),)
    """
    if not 0 < at_least <= 1:
        raise FitError(f"at_least must be a fraction of the trials; got {at_least}.")
    order = [name for component in network.components for name in component]
    order = [name for name in order if not _never_spikes(network, name)]
    for done in range(max_rounds + 1):
        awake = _awake(simulator, network, inputs)
        shy = {name: np.asarray(awake[name]) < at_least for name in order}
        first = next((name for name in order if shy[name].any()), None)
        if first is None:
            break
        if done == max_rounds:
            raise FitError(
                f"{shy[first].sum()} of {len(shy[first])} neurons of {first!r} spike in less than "
                f"{at_least:g} of the trials after {done} rounds. Ask for less, or see the inputs."
            )
        raised = tuple(
            _raised(each, shy[first]) if each.target == first else each
            for each in network.connections
        )
        network = eqx.tree_at(lambda network: network.connections, network, raised)
    return network


def _never_spikes(network: Network, name: str) -> bool:
    return getattr(network.populations[name].neuron, "never_spikes", False)


@eqx.filter_jit
def _awake(
    simulator: Simulator, network: Network, inputs: Inputs
) -> dict[str, Float[Array, " neuron"]]:
    """Return in which fraction of the trials each neuron spikes; readouts are not computed."""
    results = simulator(network, inputs)
    return {name: jnp.isfinite(r.spike_times).any(2).mean(0) for name, r in results.items()}


def _raised(connection: Connection, shy: Bool[np.ndarray, " neuron"]) -> Connection:
    weight = connection.weight.value
    by = _STEP * jnp.mean(jnp.abs(weight)) * jnp.asarray(shy, weight.dtype)
    by = by.reshape(1, -1, *(1,) * (weight.ndim - 2))
    return eqx.tree_at(lambda each: each.weight.value, connection, weight + by)
