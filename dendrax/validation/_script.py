"""A simulation as a file that Brian2 runs alone."""

import pprint
from collections.abc import Iterator
from typing import Any

import numpy as np

from dendrax.inputs import Inputs
from dendrax.networks import INPUT, Network
from dendrax.neurons import AbstractNeuron, Cell
from dendrax.simulation import Simulator, must_fit
from dendrax.units import scalar
from dendrax.validation._brian2 import usual_step
from dendrax.validation._cell_script import compartments_of, found_in
from dendrax.validation._circuit import driven_by_inputs, synapses_of
from dendrax.validation._default import must_be_on_grid
from dendrax.validation._default_cell import by_row, cell_must_be_on_grid, plain_cell
from dendrax.validation._default_network import (
    input_sources,
    network_must_be_on_grid,
    pairs_of,
    sources_of,
)
from dendrax.validation._group import Pairs, differential, weight_names
from dendrax.validation._outcome import asked_for
from dendrax.validation._rows import must_be_stable
from dendrax.validation._stimulus import Stimulus, stimulus, ticks
from dendrax.validation._units import equations_of, equations_of_network
from dendrax.validation.transcriptions import CellEquations, Equations

_HEAD = '''"""{title} in Brian2, with the schedule and the method that most people use.

Written by dendrax. Times are in ms; the states are in ms, mV, pA, nS and pF, without units.
{about} Running this file prints the spike times of each, and saves them and what is
recorded to a file beside it.
"""

import os

import numpy as np
from brian2 import (
    Function,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    ms,
    prefs,
)

prefs.codegen.target = "numpy"  # compiling takes longer than most runs
STEP, T_STOP, N_TRIALS = {dt}, {t_stop}, {n_trials}
n_steps = round(T_STOP / STEP)

# Injected currents: value + slope (t - start) from each start on, by trial.
start = np.array({start})
value = np.array({value})
slope = np.array({slope})


def piecewise(t, start, value, slope):
    """Return a current at some times, 0 before the first start."""
    segment = np.searchsorted(start, t + 1e-9, side="right") - 1
    flows = value[segment] + slope[segment] * (t - start[segment])
    return np.where(segment >= 0, flows, 0.0)


grid = np.arange(n_steps + 1) * STEP
currents = np.stack([piecewise(grid, *each) for each in zip(start, value, slope)], axis=1)
vocabulary = {{
    "where": Function(np.where, arg_units=[1, 1, 1], return_unit=1, stateless=True),
    "infinity": np.inf,
}}
objects, results = [], {{}}
'''

_GROUP = '''
namespace = {constants}
namespace |= vocabulary
namespace["electrode_at"] = TimedArray({currents}, dt=STEP * ms)
{group} = NeuronGroup(
    {n},
    """
{equations}
electrode = electrode_at(t, i) : 1
""",{events}
    method="rk4",
    dt=STEP * ms,
    namespace=namespace,
)
{begin}
objects.append({group})
{monitors}'''

_GENERATOR = """
# Input spikes: each is a source of its own, since one source cannot spike twice in a step.
times = np.array({time})
generator = SpikeGeneratorGroup(
    times.size, np.arange(times.size), times * ms, dt=STEP * ms, when="thresholds"
)
objects.append(generator)
"""

_SYNAPSES = '''
synapses = Synapses(
    {source},
    {target},
    """
{variables}
""",
    on_pre="""
{on_pre}
""",
    dt=STEP * ms,
    namespace={target}.namespace,
)
synapses.connect(i=np.array({pre}), j=np.array({post}))
{values}
objects.append(synapses)
'''

_RUN = """
network = Network(objects)
network.run((n_steps + 1) * STEP * ms, namespace=vocabulary)
"""

_SPIKES = """
time, neuron = np.asarray(spikes_of_{group}.t / ms), np.asarray(spikes_of_{group}.i)
in_time = time < T_STOP - 0.5 * STEP
time, neuron = time[in_time], neuron[in_time]
results |= {{"{prefix}time": time, "{prefix}trial": neuron // {n_units}}}
{unit}for k in range(N_TRIALS * {n_units}):
    print(f"{label}:", *(f"{{each:.10g}}" for each in time[neuron == k]))
"""


def to_brian2_script(
    model: AbstractNeuron | Network, inputs: Inputs, simulator: Simulator, *, dt: Any = None
) -> str:
    """Write a simulation as a Python file that needs Brian2 and NumPy only.

    It does what :func:`run_brian2` does with ``schedule="default"``, in Brian2's own terms: for who
    wants to read the equations, to go on in Brian2, or to check them without dendrax.

    Parameters
    ----------
    model : AbstractNeuron or Network
        With delays that are multiples of ``dt``, because Brian2 moves others onto its grid.
    inputs : Inputs
        At multiples of ``dt`` too.
    simulator : Simulator
        Says ``t_stop`` and what to ``record``.
    dt : Quantity [time], default 0.025 ms
        Step of Brian2; of a ``Cell`` less where the axial currents demand it.

    Returns
    -------
    str
        The text of the file. Run, it prints one line of spike times (ms) for each trial, and of a
        network for each neuron in it, and saves what is recorded, with the times, to a ``.npz``
        file of its own name; of a network under the names of its populations.

    Raises
    ------
    UnitError
        If ``dt`` is not a time, or the inputs are in another unit than the model takes.
    ModelError
        If the model cannot be translated, or a population is of a ``Cell``; ``dt`` is too long for
        the axial currents of a cell; or an input, a delay, a corner of a clamp or ``t_stop`` is off
        the grid.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> text = dx.to_brian2_script(dx.LIF(), dx.Inputs(), dx.Simulator(10 * pq.ms))
    >>> print(*(line for line in text.splitlines() if line.startswith("dv/dt")))
    dv/dt = 1*((g_leak*(e_leak - v) + i_syn + bias + electrode)/c_m)/ms : 1
    """
    step = usual_step(model) if dt is None else scalar(dt, "ms", "dt")
    must_fit(model, inputs, simulator.record.names if simulator.record else ())
    writers = {Network: _of_network, Cell: _of_cell}
    write = writers.get(type(model), _of_neuron)
    current = {name: _array(getattr(inputs.current, name)) for name in ("start", "value", "slope")}
    shared = {"dt": step, "t_stop": simulator.t_stop, "n_trials": inputs.n_trials, **current}
    return "".join(write(model, inputs, simulator, step, shared))  # pyright: ignore[reportArgumentType]


def _of_neuron(
    model: AbstractNeuron, inputs: Inputs, simulator: Simulator, dt: float, shared: dict[str, Any]
) -> Iterator[str]:
    equations, _ = equations_of(model)
    drive, t_stop = stimulus(model, inputs), simulator.t_stop
    n_ticks = ticks(t_stop, dt, np.empty(0)).size
    must_be_on_grid(np.append(drive.stops(t_stop), t_stop), n_ticks, dt)
    yield _HEAD.format(title=type(model).__name__, about="Each trial is a neuron.", **shared)
    yield _group("neurons", equations, drive, simulator)
    due = np.flatnonzero((drive.time >= 0) & (drive.time <= t_stop))
    if due.size:
        yield _GENERATOR.format(time=_array(drive.time[due]))
        yield _synapses("generator", "neurons", _pairs(drive, due), equations)
    yield _RUN
    yield _found("neurons", "", equations, drive, simulator)
    yield "np.savez(os.path.splitext(__file__)[0], **results)\n"


def _of_cell(
    model: AbstractNeuron, inputs: Inputs, simulator: Simulator, dt: float, shared: dict[str, Any]
) -> Iterator[str]:
    cell, _ = equations_of(model)
    assert isinstance(cell, CellEquations)
    drive, t_stop = stimulus(model, inputs), simulator.t_stop
    must_be_stable(cell, dt)
    cell_must_be_on_grid(cell, drive, t_stop, dt)
    title = f"A cell of {cell.capacitance.size} compartments"
    about = "Each trial is a block of neurons of one group, its compartments."
    yield _HEAD.format(title=title, about=about, **shared)
    names = list(simulator.record.names) if simulator.record else []
    yield from compartments_of(cell, inputs.n_trials, names)
    arriving = by_row(cell, drive)
    due = np.flatnonzero((arriving.time >= 0) & (arriving.time <= t_stop))
    if due.size:
        yield _GENERATOR.format(time=_array(arriving.time[due]))
        yield _synapses("generator", "compartments", _pairs(arriving, due), plain_cell(cell, 1))
    yield _RUN
    yield from found_in(cell, names)
    yield "np.savez(os.path.splitext(__file__)[0], **results)\n"


def _pairs(drive: Stimulus, due: np.ndarray) -> Pairs:
    """Return the synapse of each arrival that is due, from a source of its own."""
    at_once = np.zeros(due.size)
    return Pairs(
        np.arange(due.size), drive.target[due], drive.site[due], at_once, drive.weight[due]
    )


def _of_network(
    network: Network, inputs: Inputs, simulator: Simulator, dt: float, shared: dict[str, Any]
) -> Iterator[str]:
    equations, _ = equations_of_network(network, inputs.n_trials)
    synapses, t_stop = synapses_of(network), simulator.t_stop
    drives = driven_by_inputs(network, synapses, inputs)
    network_must_be_on_grid(synapses, drives, t_stop, dt)
    sizes = ", ".join(f"{name} ({p.n})" for name, p in network.populations.items())
    about = "Each group has the neurons of all trials, trial after trial."
    yield _HEAD.format(title=f"A network of {sizes}", about=about, **shared)
    groups = {name: f"group_{k}" for k, name in enumerate(network.populations)}
    for name, group in groups.items():
        yield f"\n# {name}: {network.size(name)} neurons in each trial."
        yield _group(group, equations[name], drives[name], simulator)
    time, sent = input_sources(inputs, t_stop)
    if time.size:
        yield _GENERATOR.format(time=_array(time))
    for each in synapses:
        sources = sources_of(network, each.source, sent, inputs.n_trials)
        pairs = pairs_of(each, sources, network.size(each.target))
        if pairs.pre.size and (each.source == INPUT or equations[each.source].condition):
            source = groups.get(each.source, "generator")
            yield f"\n# {each.source} -> {each.target}"
            yield _synapses(source, groups[each.target], pairs, equations[each.target])
    yield _RUN
    for name, group in groups.items():
        yield _found(group, name, equations[name], drives[name], simulator)
    yield "np.savez(os.path.splitext(__file__)[0], **results)\n"


def _group(group: str, equations: Equations, drive: Stimulus, simulator: Simulator) -> str:
    n_units = drive.n_neurons // drive.n_trials
    same = {name: value for name, value in equations.constants.items() if not np.ndim(value)}
    reached = f"currents[:, np.arange(N_TRIALS * {n_units}) // {n_units}]"
    return _GROUP.format(
        group=group,
        n=f"N_TRIALS * {n_units}",
        constants=pprint.pformat(same, sort_dicts=False),
        currents=reached if np.any(drive.trial >= 0) else f"0 * {reached}",
        equations=differential(equations, pace="1"),
        events=_events(equations),
        begin=_begin(group, equations),
        monitors="\n".join(_monitors(group, equations, asked_for(simulator, equations)[1])),
    )


def _array(values: Any) -> str:
    return repr(np.asarray(values).tolist()).replace("inf", "np.inf")


def _events(equations: Equations) -> str:
    lines = []
    if equations.condition:
        reset = f"t_spike = t/ms\n{equations.reset.strip()}"
        lines += [f'threshold="{equations.condition} >= 0",', f'reset="""\n{reset}\n""",']
    if equations.timer:
        lines.append(f'events={{"wake": "{equations.timer} <= t/ms"}},')
    return "".join(f"\n    {line}" for line in lines)


def _begin(group: str, equations: Equations) -> str:
    own = {name: value for name, value in equations.constants.items() if np.ndim(value)}
    first = {**own, **equations.start, **equations.marks}
    lines = [f"{group}.{name} = {_array(value)}" for name, value in first.items()]
    if equations.timer:
        lines.append(f'{group}.run_on_event("wake", """\n{equations.expired}\n""")')
    return "\n".join(lines)


def _monitors(group: str, equations: Equations, recorded: list[str]) -> Iterator[str]:
    if equations.condition:
        yield f"spikes_of_{group} = SpikeMonitor({group})\nobjects.append(spikes_of_{group})"
    if recorded:
        monitor = f"StateMonitor({group}, {recorded!r}, record=True, dt=STEP * ms)"
        yield f"states_of_{group} = {monitor}\nobjects.append(states_of_{group})"


def _synapses(source: str, target: str, pairs: Pairs, equations: Equations) -> str:
    values = {**weight_names(pairs.weight), "site": pairs.site}
    lines = [f"synapses.{name} = {_array(value)}" for name, value in values.items()]
    if np.any(pairs.delay):
        lines.append(f"synapses.delay = np.array({_array(pairs.delay)}) * ms")
    return _SYNAPSES.format(
        source=source,
        target=target,
        variables="\n".join(f"{name} : 1" for name in values),
        on_pre=equations.arrival,
        pre=_array(pairs.pre),
        post=_array(pairs.post),
        values="\n".join(lines),
    )


def _found(
    group: str, name: str, equations: Equations, drive: Stimulus, simulator: Simulator
) -> str:
    """Return what prints spikes, and keeps them and what is recorded."""
    n_units, prefix = drive.n_neurons // drive.n_trials, f"{name}_" if name else ""
    lines = []
    if equations.condition:
        unit = f'results["{prefix}unit"] = neuron % {n_units}\n' if name else ""
        label = f"trial {{k // {n_units}}}, {name} {{k % {n_units}}}" if name else "trial {k}"
        spikes = {"group": group, "prefix": prefix, "n_units": n_units, "unit": unit}
        lines.append(_SPIKES.format(label=label, **spikes))
    recorded = asked_for(simulator, equations)[1]
    if recorded:
        lines.append(f'results["{prefix}t"] = np.asarray(states_of_{group}.t / ms)\n')
    lines += [f'results["{prefix}{x}"] = np.asarray(states_of_{group}.{x})\n' for x in recorded]
    return "".join(lines)
