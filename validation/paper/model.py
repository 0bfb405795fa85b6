"""The network, the simulator and the loss of a row."""

from typing import Any

import jax
import quantities as pq

import dendrax as dx
from validation.paper.rows import Row
from validation.paper.settings import Settings

MS = pq.ms
N_INPUTS, N_HIDDEN, N_CLASSES = 5, 50, 3


def network(row: Row, settings: Settings, seed: int) -> dx.Network:
    """Draw an untrained network."""
    key = jax.random.key(seed)
    readout = None if row.loss == "ttfs" else dx.LeakyIntegrator(tau_mem=20 * MS)
    if row.n_dendrites:
        return dx.dendritic(
            N_CLASSES, row.n_dendrites, N_INPUTS, key=key, activation=row.activation
        )
    neuron = _neuron(row.neuron, settings.learned)
    if settings.once:
        neuron = dx.AtMostOneSpike(neuron)
    return dx.feed_forward([N_INPUTS, N_HIDDEN, N_CLASSES], neuron, key=key, readout=readout)


def _neuron(name: str, learned: tuple[str, ...]) -> Any:
    constants = {} if name == "Izhikevich" else {"tau_mem": 20 * MS}
    constants |= {k: dx.learnable(v * MS) for k, v in _TIMES.items() if k in learned}
    return getattr(dx, name)(**constants)


_TIMES = {"tau_mem": 20.0, "tau_syn": 5.0}


def loss(row: Row, settings: Settings) -> Any:
    """Return the loss of the output population (Eqs. 8-12)."""
    if row.loss == "ttfs":
        return dx.losses.first_spike(settings.tau_0 * MS, settings.tau_1 * MS, settings.alpha)
    return dx.losses.cross_entropy(
        {
            "max": dx.Maximum("v"),
            "integral": dx.Integral("v"),
            "exp-integral": dx.Integral("v", tau=settings.t_stop * MS),
        }[row.loss]
    )


def simulator(row: Row, settings: Settings, max_spikes: int) -> dx.Simulator:
    """Return what simulates a row for its loss."""
    return dx.Simulator(
        settings.t_stop * MS,
        settings.dt * MS,
        until="first_spikes" if row.loss == "ttfs" else "t_stop",
        readouts=loss(row, settings).readouts,
        max_spikes=max_spikes,
    )
