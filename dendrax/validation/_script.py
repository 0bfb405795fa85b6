"""A simulation as a file that Brian2 runs alone."""

import pprint
from typing import Any

import numpy as np

from dendrax.inputs import Inputs
from dendrax.neurons import AbstractNeuron
from dendrax.simulation import Simulator, must_fit
from dendrax.units import scalar
from dendrax.validation._default import must_be_on_grid
from dendrax.validation._group import differential, weight_names
from dendrax.validation._outcome import asked_for
from dendrax.validation._stimulus import Stimulus, stimulus, ticks
from dendrax.validation._units import equations_of
from dendrax.validation.transcriptions import Equations

_PAGE = '''"""{title} in Brian2, with the schedule and the method that most people use.

Written by dendrax. Times are in ms; the states are in ms, mV, pA, nS and pF, without units.
Each trial is a neuron. Running this file prints the spike times of each, and saves them and what is
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


def electrode(t, k):
    """Return the current of a trial at times that are not before its first start."""
    segment = np.searchsorted(start[k], t + 1e-9, side="right") - 1
    flows = value[k][segment] + slope[k][segment] * (t - start[k][segment])
    return np.where(segment >= 0, flows, 0.0)


grid = np.arange(n_steps + 1) * STEP
currents = np.stack([electrode(grid, k) for k in range(N_TRIALS)], axis=1)
namespace = {constants}
namespace |= {{
    "electrode_at": TimedArray(currents, dt=STEP * ms),
    "where": Function(np.where, arg_units=[1, 1, 1], return_unit=1, stateless=True),
    "infinity": np.inf,
}}

neurons = NeuronGroup(
    N_TRIALS,
    """
{equations}
electrode = electrode_at(t, i) : 1
""",{events}
    method="rk4",
    dt=STEP * ms,
    namespace=namespace,
)
{begin}
objects = [neurons]
{monitors}
network = Network(objects)
network.run((n_steps + 1) * STEP * ms, namespace=namespace)
{end}'''

_ARRIVALS = '''
# Input spikes: each is a source of its own, since one source cannot spike twice in a step.
times = np.array({time})
source = np.arange(times.size)
generator = SpikeGeneratorGroup(times.size, source, times * ms, dt=STEP * ms, when="thresholds")
synapses = Synapses(
    generator,
    neurons,
    """
{variables}
""",
    on_pre="""
{on_pre}
""",
    dt=STEP * ms,
    namespace=namespace,
)
synapses.connect(i=source, j=np.array({target}))
{values}
objects += [generator, synapses]
'''

_SPIKES = """
time, trial = np.asarray(spikes.t / ms), np.asarray(spikes.i)
in_time = time < T_STOP - 0.5 * STEP
for k in range(N_TRIALS):
    print(f"trial {k}:", *(f"{each:.10g}" for each in time[in_time & (trial == k)]))
"""


def to_brian2_script(
    model: AbstractNeuron, inputs: Inputs, simulator: Simulator, *, dt: Any = None
) -> str:
    """Write a simulation as a Python file that needs Brian2 and NumPy only.

    It does what :func:`run_brian2` does with ``schedule="default"``, in Brian2's own terms: for who
    wants to read the equations, to go on in Brian2, or to check them without dendrax.

    Parameters
    ----------
    model : AbstractNeuron
    inputs : Inputs
        At multiples of ``dt``, because Brian2 moves others onto its grid.
    simulator : Simulator
        Says ``t_stop`` and what to ``record``.
    dt : Quantity [time], default 0.025 ms
        Step of Brian2.

    Returns
    -------
    str
        The text of the file. Run, it prints one line of spike times (ms) for each trial, and saves
        what is recorded, with the times, to a ``.npz`` file of its own name.

    Raises
    ------
    UnitError
        If ``dt`` is not a time, or the inputs are in another unit than the model takes.
    ModelError
        If the model cannot be translated, or an input or ``t_stop`` is off the grid.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> text = dx.to_brian2_script(dx.LIF(), dx.Inputs(), dx.Simulator(10 * pq.ms))
    >>> print(*(line for line in text.splitlines() if line.startswith("dv/dt")))
    dv/dt = 1*((g_leak*(e_leak - v) + i_syn + bias + electrode)/c_m)/ms : 1
    """
    step = 0.025 if dt is None else scalar(dt, "ms", "dt")
    names = simulator.record.names if simulator.record else ()
    must_fit(model, inputs, names)
    equations, _ = equations_of(model)
    drive = stimulus(model, inputs)
    n_ticks = ticks(simulator.t_stop, step, np.empty(0)).size
    must_be_on_grid(np.append(drive.stops(simulator.t_stop), simulator.t_stop), n_ticks, step)
    _, recorded = asked_for(simulator, equations)
    current = {name: _array(getattr(inputs.current, name)) for name in ("start", "value", "slope")}
    return _PAGE.format(
        title=type(model).__name__,
        dt=step,
        t_stop=simulator.t_stop,
        n_trials=inputs.n_trials,
        constants=pprint.pformat(equations.constants, sort_dicts=False),
        equations=differential(equations, pace="1"),
        events=_events(equations),
        begin=_begin(equations),
        monitors=_monitors(equations, drive, recorded, simulator.t_stop),
        end=_end(equations, recorded),
        **current,
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


def _begin(equations: Equations) -> str:
    first = {**equations.start, **equations.marks}
    lines = [f"neurons.{name} = {_array(value)}" for name, value in first.items()]
    if equations.timer:
        lines.append(f'neurons.run_on_event("wake", """\n{equations.expired}\n""")')
    return "\n".join(lines)


def _monitors(equations: Equations, drive: Stimulus, recorded: list[str], t_stop: float) -> str:
    lines = ["spikes = SpikeMonitor(neurons)", "objects.append(spikes)"] * bool(equations.condition)
    if recorded:
        lines += [f"states = StateMonitor(neurons, {recorded!r}, record=True, dt=STEP * ms)"]
        lines += ["objects.append(states)"]
    due = (drive.time >= 0) & (drive.time <= t_stop)
    if due.any():
        values = {**weight_names(drive.weight), "site": drive.site}
        lines.append(
            _ARRIVALS.format(
                time=_array(drive.time[due]),
                variables="\n".join(f"{name} : 1" for name in values),
                on_pre=equations.arrival,
                target=_array(drive.target[due]),
                values="\n".join(f"synapses.{x} = {_array(v[due])}" for x, v in values.items()),
            )
        )
    return "\n".join(lines)


def _end(equations: Equations, recorded: list[str]) -> str:
    spikes = _SPIKES if equations.condition else ""
    found = ["time=time[in_time]", "trial=trial[in_time]"] if equations.condition else []
    found += ["t=np.asarray(states.t / ms)"] if recorded else []
    found += [f"{x}=np.asarray(states.{x})" for x in recorded]
    save = f"np.savez(os.path.splitext(__file__)[0], {', '.join(found)})\n" if found else ""
    return spikes + save
