"""What a fit is going to do: model, data, loss, optimizer, simulator."""

import argparse
from dataclasses import dataclass
from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.fitting import initial_cell, initial_model, losses, polyak, split
from dendrax.fitting import models as model_names
from dendrax.morphology import read_swc
from dendrax.neurons import AbstractNeuron, Cell
from dendrax.parameters import parameters, table
from dendrax.results import Sweeps, take
from dendrax.simulation import Record, Simulator
from dendrax.units import to_quantity
from dendrax.validation import load_one

# Milliseconds: of a model of a point, and of a cell with channels.
_DT, _CELL_DT = 0.5, 0.025
_EVERY = 0.5


@dataclass(frozen=True)
class Plan:
    """All that ``fit`` is going to be called with."""

    model: AbstractNeuron
    sweeps: Sweeps
    simulator: Simulator
    loss: losses.AbstractLoss
    optimizer: Any
    trained: tuple[int, ...]
    held_out: tuple[int, ...]
    options: argparse.Namespace

    def __str__(self) -> str:
        said = self.options
        n_free = sum(
            each.value.size for each in parameters(self.model).values() if each.is_learnable
        )
        per_step = said.batch_size or len(self.trained)
        runs = said.steps * said.starts * per_step
        each = (
            "gradients"
            if said.method != "levenberg-marquardt"
            else f"Jacobians of {n_free} columns"
        )
        rule = "adam, cosine decay" if said.method == "adam" else said.method
        return "\n".join(
            [
                f"{type(self.model).__name__}, {n_free} learnable numbers",
                table(self.model),
                "",
                f"trained    sweeps {_listed(self.trained)}",
                f"held out   sweeps {_listed(self.held_out)}",
                f"loss       {self.loss}",
                f"method     {rule}",
                f"steps      {said.steps} at most, {per_step} sweeps each; {said.starts} start(s)",
                f"simulator  {self.simulator.t_stop:g} ms in steps of {self.simulator.dt:g} ms",
                f"work       {runs} simulated sweeps with {each}, at most",
                f"results    {said.out}/",
            ]
        )


def plan(options: argparse.Namespace, sweeps: Sweeps) -> Plan:
    """Return the plan that the options make for a recording."""
    trained, held_out = split(sweeps.inputs.n_trials, options.held_out)
    # What is held out must not be known to the model that the fit starts from either.
    model = model_of(options, take(sweeps, list(trained)))
    simulator = simulator_of(model, sweeps, options.dt)
    loss, optimizer = _loss(options.loss), _optimizer(options)
    return Plan(model, sweeps, simulator, loss, optimizer, trained, held_out, options)


def model_of(options: argparse.Namespace, sweeps: Sweeps) -> AbstractNeuron:
    """Return the model that is asked for, where the fit starts."""
    if options.morphology is not None:
        length, v_th = (options.max_length, "um"), (options.spike_threshold, "mV")
        return initial_cell(
            read_swc(options.morphology),
            sweeps,
            max_length=to_quantity(*length),
            celsius=options.celsius,
            v_th=to_quantity(*v_th),
        )
    if ".py:" in options.model:
        return load_one(options.model, AbstractNeuron)
    if options.model not in model_names():
        names = ", ".join(model_names())
        raise ModelError(
            f"there is no model {options.model!r}; there are: {names}, or name your own as "
            "FILE.py:NAME."
        )
    return initial_model(options.model, sweeps)


def simulator_of(
    model: AbstractNeuron, sweeps: Sweeps, dt: float | None = None, every: float = _EVERY
) -> Simulator:
    """Return a simulator that ends soon after the last change of the current; times in ms."""
    starts = np.asarray(sweeps.inputs.current.start)
    last = np.max(starts, initial=0.0, where=np.isfinite(starts))
    t_stop = min(np.floor(sweeps.target.t_stop), np.ceil(last + 150.0))
    usual = _CELL_DT if isinstance(model, Cell) else _DT
    return Simulator(
        to_quantity(t_stop, "ms"),
        to_quantity(dt or usual, "ms"),
        record=Record("v", every=to_quantity(every, "ms")),
        max_spikes=max(128, 4 * sweeps.target.spike_times.shape[-1]),
    )


def _loss(terms: list[str]) -> losses.AbstractLoss:
    """Return the sum of losses, each written as ``LOSS`` or ``WEIGHT*LOSS``."""
    first, *more = (_term(term) for term in terms)
    return sum(more, first)


def _term(term: str) -> losses.AbstractLoss:
    factor, _, name = term.rpartition("*")
    try:
        weight = float(factor) if factor else 1.0
    except ValueError:
        raise ModelError(f"--loss: the weight of {term!r} must be a number.") from None
    ms = to_quantity(1.0, "ms")
    if ".py:" in name:
        loss = load_one(name, losses.AbstractLoss)
    elif name == "voltage":
        loss = losses.voltage(to_quantity(1.0, "mV"), before=2 * ms, after=10 * ms)
    elif name == "spike_times":
        loss = losses.spike_times(scale=10 * ms, reach=10 * ms)
    else:
        raise ModelError(
            f"there is no loss {name!r}; there are: voltage, spike_times, or name your own as "
            "FILE.py:NAME."
        )
    return loss if weight == 1 else weight * loss


def _optimizer(options: argparse.Namespace) -> Any:
    import optax
    import optimistix

    if options.method == "levenberg-marquardt":
        if options.learning_rate is not None:
            raise ModelError("levenberg-marquardt has no learning rate: leave --learning-rate out.")
        return optimistix.LevenbergMarquardt(rtol=1e-6, atol=1e-6)
    if options.method == "polyak":
        return polyak(options.learning_rate or 0.1)
    rate = optax.cosine_decay_schedule(options.learning_rate or 0.05, options.steps, alpha=0.05)
    return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))


def _listed(trials: tuple[int, ...]) -> str:
    return " ".join(map(str, trials)) or "none"
