"""What a script for Brian2 has of a cell: a group of compartments, and functions of its rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from dendrax.validation._default_cell import THRESHOLD, firing, plain_cell, waves_of
from dendrax.validation._group import differential
from dendrax.validation._products import matrices
from dendrax.validation._rows import variable_and_row
from dendrax.validation.transcriptions import CellEquations, variables

_FUNCTIONS = '''
# Each trial has so many rows: one for each compartment, and more where there are more synapses.
N_ROWS = {n_rows}


def of_rows(apply):
    """Return a function of the values in all rows, for Brian2."""
    function = Function(apply, arg_units=[1], return_unit=1, stateless=True)
    # The check of units takes longer than the function.
    function.implementations.add_numpy_implementation(apply, discard_units=True)
    return function


def product(to, of, values):
    """Return the product with a matrix, of what rows take from others of their trial."""
    matrix = np.zeros((N_ROWS, N_ROWS))
    matrix[to, of] = values
    return of_rows(lambda x: np.ravel(x.reshape(-1, N_ROWS) @ matrix.T))


def expm1_over(x):
    """Return (exp(x) - 1)/x."""
    return np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))


vocabulary["expm1_over"] = of_rows(expm1_over)
vocabulary["electrode_at"] = TimedArray(currents, dt=STEP * ms)
'''

_GROUP = '''
constants = {constants}
compartments = NeuronGroup(
    N_TRIALS * N_ROWS,
    """
{equations}
""",
    threshold="{threshold}",
    refractory="v >= v_th",
    events={events},
    method="rk4",
    dt=STEP * ms,
    namespace=constants | vocabulary,
)
{begin}
compartments.not_refractory = "v < v_th"  # what begins above the threshold has not crossed it
spikes = SpikeMonitor(compartments)
objects += [compartments, spikes]
'''

_MONITOR = """states = StateMonitor(compartments, {names!r}, record=True, dt=STEP * ms)
objects.append(states)
"""

_SPIKES = """
time, trial = np.asarray(spikes.t / ms), np.asarray(spikes.i) // N_ROWS
in_time = time < T_STOP - 0.5 * STEP
time, trial = time[in_time], trial[in_time]
results |= {"time": time, "trial": trial}
for k in range(N_TRIALS):
    print(f"trial {k}:", *(f"{each:.10g}" for each in time[trial == k]))
"""


def compartments_of(cell: CellEquations, n_trials: int, names: list[str]) -> Iterator[str]:
    """Yield the group of a cell, and the monitor of what is recorded."""
    yield _FUNCTIONS.format(n_rows=cell.n_rows)
    for name, matrix in matrices(cell).items():
        at = np.nonzero(matrix)
        values = ", ".join(map(_literal, (*at, matrix[at])))
        yield f'vocabulary["{name}"] = product({values})\n'
    for name, wave in waves_of(cell).items():
        numbers = (np.ravel(x) for x in (wave.start, wave.value, wave.slope))
        pieces = ", ".join(f"np.array({_literal(x)})" for x in numbers)
        values = f"piecewise(grid, {pieces})"
        yield f'vocabulary["{name}_at"] = TimedArray({values}, dt=STEP * ms)\n'
    model = plain_cell(cell, n_trials)
    same = {name: value for name, value in model.constants.items() if not np.ndim(value)}
    lines = ",\n".join(f"    {name!r}: {_literal(value)}" for name, value in same.items())
    yield _GROUP.format(
        constants=f"{{\n{lines},\n}}",
        equations=differential(model, pace="1"),
        threshold=THRESHOLD,
        events={name: condition for name, (condition, _) in firing(cell).items()},
        begin="\n".join(_begin(cell)),
    )
    shown = [variables(cell.shown[name]) for name in names]
    if found := sorted({variable_and_row(each)[0] for each in (x for y in shown for x in y)}):
        yield _MONITOR.format(names=found)


def _begin(cell: CellEquations) -> Iterator[str]:
    one = plain_cell(cell, 1)
    own = {name: value for name, value in one.constants.items() if np.ndim(value)}
    for name, value in {**own, **one.start, **one.marks}.items():
        each = f"np.tile({_literal(value)}, N_TRIALS)" if np.ndim(value) else _literal(value)
        yield f"compartments.{name} = {each}"
    for name, (_, effect) in firing(cell).items():
        yield f'compartments.run_on_event("{name}", "{effect}")'
    if cell.begin:
        begin = f'"""\n{cell.begin}\n"""'
        yield f'compartments.run_regularly({begin}, dt=STEP * ms, when="start", order=-1)'


def found_in(cell: CellEquations, names: list[str]) -> Iterator[str]:
    """Yield what prints spikes, and keeps them and what is recorded."""
    yield _SPIKES
    if names:
        yield 'results["t"] = np.asarray(states.t / ms)\n'
    for name in names:
        of_one = isinstance(cell.shown[name], str)
        rows = [variable_and_row(each) for each in variables(cell.shown[name])]
        if of_one:
            yield f'results["{name}"] = np.asarray(states.{rows[0][0]})[{rows[0][1]} :: N_ROWS]\n'
        else:
            n = len(rows)
            each = f"np.asarray(states.{rows[0][0]}).reshape(N_TRIALS, N_ROWS, -1)[:, :{n}]"
            yield f'results["{name}"] = {each}\n'


def _literal(value: Any) -> str:
    """Return a number, an array or an expression as Python has it."""
    if isinstance(value, str):
        return repr(value)
    text = repr(np.asarray(value).tolist())
    return text.replace("inf", "np.inf").replace("nan", "np.nan")
