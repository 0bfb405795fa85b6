"""Spikes beyond the end of the trial, so that silent QIF neurons have a gradient."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from dendrax.errors import FitError
from dendrax.networks import Connection, Network
from dendrax.neurons import QIF
from dendrax.parameters import resolve
from dendrax.results import SimulationResult

# The scale of the softplus, in units of the rheobase, as in the authors' program.
_SOFTNESS = 10.0


class _Ending(NamedTuple):
    """A population that goes on beyond the end of the trial, each neuron at a constant pace."""

    angle: Float[Array, "trial neuron"]  # from 0, just after a spike, to pi, at a spike
    pace: Float[Array, "trial neuron"]  # of the angle, per ms


def with_pseudospikes(
    network: Network, results: dict[str, SimulationResult]
) -> dict[str, SimulationResult]:
    r"""Let QIF neurons that are still to spike when the trial ends do so beyond its end.

    From the end ``T`` of the trial on, a QIF neuron obeys
    :math:`\tau \dot V = (V - 1/2)^2 + s(J)` with a positive constant :math:`s(J)`, so that its k-th
    pseudospike is at

    .. math:: T + \tau \frac{k \pi - \alpha}{\sqrt{s}}, \qquad
        \alpha = \frac{\pi}{2} + \arctan \frac{V(T) - 1/2}{\sqrt{s}}, \qquad
        s = 10 \log\left(1 + e^{J / 10}\right).

    ``J`` is the drive that the neuron has at ``T`` and that of its sources: each counts with its
    weight times :math:`\alpha / \pi`, the part of its own cycle that it has completed. So a spike
    that passes the end of the trial, of the neuron or of a source, changes nothing abruptly, and a
    network that is silent altogether has a gradient.

    Parameters
    ----------
    network : Network
        Populations of other models than QIF are left as they are.
    results : dict of str to SimulationResult
        Of the network, with ``record=dx.Record("guard", "i_syn", at=t_stop)``.

    Returns
    -------
    dict of str to SimulationResult
        With all slots for spikes filled, the pseudospikes later than ``t_stop``; to be handed to a
        loss. Whoever counts spikes, or accuracies, takes the results of the simulator.

    Raises
    ------
    FitError
        If the record is missing, or QIF populations are recurrent or connected with delays.

    Notes
    -----
    Klos & Memmesheimer 2025, and their published program, for QIF neurons with synaptic currents.
    A bias, which they do not have, belongs to the drive.

    Examples
    --------
    >>> import dendrax as dx, jax, numpy as np, quantities as pq
    >>> network = dx.feed_forward([2, 3], dx.QIF(tau_mem=20 * pq.ms), key=jax.random.key(0))
    >>> record = dx.Record("guard", "i_syn", at=20 * pq.ms)
    >>> simulator = dx.Simulator(20 * pq.ms, record=record, max_spikes=4)
    >>> results = simulator(network, dx.latency([[0.2, 0.9]], 60 * pq.ms, bias=False))
    >>> pseudo = dx.with_pseudospikes(network, results)["output"].spike_times
    >>> bool(np.isfinite(pseudo).all())
    True
    """
    endings: dict[str, _Ending] = {}
    extended = dict(results)
    for component in network.components:
        for name in component:
            if not isinstance(network.populations[name].neuron, QIF):
                continue
            into = [c for c in network.into(name) if c.source in endings or c.source in component]
            _must_be_known(into, endings)
            endings[name] = _ending(network, name, results[name], into, endings)
            extended[name] = _extended(results[name], endings[name])
    return extended


def _must_be_known(connections: list[Connection], endings: dict[str, _Ending]) -> None:
    for connection in connections:
        if connection.source not in endings:
            raise FitError(f"pseudospikes are those of networks without a loop; got {connection}.")
        if connection.delay is not None:
            raise FitError(f"pseudospikes have no delays; got {connection!r}.")


def _ending(
    network: Network,
    name: str,
    result: SimulationResult,
    connections: list[Connection],
    endings: dict[str, _Ending],
) -> _Ending:
    neuron: Any = resolve(network.populations[name].neuron)
    # What all units share has no axis.
    of = {
        key: x if jnp.ndim(x) == 0 else x[None]
        for key, x in (
            ("rheobase", neuron.conductance * (neuron.v_t - neuron.e_leak)),
            ("tau", neuron.capacitance / neuron.conductance),
            ("bias", neuron.bias),
        )
    }
    guard, i_syn = _at_end(result)
    for connection in connections:
        weight = resolve(connection).weight
        if connection.mask is not None:
            weight = weight * connection.mask
        part = endings[connection.source].angle / jnp.pi
        weight = jnp.broadcast_to(weight, (part.shape[1], guard.shape[1]))
        i_syn = i_syn + part @ weight
    drive = (i_syn + of["bias"]) / of["rheobase"]
    root = jnp.sqrt(_SOFTNESS * jax.nn.softplus(drive / _SOFTNESS))
    # V = -pi cot(pi phi), of which nothing becomes infinite at a spike.
    sin, cos = jnp.sin(jnp.pi * (guard + 1)), jnp.cos(jnp.pi * (guard + 1))
    angle = jnp.pi / 2 + jnp.arctan2(-jnp.pi * cos - sin / 2, root * sin)
    return _Ending(angle, root / of["tau"])


def _extended(result: SimulationResult, ending: _Ending) -> SimulationResult:
    spikes = result.spike_times
    there = jnp.isfinite(spikes)
    k = jnp.arange(spikes.shape[2])[None, None] + 1 - there.sum(2, keepdims=True)
    left = (k * jnp.pi - ending.angle[:, :, None]) / ending.pace[:, :, None]
    return eqx.tree_at(
        lambda r: r.spike_times, result, jnp.where(there, spikes, result.t_stop + left)
    )


def _at_end(result: SimulationResult) -> tuple[Array, Array]:
    """Return guard and synaptic current at the end of the trial."""
    is_known = not isinstance(result.times, Tracer)
    missing = not {"guard", "i_syn"} <= set(result.traces)
    if missing or (is_known and np.max(result.times) < result.t_stop):
        raise FitError(
            "pseudospikes start from the state at the end of the trial. Simulate with "
            f"record=dx.Record('guard', 'i_syn', at={result.t_stop:g} * pq.ms)."
        )
    return result.traces["guard"][..., -1], result.traces["i_syn"][..., -1]
