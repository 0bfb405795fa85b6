"""What both schedules share: the neuron group's equations, the arrivals, and the recordings."""

from typing import Any, NamedTuple

import numpy as np

from dendrax.validation._stimulus import DIGITS, Stimulus
from dendrax.validation.transcriptions import Equations

_WHERE = {
    "cython": """
cdef double _where(double condition, double a, double b):
    return a if condition != 0 else b
""",
    "cpp": """
inline double _where(double condition, double a, double b) { return condition != 0 ? a : b; }
""",
}


class Pairs(NamedTuple):
    """Synapses between neurons of Brian2; delays are in ms."""

    pre: np.ndarray
    post: np.ndarray
    site: np.ndarray
    delay: np.ndarray
    weight: np.ndarray


def differential(model: Equations, *, pace: str) -> str:
    """Return the equations of a group; ``pace`` is the time that passes per time of Brian2."""
    own = [name for name, value in model.constants.items() if np.ndim(value)]
    lines = [f"d{x}/dt = {pace}*({rate})/ms : 1" for x, rate in model.rates.items()]
    named = {**model.shorthand, **model.observed}
    lines += [f"{name} = {text} : 1" for name, text in named.items()]
    lines += [f"{name} : 1" for name in model.marks]
    return "\n".join([*lines, *(f"{name} : 1 (constant)" for name in own)])


def namespace(brian2: Any, model: Equations) -> dict[str, Any]:
    """Return what the equations may refer to, besides their variables."""
    same = {name: value for name, value in model.constants.items() if not np.ndim(value)}
    return {**same, **vocabulary(brian2)}


def vocabulary(brian2: Any) -> dict[str, Any]:
    """Return what the equations of every model may refer to."""
    where = brian2.Function(np.where, arg_units=[1, 1, 1], return_unit=1, stateless=True)
    # Without an implementation of its own, each call would check units, which is half of a step.
    where.implementations.add_implementation("numpy", np.where)
    for target, code in _WHERE.items():
        where.implementations.add_implementation(target, code, name="_where")
    return {"where": where, "infinity": np.inf}


def begin(group: Any, model: Equations) -> None:
    """Put a group to the start of its trials."""
    own = {name: value for name, value in model.constants.items() if np.ndim(value)}
    for name, value in {**own, **model.start, **model.marks}.items():
        setattr(group, name, value)


def arrivals(
    brian2: Any,
    group: Any,
    model: Equations,
    stimulus: Stimulus,
    at: np.ndarray,
    step: Any,
    when: str,
) -> list[Any]:
    """Return the objects that deliver each input spike at its tick.

    Each arrival is a source of its own: one source of Brian2 cannot spike twice in a step.
    """
    times = np.round(stimulus.time, DIGITS)
    due = np.flatnonzero((times >= 0) & (times <= at[-1]))
    if due.size == 0:
        return []
    each = np.arange(due.size)
    ticks = np.searchsorted(at, times[due])
    generator = brian2.SpikeGeneratorGroup(due.size, each, ticks * step, dt=step, when=when)
    pairs = Pairs(
        each, stimulus.target[due], stimulus.site[due], np.zeros(due.size), stimulus.weight[due]
    )
    return [generator, wired(brian2, generator, group, pairs, model, step)]


def wired(brian2: Any, source: Any, target: Any, pairs: Pairs, model: Equations, step: Any) -> Any:
    """Return the synapses through which a source acts on a group, as its model says."""
    weights = weight_names(pairs.weight)
    synapses = brian2.Synapses(
        source,
        target,
        "\n".join(f"{name} : 1" for name in (*weights, "site")),
        on_pre=model.arrival,
        dt=step,
        namespace=namespace(brian2, model),
    )
    synapses.connect(i=pairs.pre, j=pairs.post)
    for name, value in {**weights, "site": pairs.site, "delay": pairs.delay * brian2.ms}.items():
        setattr(synapses, name, value)
    return synapses


def weight_names(weight: np.ndarray) -> dict[str, np.ndarray]:
    """Return the weights of each spike under the names that the equations have for them."""
    if weight.ndim == 1:
        return {"weight": weight}
    flat = weight.reshape(len(weight), -1)
    return {f"weight_{k}": column for k, column in enumerate(flat.T)}


def trains(neuron: np.ndarray, time: np.ndarray, n: int) -> list[np.ndarray]:
    """Sort spikes into one increasing train per neuron."""
    return [np.sort(time[neuron == k]) for k in range(n)]
