"""How a row is trained: as Tables II and III say, or better."""

from typing import NamedTuple

from validation.paper.rows import Row


class Settings(NamedTuple):
    """What is not of the model. Times are in ms."""

    epochs: int = 100
    batch: int = 256
    learning_rate: float = 0.005
    cosine: bool = False  # whether the learning rate falls to 2 % along a cosine
    t_stop: float = 30.0
    tau_0: float = 0.5
    tau_1: float = 6.4
    alpha: float = 3e-3
    once: bool = False  # at most one spike per neuron
    dt: float = 5.0
    max_spikes: int = 16  # in training, where later spikes of a neuron are left out
    max_arrivals: int | None = None  # at the outputs in training, where later ones are left out
    awake: float = 0.0  # fraction of the trials in which every untrained neuron spikes
    reach: float = 0.0  # of silent outputs beyond the end of the trial, per unit of the guard
    learned: tuple[str, ...] = ()  # besides weights and biases


def paper(row: Row) -> Settings:
    """Return what Tables II and III say."""
    state_based = row.loss != "ttfs"
    return Settings(
        t_stop=100.0 if row.task == "delayed-xor" else 30.0,
        learning_rate=0.03 if state_based and row.neuron != "LIF" else 0.005,
        once=row.loss == "ttfs" and row.neuron in ("LIF", "Izhikevich"),
    )


_DENDRITIC = {
    "epochs": 16,
    "batch": 64,
    "learning_rate": 0.02,
    "t_stop": 40.0,
    "tau_0": 1.0,
    "tau_1": 15.0,
    "dt": 3.0,
}
_QIF = {
    "epochs": 80,
    "batch": 100,
    "learning_rate": 0.05,
    "max_spikes": 4,
    "dt": 2.5,
    "max_arrivals": 100,
}
_LIF = {
    "epochs": 40,
    "batch": 100,
    "learning_rate": 0.01,
    "max_spikes": 8,
    "awake": 0.3,
    "max_arrivals": 200,
}
_OURS = {
    "lif-ttfs": {**_LIF, "once": False, "t_stop": 45.0, "reach": 10.0},
    "lif-max": _LIF,
    "lif-integral": _LIF,
    "lif-exp-integral": _LIF,
    "qif-ttfs": {**_QIF, "epochs": 40, "t_stop": 45.0},
    "qif-max": _QIF,
    "qif-integral": _QIF,
    "qif-exp-integral": _QIF,
}


def ours(row: Row) -> Settings:
    """Return what we found to be better."""
    better = {}
    if row.n_dendrites:
        better = {**_DENDRITIC, "max_spikes": 1, "reach": 10.0}
        if row.loss != "ttfs":
            better |= {"max_spikes": 16, "reach": 0.0}
    return paper(row)._replace(cosine=True, **better | _OURS.get(row.name, {}))


SETTINGS = {"paper": paper, "ours": ours}
