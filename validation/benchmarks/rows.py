"""What is claimed: a row for each benchmark, its two sides, its target, what to know of it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from validation.benchmarks.processes import Run
from validation.benchmarks.records import Measurement, cost, difference, own, speedup


class Row(NamedTuple):
    """A benchmark of two sides, of which ``compare`` makes one number."""

    title: str
    peer: Run
    ours: Run
    target: float
    task: str = ""
    compare: Callable[[Measurement, Measurement], float] = speedup
    at_least: bool = True
    reference: Run | None = None  # what both are compared with
    error: float | None = None  # that ours may have, a mean over all spikes (ms)
    peer_error: float = float("inf")  # beyond which the peer does something else
    gain: float | None = None  # how much smaller ours has to be
    note: str = ""
    unit: str = ""  # of the number, after a space; a ratio has none


def sided(worker: str, **common: Any) -> Callable[..., Run]:
    """Return what makes the runs of a worker that have these settings unless told otherwise."""
    return lambda **more: Run(worker, {**common, **more})


QIF = {"model": "QIF", "batch": 256, "dtype": "float32", "mode": "train"}
EIF = {**QIF, "model": "EIF", "dtype": "float64"}
DIGITS = {**QIF, "model": "LIF"}
EGRU = {"batch": 256, "max_spikes": 32}
DENDRITIC = {"batch": 256, "max_spikes": 32}
EULER = {"solver": "Euler", "dt": 0.1}

eventax = sided("eventax_layers", max_event_steps=400)
dendrax = sided("dendrax_layers", max_spikes=4)
# Spikes to rounding, by another execution than that which is measured: the flat loop, order 8.
exact = {"dtype": "float64", "once": True, "max_spikes": 8}
flat = {"execution": "flat", "solver": "Dopri8", "dt": 0.5}
few = {"once": True, "batch": 16}

# To change the steps of dendrax, change ``dt`` (ms) here.
# Capacities: the most that a unit spikes, or receives; more would be an error.
ROOM = {"max_spikes": 3, "max_arrivals": 80}
ROOM_OF_DIGITS = {"max_spikes": 4, "max_arrivals": {"hidden": 150, "output": 450}}
qif_32 = dendrax(**QIF, dt=4.0, **ROOM)
qif_64 = dendrax(**{**QIF, "dtype": "float64"}, dt=1.5, **ROOM)
qif_exact = dendrax(**{**QIF, **flat, **exact})
qif_eventax = eventax(**QIF, **EULER)

YIN_YANG = "QIF 5-50-3, Yin-Yang, first-spike loss, batch 256"
EVENTAX = "eventax, Euler 0.1 ms, float32"
LIF_OF_EVENTAX = {"constants": {"thresh": 1.0, "reset_grad_preserve": False}}
SAME_QIF = {"task": "qif", "reference": qif_exact, "peer_error": 0.3}

ROWS = {
    "a": Row(
        f"{YIN_YANG}, forward and backward, float32, against {EVENTAX}",
        qif_eventax, qif_32, 200, error=0.005, **SAME_QIF,
    ),
    "b": Row(
        f"{YIN_YANG}, forward only, float32, against {EVENTAX}",
        eventax(**{**QIF, "mode": "forward"}, **EULER),
        dendrax(**{**QIF, "mode": "forward"}, dt=4.0, **ROOM), 35, error=0.005, **SAME_QIF,
    ),
    "c": Row(
        f"{YIN_YANG}, forward and backward, float64, against eventax with Tsit5 0.1 ms and roots "
        "to 1e-10",
        eventax(**{**QIF, "dtype": "float64"}, solver="Tsit5", dt=0.1, root=1e-10),
        qif_64, 60, error=1e-9, **{**SAME_QIF, "peer_error": 1e-6},
    ),
    "d": Row(
        "LIF 5-100-3, Yin-Yang, one spike per neuron, squared error of first spikes, gradient and "
        "update by Adam, batch 64, against jaxsnn (closed form, EventProp)",
        Run("jaxsnn_lif", {}), Run("dendrax_lif", {}), 2, task="lif",
        reference=Run("dendrax_lif", {"exact": True, "once": True}), error=1e-3, peer_error=1e-3,
        note="Hidden and output layer of jaxsnn have as many steps as there can be events: a spike "
        "for each neuron, and the inputs. Fewer would drop spikes without a word.",
    ),
    "e": Row(
        "a with learnable synaptic delays on every connection, against a without",
        qif_32, dendrax(**QIF, dt=4.0, **ROOM, delays=True), 1.2,
        task="qif", compare=cost("seconds"), at_least=False,
        note="The limit: without such delays all 50 hidden neurons share the order of arrivals, "
        "the cells and the factors of the flow, which are computed once per trial; with a delay at "
        "each synapse every neuron has its own.",
    ),
    "f": Row(
        f"first call of the gradient of a, compilation included, against {EVENTAX}",
        qif_eventax, qif_32, 1 / 3, compare=cost("first_call_s"), at_least=False, **SAME_QIF,
        note="The limit: one part in seven is tracing, the rest is XLA, for a program of 5,100 "
        "instructions before and 12,500 lines after its optimization.",
    ),
    "g": Row(
        f"peak memory of a process that trains a, against {EVENTAX}",
        qif_eventax, qif_32, 1 / 3, compare=cost("peak_mb"), at_least=False, **SAME_QIF,
        note="The limit is the compiler: 315 MB before the program is compiled, 749 MB after that; "
        "to run it adds 16 MB.",
    ),
    "h": Row(
        "DendriticNeuron: 3 neurons, 14 dendrites, 5 inputs, forward and backward, batch 256, "
        "float64, against the same model integrated by diffrax.Euler at 0.1 ms in the flat loop",
        Run("dendrax_dendritic", {**DENDRITIC, **EULER, "execution": "flat"}),
        Run("dendrax_dendritic", {**DENDRITIC, "execution": "auto", "dt": 0.5}), 10,
        task="dendritic", error=1e-8, gain=1e4,
        reference=Run("dendrax_dendritic", {**DENDRITIC, **flat, "dt": 0.25, **few}),
        note="Errors are those of the voltages of somata and dendrites, without unit, and of the "
        "first 16 samples. The limit, in exponentials: 95 cells of 5 points are as many points as "
        "Euler has steps, and each point has 28 for the activations of 14 dendrites as a step of "
        "Euler has, and 140 for the closed forms of 70 synapses, which a step of Euler does not "
        "have. Without the latter the target would still not be reached with as many points.",
    ),
    "i": Row(
        "LIF 784-200-10 with 150 input spikes per sample, forward and backward, batch 1024, "
        f"float32, against {EVENTAX}, per sample",
        eventax(**{**DIGITS, "batch": 32}, **EULER, **LIF_OF_EVENTAX, max_event_steps=2000),
        dendrax(**{**DIGITS, "batch": 1024}, dt=2.0, **ROOM_OF_DIGITS), 100,
        task="digits", peer_error=0.3,
        reference=dendrax(**{**DIGITS, **flat, **exact, **few, "max_spikes": 32}),
        note="The batch of eventax is 32: larger ones take minutes for one gradient. Errors are "
        "those of the first 16 samples.",
    ),
    "j": Row(
        "EGRU, 32 recurrent units, 9 inputs, delayed XOR, loss of two cells at 100 ms, forward "
        f"and backward, batch 256, float32, against {EVENTAX}",
        Run("eventax_egru", {**EGRU, **EULER, "max_event_steps": 1000}),
        Run(
            "dendrax_egru",
            {**EGRU, "dtype": "float32", "solver": "Tsit5", "dt": 1.0, "max_steps": 1024},
        ),
        20,
        task="xor", peer_error=0.3,
        reference=Run("dendrax_egru", {**EGRU, **exact, **flat, **few, "max_spikes": 32}),
        note="Errors are those of the first spikes of all units in the first 16 samples. Cells are "
        "read out directly, since eventax has no leaky integrator. No unit is connected to itself.",
    ),
    "j2": Row(
        "EIF 5-50-3, Yin-Yang, through the flat loop, first-spike loss, forward and backward, "
        "batch 256, float64, against eventax, Euler 0.1 ms, float64",
        eventax(**EIF, **EULER, constants={"v_peak": 2.98, "spike_time_tol": None}),
        dendrax(
            **EIF, execution="flat", solver="Tsit5", dt=4.0,
            max_spikes=8, max_arrivals=150, max_steps=128,
        ), 30,
        task="eif", error=0.007, peer_error=1.0,
        reference=dendrax(**{**EIF, **flat, **exact, "dt": 0.25, "max_spikes": 16}),
        note="In float32 eventax fails on this task: its steps of the upstroke overflow.",
    ),
    "l": Row(
        "import dendrax, against import jax",
        Run("import_jax", {}), Run("import_dendrax", {}), 1.5, compare=difference, at_least=False,
        unit=" s",
        note="Fails if brian2, neo, matplotlib or pandas are loaded.",
    ),
}  # fmt: skip


def cable(size: int, peer: str, target: float, **solver: str) -> Row:
    """Return the row that compares the forward pass of cells with one peer."""
    name = {"jaxley_cable": "Jaxley", "neuron_cable": "NEURON", "arbor_cable": "Arbor"}[peer]
    task = {"compartments": size, "dt": 0.025}
    return Row(
        f"excitable ball and stick of {size} compartments, 8 spikes, 4000 steps, forward, time "
        f"against that of {name}, backward Euler",
        Run(peer, {**task, **solver}), Run("dendrax_cable", {**task, "mode": "forward"}), target,
        compare=cost("seconds"), at_least=False, error=0.02, peer_error=0.5,
        reference=Run("dendrax_cable", {**task, "dt": 0.0025, "mode": "forward", "once": True}),
    )  # fmt: skip


CELL = {"compartments": 50, "dt": 0.025}
GRADIENT = {
    "peer": Run("dendrax_cable", {**CELL, "mode": "forward"}),
    "ours": Run("dendrax_cable", {**CELL, "mode": "gradient"}),
    "at_least": False,
}
LOSS = "gradient of the loss of two traces of the ball and stick of 50 compartments"

CABLE = {
    "m": cable(50, "jaxley_cable", 0.65),
    "m2": cable(50, "neuron_cable", 0.35),
    "m3": cable(50, "arbor_cable", 1.7),
    "n": cable(1000, "jaxley_cable", 0.7),
    "n2": cable(1000, "neuron_cable", 0.35),
    "n3": cable(1000, "arbor_cable", 1.3),
    "o": Row(f"{LOSS}, against the forward pass", **GRADIENT, target=4, compare=cost("seconds")),
    "o2": Row(
        f"temporaries of the {LOSS}", **GRADIENT, target=10, compare=own("temporary_mib"),
        unit=" MiB",
    ),
    "p": Row(
        "excitable ball and stick of 50 compartments, against NEURON, backward Euler, with steps "
        "so small that its error is as large",
        Run("neuron_cable", {**CELL, "dt": 0.00125}),
        Run("dendrax_cable", {**CELL, "dt": 0.025, "mode": "forward"}), 5,
        gain=1.0, peer_error=0.05, error=0.02,
        reference=Run("dendrax_cable", {**CELL, "dt": 0.0025, "mode": "forward", "once": True}),
    ),
    "q": Row(
        "building the ball and stick of 1000 compartments",
        cable(1000, "neuron_cable", 1).peer, cable(1000, "neuron_cable", 1).ours, 1.0,
        compare=own("build_s"), at_least=False, unit=" s",
    ),
    "r": Row(
        f"compilation of the {LOSS}", **GRADIENT, target=5, compare=own("compile_s"), unit=" s",
    ),
}  # fmt: skip
ROWS |= CABLE
