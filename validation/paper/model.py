"""The network, the simulator and the loss of a row."""

from typing import Any

import jax
import numpy as np
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
    readout = None if row.loss == "ttfs" else _readout(n_classes, settings)
    if row.n_dendrites:
        return dx.dendritic(
            n_classes,
            row.n_dendrites,
            n_inputs,
            key=key,
            activation=row.activation,
            readout=readout,
            own_weight=settings.own_weight,
            bias=settings.bias,
        )
    if row.neuron == "EGRU":
        unit = dx.EGRU(bias_u=settings.bias_u, bias_z=settings.bias)
        return dx.recurrent(n_inputs, n_hidden, unit, n_classes, readout, key=key)
    neuron = _hidden(row.neuron, settings)
    delay = None
    if settings.delay:
        delay = dx.learnable(np.full((n_hidden, n_classes), settings.delay) * MS)
    sizes = [n_inputs, n_hidden, n_classes]
    return dx.feed_forward(sizes, neuron, key=key, readout=readout, delay=delay)


def _hidden(name: str, settings: Settings) -> Any:
    constants = {}
    if name != "Izhikevich":
        constants = {"tau_mem": settings.tau_mem * MS, "tau_syn": settings.tau_syn * MS}
    t_ref = {"t_ref": settings.t_ref * MS} if settings.t_ref else {}
    if name in ("LIF", "EIF"):
        neuron = _neuron(name, settings.learned, **constants, **t_ref)
    else:
        neuron = _neuron(name, settings.learned, **constants)
        neuron = dx.Refractory(neuron, **t_ref) if t_ref else neuron
    return dx.AtMostOneSpike(neuron) if settings.once else neuron


def _readout(n: int, settings: Settings) -> Any:
    return _neuron("LeakyIntegrator", settings.readout, tau_mem=20 * MS, bias=np.zeros(n))


def _neuron(name: str, learned: tuple[str, ...], **constants: Any) -> Any:
    model = getattr(dx, name)
    neuron = model(**constants)
    values = {each: dx.learnable(getattr(neuron, each).quantity) for each in learned}
    return model(**constants | values)


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


def alive(settings: Settings) -> Any:
    """Return the loss of the hidden population."""
    return dx.losses.rate(at_least=settings.alive)


def simulator(row: Row, settings: Settings) -> dx.Simulator:
    """Return what simulates a row for its loss."""
    readouts = {**loss(row, settings).readouts, **alive(settings).readouts}
    return dx.Simulator(
        settings.t_stop * MS,
        settings.dt * MS,
        until="t_stop" if readouts else "first_spikes",
        readouts=readouts,
        max_spikes=settings.max_spikes,
        max_arrivals=dict(settings.max_arrivals),
    )


# In the test cells of dendrites are not longer than this (ms).
FINE = 1.0


def whole(settings: Settings) -> Settings:
    """Return settings with which no spike is left out, and spikes are where finer cells have them.

    Refractory neurons have slots for all of their spikes in training too. Cells decide the accuracy
    of dendritic neurons, whose somata are integrated by quadrature.
    """
    fine = settings._replace(dt=min(settings.dt, FINE), alive=0.0)
    if settings.once or settings.t_ref:
        return fine
    return fine._replace(max_spikes=settings.most_spikes, max_arrivals=())
