"""A cell as most people write it in Brian2: a plain grid, and synapses and events of Brian2's."""

from dataclasses import replace
from typing import Any

import numpy as np

from dendrax.validation._default import must_be_on_grid, plain_spikes
from dendrax.validation._group import arrivals, begin, differential, namespace, trains
from dendrax.validation._outcome import Run
from dendrax.validation._rows import functions_of_brian2, must_be_stable, variable_and_row
from dendrax.validation._stimulus import DIGITS, Stimulus, ticks
from dendrax.validation._units import in_each_trial
from dendrax.validation._waveform import Waveform
from dendrax.validation.transcriptions import CellEquations, Equations

THRESHOLD = "v >= v_th and is_soma > 0.5"
# Ages (ms) that are the same but for rounding.
_SAME = 1e-7


def run_default_cell(
    brian2: Any,
    cell: CellEquations,
    stimulus: Stimulus,
    t_stop: float,
    dt: float,
    sample_times: np.ndarray,
    variables: list[str],
) -> Run:
    """Run a cell on the plain grid: an independent check, of the first order in ``dt``.

    Raises
    ------
    ModelError
        If the step is too long for the axial currents, or an input, a corner of a clamp's waveform
        or ``t_stop`` is not on the grid: Brian2 would move it without a word.
    """
    must_be_stable(cell, dt)
    at, n, waves = ticks(t_stop, dt, np.empty(0)), stimulus.n_neurons, waves_of(cell)
    cell_must_be_on_grid(cell, stimulus, t_stop, dt)
    step = dt * brian2.ms

    def on_grid(values: np.ndarray) -> Any:
        return brian2.TimedArray(values, dt=step)

    model = plain_cell(cell, n)
    constants = {
        **namespace(brian2, model),
        **functions_of_brian2(brian2, cell),
        "electrode_at": on_grid(stimulus.electrode(at)[0]),
        **{f"{x}_at": on_grid(Waveform(wave, at.size).at(at)[0]) for x, wave in waves.items()},
    }
    group = brian2.NeuronGroup(
        n * cell.n_rows,
        differential(model, pace="1"),
        threshold=THRESHOLD,
        refractory="v >= v_th",
        events={name: condition for name, (condition, _) in firing(cell).items()},
        method="rk4",
        dt=step,
        namespace=constants,
    )
    for name, (_, effect) in firing(cell).items():
        group.run_on_event(name, effect)
    begin(group, model)
    # What begins above the threshold has not crossed it.
    group.not_refractory = "v < v_th"
    if cell.begin:
        group.run_regularly(cell.begin, dt=step, when="start", order=-1)
    states = brian2.StateMonitor(
        group, sorted({variable_and_row(x)[0] for x in variables}), record=True, dt=step
    )
    spikes = brian2.SpikeMonitor(group)
    delivery = arrivals(brian2, group, model, by_row(cell, stimulus), at, step, when="thresholds")
    network = brian2.Network(group, spikes, states, *delivery)
    # One step more than fits: its start is the sample at t_stop, its spikes come too late.
    network.run(at.size * step, namespace=constants)
    row, time = plain_spikes([spikes], brian2.ms, t_stop - 0.5 * dt)
    kept = np.searchsorted(at, np.round(sample_times, DIGITS))
    samples = {}
    for each in variables:
        name, k = variable_and_row(each)
        samples[each] = np.asarray(getattr(states, name))[k :: cell.n_rows, kept]
    return Run(trains(row // cell.n_rows, time, n), samples, n_steps=at.size - 1)


def waves_of(cell: CellEquations) -> dict[str, Any]:
    """Return the waveforms of clamps, by the states that follow them."""
    return {f"level_{k}": x.driven for k, x in enumerate(cell.mechanisms) if x.driven is not None}


def cell_must_be_on_grid(cell: CellEquations, stimulus: Stimulus, t_stop: float, dt: float) -> None:
    """Refuse inputs, corners of waveforms and a ``t_stop`` (ms) that are no multiples of a step."""
    corners = [np.ravel(wave.start) for wave in waves_of(cell).values()]
    due = np.concatenate([stimulus.stops(t_stop), *corners, [t_stop]])
    n_ticks = ticks(t_stop, dt, np.empty(0)).size
    must_be_on_grid(due[(due >= 0) & (due <= t_stop)], n_ticks, dt)


def firing(cell: CellEquations) -> dict[str, tuple[str, str]]:
    """Return when a dendritic spike of each mechanism begins, and what that does."""
    return {
        f"fire_{k}": (
            f"v >= v_th_{k} and age_{k} >= t_ref_{k} - {_SAME} and here_{k} > 0.5",
            f"firing_{k} = 1",
        )
        for k, part in enumerate(cell.mechanisms)
        if part.corners
    }


def plain_cell(cell: CellEquations, n_trials: int) -> Equations:
    """Return the cells of all trials, which take what is given, and what arrives, on the grid."""
    driven = [*waves_of(cell)]
    given = ["electrode", *driven]
    each = np.arange(cell.n_rows)
    rows = {"is_soma": each == cell.spike_row, "has_electrode": each == cell.electrode_row}
    synapses = [k for k, part in enumerate(cell.mechanisms) if f"arriving_{k}" in part.marks]
    plain = replace(
        cell,
        rates={x: rate for x, rate in cell.rates.items() if x not in given},
        shorthand={
            "now": "t/ms",
            "electrode": f"has_electrode*electrode_at(t, i // {cell.n_rows})",
            **{x: f"{x}_at(t)" for x in driven},
            **cell.shorthand,
        },
        constants={**cell.constants, **{x: y.astype(float) for x, y in rows.items()}},
        marks={x: y for x, y in cell.marks.items() if "_slope" not in x},
        arrival="\n".join(f"arriving_{k}_post += weight*int(site == {k})" for k in synapses),
    )
    return in_each_trial(plain, n_trials)


def by_row(cell: CellEquations, stimulus: Stimulus) -> Stimulus:
    """Return arrivals at rows, each with the number of its mechanism as the site."""
    sites = np.array(cell.sites).reshape(-1, 2)[stimulus.site]
    return replace(stimulus, target=stimulus.target * cell.n_rows + sites[:, 1], site=sites[:, 0])
