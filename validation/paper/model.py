"""The network, the simulator and the loss of a row."""

from typing import Any

import jax
import quantities as pq

import dendrax as dx
from validation.paper.rows import Row
from validation.paper.settings import Settings
from validation.paper.tasks import TASKS

MS = pq.ms


def network(row: Row, settings: Settings, seed: int) -> dx.Network:
    """Draw an untrained network."""
    key = jax.random.key(seed)
    n_inputs, n_hidden, n_classes = TASKS[row.task].sizes
    readout = None if row.loss == "ttfs" else dx.LeakyIntegrator(tau_mem=20 * MS)
    if row.n_dendrites:
        kind = {"activation": row.activation, "readout": readout}
        return dx.dendritic(n_classes, row.n_dendrites, n_inputs, key=key, **kind)
    neuron = _neuron(row.neuron, settings.learned)
    if row.neuron == "EGRU":
        return dx.recurrent(n_inputs, n_hidden, neuron, n_classes, readout, key=key)
    if settings.once:
        neuron = dx.AtMostOneSpike(neuron)
    return dx.feed_forward([n_inputs, n_hidden, n_classes], neuron, key=key, readout=readout)


def _neuron(name: str, learned: tuple[str, ...]) -> Any:
    constants = {} if name in ("Izhikevich", "EGRU") else {"tau_mem": 20 * MS}
    constants |= {k: dx.learnable(v * MS) for k, v in _TIMES.items() if k in learned}
    return getattr(dx, name)(**constants)


_TIMES = {"tau_mem": 20.0, "tau_syn": 5.0}


def loss(row: Row, settings: Settings) -> Any:
    """Return the loss of the output population (Eqs. 8-12)."""
    if row.loss == "ttfs":
        return dx.losses.first_spike(
            settings.tau_0 * MS, settings.tau_1 * MS, settings.alpha, reach=settings.reach * MS
        )
    return dx.losses.cross_entropy(
        {
            "max": dx.Maximum("v"),
            "integral": dx.Integral("v"),
            "exp-integral": dx.Integral("v", tau=settings.t_stop * MS),
        }[row.loss]
    )


def simulator(row: Row, settings: Settings) -> dx.Simulator:
    """Return what simulates a row for its loss."""
    readouts = loss(row, settings).readouts
    limit = settings.max_arrivals
    return dx.Simulator(
        settings.t_stop * MS,
        settings.dt * MS,
        until="t_stop" if readouts else "first_spikes",
        readouts=readouts,
        max_spikes=settings.max_spikes,
        max_arrivals=None if limit is None else {"output": limit},
    )


# No trial is tested without some of its spikes.
MAX_SPIKES = 16


def whole(settings: Settings) -> Settings:
    """Return settings with which no spike is left out."""
    return settings._replace(max_spikes=MAX_SPIKES, max_arrivals=None)
