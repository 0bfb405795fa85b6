"""How a row is trained: as Tables II and III say, or better."""

from typing import Any, NamedTuple

from validation.paper.rows import Row


class Settings(NamedTuple):
    """What is not of the model. Times are in ms."""

    epochs: int = 100
    batch: int = 256
    learning_rate: float = 0.005
    cosine: bool = False  # whether the learning rate falls to 2 % along a cosine
    clip: float = 1.0  # largest norm of a gradient
    t_stop: float = 30.0
    tau_0: float = 0.5
    tau_1: float = 6.4
    alpha: float = 3e-3
    once: bool = False  # at most one spike per neuron
    t_ref: float = 0.0  # of hidden neurons
    tau_mem: float = 20.0  # of hidden neurons, untrained; Izhikevich neurons have none
    tau_syn: float = 5.0  # the same
    dt: float = 5.0
    settle: int = 0  # of the epochs, the last, with the cells and the slots of the test
    max_spikes: int = 16  # in training, where later spikes of a neuron are left out
    most_spikes: int = 16  # in the test, which fails where there are more
    max_arrivals: tuple[tuple[str, int], ...] = ()  # by population; later ones are left out
    awake: float = 0.0  # fraction of the trials in which every untrained neuron spikes
    revive: float = 0.0  # the same after each epoch of the first half
    alive: float = 0.0  # least mean number of spikes of hidden neurons, below which they are pulled
    bias: float = 0.0  # of untrained dendritic neurons, and of the candidates of untrained EGRU
    own_weight: float = 0.3  # of dendritic neurons on their own readouts, untrained
    bias_u: float = -2.0  # of the update gates of untrained EGRU
    reach: float = 0.0  # of silent outputs beyond the end of the trial, per unit of the guard
    learned: tuple[str, ...] = ()  # of all neurons together, besides weights and biases
    readout: tuple[str, ...] = ()  # the same of leaky integrators
    delay: float = 0.0  # before training, of each synapse of the outputs, where delays are learned


# Cells (ms) in which each neuron's spikes are found: of our simulator, not of the paper.
_DT = {"QIF": 2.5, "EIF": 2.0, "Izhikevich": 2.0, "Dendritic": 3.0, "EGRU": 2.0}


def paper(row: Row) -> Settings:
    """Return what Tables II and III say."""
    state_based = row.loss != "ttfs"
    of_digits = row.task in ("digits", "mnist")
    return Settings(
        batch=1024 if of_digits else 256,
        t_stop=100.0 if row.task == "delayed-xor" else 30.0,
        learning_rate=0.03 if state_based and row.neuron != "LIF" and not of_digits else 0.005,
        once=row.loss == "ttfs" and row.neuron in ("LIF", "Izhikevich"),
        dt=_DT.get(row.neuron, Settings().dt),
    )


_DENDRITIC = {
    "batch": 128,
    "t_stop": 45.0,
    "tau_0": 1.0,
}
_DENDRITIC_TTFS = {
    "epochs": 40,
    "settle": 6,
    "learning_rate": 0.02,
    "max_spikes": 1,
    "most_spikes": 32,
    "reach": 10.0,
}
_DENDRITIC_READOUT = {
    "epochs": 12,
    "settle": 2,
    "learning_rate": 0.015,
    "bias": 1.5,
    "max_spikes": 8,
    "most_spikes": 32,
    "readout": ("tau_mem", "tau_syn"),
}
_DENDRITIC_MAX = {"epochs": 14, "own_weight": 8.0, "max_spikes": 16}
# Dendrites that do not attenuate make bursts.
_MONOTONE_READOUT = {"max_spikes": 16}
_QIF = {
    "epochs": 80,
    "batch": 100,
    "learning_rate": 0.05,
    "max_spikes": 4,
    "max_arrivals": (("output", 100),),
}
_LEARNED = {"learned": ("tau_mem", "tau_syn")}
# Not more than three spikes in a trial, all of which are there in training.
_REFRACTORY = {
    "batch": 100,
    "learning_rate": 0.02,
    "t_ref": 10.0,
    "max_spikes": 3,
    "awake": 0.3,
    "readout": ("tau_mem", "tau_syn"),
}
_LIF_REFRACTORY = (
    _REFRACTORY | _LEARNED | {"epochs": 80, "alive": 0.3, "readout": ("tau_mem", "tau_syn", "bias")}
)
_LIF = {
    "epochs": 40,
    "batch": 100,
    "learning_rate": 0.01,
    "max_spikes": 8,
    "awake": 0.3,
    "max_arrivals": (("output", 200),),
}
_ONCE = {
    "epochs": 40,
    "batch": 100,
    "t_stop": 45.0,
    "once": True,
    "max_spikes": 1,
}
_EIF = _REFRACTORY | _LEARNED | {"epochs": 20}
_IZHIKEVICH = _REFRACTORY | {"epochs": 16, "learned": ("tau_syn",)}
_DIGITS = {"epochs": 6, "batch": 50, "learning_rate": 0.02}
# As many arrivals as the samples and the neurons have spikes.
_SPIKING_DIGITS = (
    _DIGITS
    | _LEARNED
    | {
        "once": True,
        "max_spikes": 1,
        "awake": 0.3,
        "revive": 0.1,
        "max_arrivals": (("hidden", 320), ("output", 200)),
        "readout": ("tau_mem", "tau_syn"),
    }
)
# Slow against the code of 10 ms, so that grey pixels count.
_LIF_DIGITS = _SPIKING_DIGITS | {"learning_rate": 0.01, "dt": 2.5, "tau_mem": 40.0, "tau_syn": 15.0}
# Units that spike without inputs, too: whether they do is not to be the answer.
_DELAYED_XOR = {
    "epochs": 12,
    "batch": 50,
    "learning_rate": 0.01,
    "awake": 0.3,
    "alive": 0.3,
    "bias": 1.0,
    "bias_u": -0.5,
    "readout": ("tau_mem", "tau_syn", "bias"),
}
_OURS = {
    "lif-ttfs": _REFRACTORY
    | _LEARNED
    | {
        "epochs": 40,
        "learning_rate": 0.01,
        "t_stop": 45.0,
        "once": False,
        "dt": 2.5,
        "alive": 0.3,
        "reach": 10.0,
        "readout": (),
    },
    "lif-max": _LIF_REFRACTORY,
    "lif-integral": _LIF_REFRACTORY,
    "lif-exp-integral": _LIF | _LEARNED,
    "qif-ttfs": {**_QIF, "epochs": 40, "t_stop": 45.0},
    "qif-max": _QIF,
    "qif-integral": _QIF | _LEARNED,
    "qif-exp-integral": _QIF | _LEARNED,
    "eif-ttfs": _ONCE | _LEARNED | {"learning_rate": 0.05},
    "eif-max": _EIF,
    "eif-integral": _EIF,
    "eif-exp-integral": _EIF,
    "izhikevich-ttfs": _ONCE | {"learning_rate": 0.05, "learned": ("tau_syn",)},
    "izhikevich-max": _IZHIKEVICH,
    "izhikevich-integral": _IZHIKEVICH,
    "izhikevich-exp-integral": _IZHIKEVICH,
    "dendritic-14-ttfs": {"epochs": 60, "settle": 8, "batch": 64, "clip": 0.3},
    "dendritic-14-monotone-exp-integral": {"own_weight": 8.0},
    "dendritic-7-monotone-exp-integral": {"own_weight": 8.0},
    "relu-digits-cross-entropy": _DIGITS,
    "lif-digits-exp-integral": _LIF_DIGITS,
    "qif-digits-exp-integral": _SPIKING_DIGITS | {"learning_rate": 0.06},
    "lif-mnist-exp-integral": _LIF_DIGITS | {"epochs": 3, "batch": 100},
    "egru-delayed-xor-exp-integral": _DELAYED_XOR,
}


def _dendritic(row: Row) -> dict[str, Any]:
    if row.loss == "ttfs":
        return _DENDRITIC | _DENDRITIC_TTFS
    monotone = _MONOTONE_READOUT if row.activation == "sigmoid" else {}
    maximum = _DENDRITIC_MAX if row.loss == "max" else {}
    return _DENDRITIC | _DENDRITIC_READOUT | monotone | maximum


def ours(row: Row) -> Settings:
    """Return what we found to be better."""
    better = _dendritic(row) if row.n_dendrites else {}
    return paper(row)._replace(cosine=True, **better | _OURS.get(row.name, {}))


def constant(row: Row) -> Settings:
    """Return ours, but without learned time constants: what they gain is the difference."""
    return ours(row)._replace(learned=(), readout=())


def delayed(row: Row) -> Settings:
    """Return ours, and learned delays."""
    return ours(row)._replace(delay=1.0)


SETTINGS = {each.__name__: each for each in (paper, ours, constant, delayed)}
