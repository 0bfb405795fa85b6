"""Measure exact gradients of all models against differences; write ``reports/gradients.md``.

``python validation/gradients.py`` measures everything, which takes about half an hour;
``python validation/gradients.py LIF QIF`` measures some models anew.
"""

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import quantities as pq
from jax import Array

import dendrax as dx

REPORT = Path(__file__).parent / "reports" / "gradients.md"
T_STOP, DT = 18.0, 0.1
TARGET, MODES = 1e-6, 1e-10
TIMES = [5.3, 10.6, 15.9]

MS = pq.ms

# Before any model is made.
jax.config.update("jax_enable_x64", True)


def _all_spikes(result: dx.SimulationResult) -> Array:
    """Return a mean of spike times in which no two have the same weight."""
    times = result.spike_times
    there = jnp.isfinite(times)
    weight = jnp.linspace(0.5, 1.5, times.size).reshape(times.shape)
    return jnp.sum(jnp.where(there, weight * jnp.where(there, times, 0.0), 0.0)) / T_STOP


def _first_spikes(result: dx.SimulationResult) -> Array:
    first = result.spike_times[..., 0]
    there = jnp.isfinite(first)
    return jnp.sum(jnp.where(there, jnp.where(there, first, 0.0), 0.0)) / T_STOP


def _states(result: dx.SimulationResult) -> Array:
    """Return a sum over all recorded variables in which no two samples have the same weight."""
    total = jnp.asarray(0.0)
    for trace in result.traces.values():
        weight = jnp.linspace(0.5, 1.5, trace.size).reshape(trace.shape)
        total += jnp.sum(weight * trace)
    return total


def _kept(name: str) -> Callable[[dx.SimulationResult], Array]:
    return lambda result: jnp.sum(result.readouts[name])


class Settings(NamedTuple):
    """What a simulator keeps, and the readouts of it: functions of one result."""

    keep: Callable[[Any], dict[str, Any]]  # of the names of the variables
    readouts: dict[str, Callable[[dx.SimulationResult], Array]]


# To measure a readout, add a line: its name, the settings that it needs, a function of a result.
SETTINGS = {
    "trace": Settings(
        lambda names: {"record": dx.Record(*names, at=TIMES * MS)},
        {"spike times": _all_spikes, "first spike": _first_spikes, "states": _states},
    ),
    "kept": Settings(
        lambda names: {
            "readouts": {"integral": dx.Integral(names[0]), "maximum": dx.Maximum(names[0])}
        },
        {"integral": _kept("integral"), "maximum": _kept("maximum")},
    ),
    "first": Settings(
        lambda _: {"until": "first_spikes"},
        {"until first spike": _first_spikes},
    ),
}


class Readout(eqx.Module):
    """One of several readouts, chosen by a number: all of them are compiled together."""

    functions: tuple[Callable[[Any], Array], ...] = eqx.field(static=True)
    chosen: Array

    def __call__(self, results: Any) -> Array:
        """Return the chosen readout, summed over the populations of a network."""
        listed = list(results.values()) if isinstance(results, dict) else [results]
        values = [sum(f(each) for each in listed) for f in self.functions]
        return jnp.stack(values) @ self.chosen


class Case(NamedTuple):
    """A model and its inputs."""

    model: Any
    inputs: dx.Inputs
    names: tuple[str, ...] = ("v", "i_syn")
    executions: tuple[str, ...] = ("flat",)
    settings: tuple[str, ...] = ("trace", "kept", "first")

    def runs(self) -> Iterator[tuple[str, str]]:
        """Yield each execution with the settings for which it is not the same as another one."""
        for execution in self.executions:
            for kept in self.settings:
                # Integrals and maxima go through the flat loop.
                if kept == "trace" or execution == (
                    "flat" if kept == "kept" else self.executions[-1]
                ):
                    yield execution, kept


def learnable(**values: Any) -> dict[str, Any]:
    """Make all parameters learnable, as the check would: then nothing is compiled twice."""
    return {name: dx.learnable(value) for name, value in values.items()}


def driven(weight: Any, current: Any) -> dx.Inputs:
    """Return two sources of two spikes each, and a step of current."""
    trains = [[1.7, 9.2] * MS, [4.3, 12.6] * MS]
    return dx.Inputs(
        dx.step_current(current, 2.9 * MS, 15.1 * MS), dx.spike_trains(trains, weight=weight)
    )


BOTH = ("flat", "auto")
MEMBRANE = learnable(tau_mem=9 * MS, e_leak=0.05, bias=0.03, tau_syn=4.6 * MS)
PHYSICAL = learnable(
    c_m=180 * pq.pF, g_leak=9 * pq.nS, e_leak=-69 * pq.mV, bias=11 * pq.pA, tau_syn=4.6 * MS
)
RESET = learnable(v_reset=-0.1, t_ref=1.3 * MS)
SPIKE = learnable(v_t=0.9, delta_t=0.25, v_peak=2.8)
LEAKY = dx.LIF(**MEMBRANE, **RESET, **learnable(v_th=1.1))
FREE = dx.LIF(**MEMBRANE, **learnable(v_th=1.1, v_reset=-0.1))
DENDRITIC = dx.DendriticNeuron(
    **learnable(
        weight=[[2.0, 1.4], [1.1, 2.6]], tau_syn=[[8.0, 4.0], [3.0, 5.0]] * MS,
        tau_dend=[7.0, 9.0] * MS, tau_mem=6 * MS, g_dend=[1.4, 1.1], v_th_dend=[0.5, 0.4],
        slope_rise=[8.0, 6.0], slope_decay=[3.0, 4.0], v_max=3.2, v_th=1.0, v_reset=-0.1, bias=0.05,
    )
)  # fmt: skip

CASES = {
    "LIF, pF and mV": Case(
        dx.LIF(**PHYSICAL, **learnable(v_th=-51 * pq.mV, v_reset=-61 * pq.mV)),
        driven([310, 270] * pq.pA, 190 * pq.pA), executions=BOTH,
    ),
    "LIF": Case(FREE, driven([3.1, 2.4], 0.9), executions=BOTH),
    "LIF, refractory": Case(LEAKY, driven([3.1, 2.4], 0.9), executions=BOTH, settings=("trace",)),
    "LeakyIntegrator": Case(
        dx.LeakyIntegrator(**MEMBRANE), driven([3.1, -2.4], 0.9), executions=BOTH
    ),
    "QIF": Case(
        dx.QIF(**MEMBRANE, **learnable(v_t=1.2)), driven([21.0, 14.0], 4.0), executions=BOTH
    ),
    "EIF": Case(dx.EIF(**MEMBRANE, **RESET, **SPIKE), driven([3.1, 2.4], 0.9)),
    "AdEx": Case(
        dx.AdEx(**MEMBRANE, **RESET, **SPIKE, **learnable(a=0.2, b=0.3, tau_w=40 * MS)),
        driven([3.1, 2.4], 0.9), ("v", "i_syn", "w"),
    ),
    "GIF": Case(
        dx.GIF(**MEMBRANE, **RESET, **SPIKE, **learnable(
            b_fast=0.3, tau_fast=5 * MS, b_slow=0.1, tau_slow=40 * MS, theta_jump=0.1,
            tau_theta=20 * MS, g_h=0.2, e_h=1.5, v_h=-0.25, k_h=0.3, tau_h=15 * MS,
        )),
        driven([3.1, 2.4], 0.9), ("v", "i_syn", "fast", "slow", "theta", "h"),
    ),
    "Izhikevich": Case(
        dx.Izhikevich(**learnable(
            a=0.03, b=0.21, d=5.0, v_reset=-63 * pq.mV, v_peak=28 * pq.mV, bias=2.6,
            tau_syn=3.4 * MS,
        )),
        driven([14.0, 9.0], 4.0), ("v", "i_syn", "u"),
    ),
    "EGRU": Case(
        dx.EGRU(**learnable(
            bias_u=-0.7, bias_r=0.8, bias_z=0.1, v_th=0.37, tau_mem=5 * MS, tau_syn=4.6 * MS
        )),
        driven([[1.5, 0.8, 3.0], [0.7, -0.5, 2.0]], 0.6), ("v", "a_u", "a_r", "a_z"), BOTH,
    ),
    "AdaptiveLIF": Case(
        dx.AdaptiveLIF(**MEMBRANE, **RESET, **learnable(v_th=1.1, b_jump=0.3, tau_th=17 * MS)),
        driven([3.1, 2.4], 0.9), ("v", "i_syn", "b_th"),
    ),
    "DendriticNeuron": Case(
        DENDRITIC, driven([1.1, 0.9], 0.8), ("v", "v_dend", "i_syn"), BOTH,
    ),
    "AtMostOneSpike(LIF)": Case(dx.AtMostOneSpike(FREE), driven([3.1, 2.4], 0.9)),
    "Refractory(QIF)": Case(
        dx.Refractory(dx.QIF(**MEMBRANE, **learnable(v_t=1.2)), **learnable(t_ref=1.3 * MS)),
        driven([21.0, 14.0], 4.0),
    ),
}  # fmt: skip


def network(
    neuron: dx.AbstractNeuron,
    size: float,
    *,
    delays: str = "",
    recurrent: bool = False,
    **rest: Any,
) -> Case:
    """Make a network of three inputs, three hidden units and two outputs."""
    rng = np.random.default_rng(5)
    shapes = {"input": (3, 3), "back": (3, 3), "out": (3, 2)}
    ranges = {"input": (0.6, 1.0), "back": (-0.3, 0.1), "out": (0.2, 0.7)}
    weights = {k: dx.learnable(size * rng.uniform(*ranges[k], s)) for k, s in shapes.items()}
    axonal, synaptic = (dx.learnable(rng.uniform(0.7, 2.0, s) * MS) for s in ((3,), (3, 3)))
    late = {"axonal": axonal, "synaptic": synaptic}.get(delays)
    connections = [
        dx.Connection("input", "hidden", weight=weights["input"]),
        dx.Connection("hidden", "output", weight=weights["out"], delay=axonal if delays else None),
    ]
    if recurrent:
        back = dx.Connection("hidden", "hidden", weight=weights["back"], delay=late)
        connections.append(back)
    trains = [[1.0, 5.1] * MS, [2.3, 8.2] * MS, [4.4, 11.7] * MS]
    populations = {"hidden": dx.Population(neuron, 3), "output": dx.Population(neuron, 2)}
    return Case(
        dx.Network(3, populations, connections),
        dx.Inputs(spikes=dx.spike_trains(trains, weight=[1.0, 0.8, 1.2])),
        settings=("trace",),
        **rest,
    )


CASES |= {
    "network of LIF, feed-forward": network(FREE, 3.0, executions=BOTH),
    "network of LIF, axonal delays": network(FREE, 3.0, delays="axonal", executions=BOTH),
    "network of LIF, recurrent": network(FREE, 3.0, recurrent=True),
    "network of LIF, recurrent, synaptic delays": network(
        FREE, 3.0, delays="synaptic", recurrent=True
    ),
    "network of QIF, feed-forward": network(
        dx.QIF(**MEMBRANE, **learnable(v_t=1.2)), 22.0, executions=BOTH
    ),
}


class Row(NamedTuple):
    """What was found of one parameter of one model, for one readout."""

    case: str
    parameter: str
    readout: str
    error: float  # relative; NaN if all is void
    modes: float  # relative difference between reverse and forward mode
    n_void: int
    n: int
    is_zero: bool  # the readout does not depend on the parameter


def simulator(case: Case, execution: str, settings: Settings, adjoint: str) -> dx.Simulator:
    """Return a simulator that is more accurate than what is asked of the gradients."""
    return dx.Simulator(
        T_STOP * MS, DT * MS, solver=diffrax.Dopri8(), max_spikes=8, execution=execution,
        adjoint=adjoint, **settings.keep(case.names),
    )  # fmt: skip


def measured(name: str, execution: str, kept: str, *, both_modes: bool = True) -> Iterator[Row]:
    """Yield what is found with one execution of a case and all readouts of one kind."""
    case, settings = CASES[name], SETTINGS[kept]
    functions = tuple(settings.readouts.values())
    for k, readout in enumerate(settings.readouts):
        output = Readout(functions, jnp.eye(len(functions))[k])
        tape, forward = (
            dx.check_gradient(
                case.model, case.inputs, simulator(case, execution, settings, mode), output
            )
            for mode in ("tape", "forward" if both_modes else "tape")
        )
        effects = [np.max(np.abs(each.exact * each.size)) for each in tape.derivatives]
        floor = max(1e-3 * max(effects), np.finfo(float).tiny)
        for one, other in zip(tape.derivatives, forward.derivatives, strict=True):
            gap = np.abs(one.exact - other.exact) * one.size
            modes = float(np.max(gap / np.maximum(np.abs(one.exact) * one.size, floor)))
            error = float(one.relative_error[one.worst])
            n_void, n = int(one.is_void.sum()), len(one.along)
            is_zero = not np.any(one.exact) and not np.any(np.nan_to_num(one.difference))
            label = f"{name}, {execution}"
            yield Row(label, one.name, readout, error, modes, n_void, n, is_zero)


def table(rows: list[Row]) -> Iterator[str]:
    """Yield the lines of the table of one case: parameters downwards, readouts to the right."""
    readouts = list(dict.fromkeys(row.readout for row in rows))
    yield f"| parameter | {' | '.join(readouts)} | reverse - forward | void |"
    yield "|---" * (len(readouts) + 3) + "|"
    for parameter in dict.fromkeys(row.parameter for row in rows):
        of = {row.readout: row for row in rows if row.parameter == parameter}
        cells = [
            "" if r not in of else "0" if of[r].is_zero else f"{of[r].error:.1e}" for r in readouts
        ]
        modes = max(row.modes for row in of.values())
        void, n = sum(row.n_void for row in of.values()), sum(row.n for row in of.values())
        shown = parameter.replace("['", ".").replace("']", "")
        yield f"| {shown} | {' | '.join(cells)} | {modes:.0e} | {void} of {n} |"


def summary(rows: list[Row]) -> str:
    """Return the line of one case."""
    told = [row for row in rows if not np.isnan(row.error)]
    worst = max(told, key=lambda row: row.error)
    above = sum(row.error > TARGET for row in told)
    return (
        f"| {rows[0].case} | {sum(r.n for r in rows)} | {sum(r.n_void for r in rows)} "
        f"| {worst.error:.1e} | {worst.parameter.replace(chr(39), '')}, {worst.readout} "
        f"| {max(row.modes for row in rows):.0e} | {above} |"
    )


SUMMARY = (
    "| model, execution | comparisons | void | largest error | where | reverse - forward |"
    " above target |",
    "|---|---|---|---|---|---|---|",
)
NOTE = """What is above target is an integral of the potential of a QIF through a spike, where it
passes through infinity: what is recorded ends at |V| = 1000, a kink 0.01 ms from the spike that no
step resolves.
"""
HEAD = f"""# Exact gradients against differences

Made by `python validation/gradients.py` with dendrax {version("dendrax")}, jax {version("jax")},
diffrax {version("diffrax")}, numpy {version("numpy")}, on CPU in float64.

Every number is the relative error of an exact derivative (reverse mode) against central
differences, extrapolated (`dx.check_gradient`): the largest over the entries of the parameter.
Derivatives are compared per change of a parameter by its own size (times: by 1 ms), and one that
has less than 1e-3 of the largest effect counts as that large. A 0 says that the readout does not
depend on the parameter, by either. *reverse - forward* is the largest relative difference between
both modes. A comparison is *void* if the number of spikes, or of events before a sample, changes
between the points of the differences; it is counted, and has no part in the errors.

Simulator: Dopri8 in steps of {DT} ms to {T_STOP:g} ms, two sources of two spikes and a step of
current; the structured execution (`auto`) has cells of {DT} ms. Target: every error at most
{TARGET:.0e}, and both modes equal to {MODES:.0e}.
"""


def sections() -> dict[str, str]:
    """Return what the report has, by heading; the lines of the summary are sections too."""
    text = REPORT.read_text() if REPORT.exists() else ""
    _head, *parts = text.split("\n## ")
    found = dict(part.split("\n", 1) for part in parts)
    lines = found.pop("Summary", "").splitlines()
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in lines if "|" in line}
    return {label: rows[label] + "\n" + table.strip() for label, table in found.items()}


def written(measured: dict[str, str]) -> str:
    """Return the report: its head, a line for each case, and a table for each."""
    labels = [f"{name}, {run}" for name, case in CASES.items() for run in case.executions]
    there = [label for label in labels if label in measured]
    missing = [label for label in labels if label not in measured]
    parts = {label: measured[label].split("\n", 1) for label in there}
    lines = [HEAD, f"Still to be measured: {'; '.join(missing)}.\n" if missing else NOTE]
    lines += ["## Summary", "", *SUMMARY, *(line for line, _ in parts.values()), ""]
    for label, (_, of_case) in parts.items():
        lines += [f"## {label}", "", of_case.strip(), ""]
    return "\n".join(lines)


def main(names: list[str]) -> None:
    """Measure cases, all or some, and write the report; what it has of others stays."""
    done = sections() if names else {}
    for name, case in CASES.items():
        if names and name not in names:
            continue
        rows: list[Row] = []
        for execution, kept in case.runs():
            rows += measured(name, execution, kept)
            jax.clear_caches()
            print(f"{name}, {execution}, {kept}", flush=True)
        for label in dict.fromkeys(row.case for row in rows):
            of = [row for row in rows if row.case == label]
            done[label] = "\n".join([summary(of), *table(of)])
        REPORT.write_text(written(done))


if __name__ == "__main__":
    main(sys.argv[1:])
