"""A cell in Brian2's language: each compartment of each trial is a neuron of one group."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dendrax.errors import ModelError
from dendrax.mechanisms import (
    AMPA,
    BK,
    GABA,
    KA,
    KM,
    NMDA,
    SK,
    AbstractMechanism,
    CaHVA,
    CalciumPool,
    CalciumSpike,
    CaLVA,
    CurrentClamp,
    DendriticSpike,
    DoubleExponentialCurrents,
    DoubleExponentialSynapses,
    DynamicClamp,
    ExponentialCurrents,
    ExponentialSynapses,
    HodgkinHuxley,
    Ih,
    Kdr,
    Kv31,
    NaP,
    NaT,
    Passive,
    VoltageClamp,
)
from dendrax.neurons import Cell
from dendrax.validation.transcriptions import _channels, _points
from dendrax.validation.transcriptions._cable import areas, conductances, of_passive, value_of
from dendrax.validation.transcriptions._equations import Equations
from dendrax.validation.transcriptions._mechanism import MechanismEquations

_MECHANISMS: dict[type, Callable[..., MechanismEquations]] = {
    Passive: _channels.passive,
    HodgkinHuxley: _channels.hodgkin_huxley,
    NaT: _channels.nat,
    NaP: _channels.nap,
    Kdr: _channels.kdr,
    Kv31: _channels.kv31,
    KA: _channels.ka,
    KM: _channels.km,
    Ih: _channels.ih,
    BK: _channels.bk,
    SK: _channels.sk,
    CaHVA: _channels.cahva,
    CaLVA: _channels.calva,
    CalciumPool: _channels.calcium_pool,
    ExponentialSynapses: _points.exponential,
    ExponentialCurrents: _points.exponential,
    **dict.fromkeys(
        (DoubleExponentialSynapses, DoubleExponentialCurrents, AMPA, NMDA, GABA),
        _points.double_exponential,
    ),
    CurrentClamp: _points.current_clamp,
    DynamicClamp: _points.dynamic_clamp,
    VoltageClamp: _points.voltage_clamp,
    DendriticSpike: _points.dendritic_spike,
    CalciumSpike: _points.calcium_spike,
}


@dataclass(frozen=True, kw_only=True)
class CellEquations(Equations):
    """A cell for Brian2, each compartment of which is a neuron.

    A trial is a block of rows, one for each compartment; synapses, of which several may share a
    compartment, have the first rows of a block for themselves, wherever they are. ``axial(v)`` is
    what flows into each compartment from its neighbors (pA), ``of_k(v)`` the voltage at the
    synapses of the k-th mechanism, ``into_k(i)`` the sum of their currents in each compartment, and
    ``expm1_over(x)`` is (exp(x) - 1)/x.

    Attributes
    ----------
    constants, start : dict
        Arrays are by row.
    mechanisms : tuple of MechanismEquations
        With numbered names.
    places : tuple of ndarray of int (place,)
        The compartments of each mechanism.
    axial : ndarray (compartment, compartment)
        What makes currents of voltages, in nS.
    capacitance : ndarray (compartment,)
        In pF.
    n_rows, spike_row, electrode_row : int
        How many a block has, and those of the compartments that spike and that have the electrode.
    """

    mechanisms: tuple[MechanismEquations, ...]
    places: tuple[np.ndarray, ...]
    axial: np.ndarray
    capacitance: np.ndarray
    n_rows: int
    spike_row: int
    electrode_row: int

    @property
    def begin(self) -> str:
        """What happens in every row at the start of each step."""
        return "\n".join(part.begin for part in self.mechanisms if part.begin)

    @property
    def sites(self) -> tuple[tuple[int, int], ...]:
        """The mechanism, and the row, of each synapse, in the order of the spike sources."""
        synapses = [k for k, part in enumerate(self.mechanisms) if f"arriving_{k}" in part.marks]
        return tuple((k, int(row)) for k in synapses for row in self.rows[k])

    @property
    def rows(self) -> tuple[np.ndarray, ...]:
        """The rows of a block that each mechanism has."""
        return tuple(map(_rows, self.mechanisms, self.places))


def cell(model: Cell) -> CellEquations:
    """Return the equations of a cell (Rall 1962), with the mechanisms of their own sources.

    Raises
    ------
    ModelError
        If the cell has a mechanism that nobody has transcribed.
    """
    parts = tuple(_transcribed(m).numbered(k) for k, m in enumerate(model.mechanisms))
    places = tuple(np.asarray(m.places(model.compartments)) for m in model.mechanisms)
    rows, each = tuple(map(_rows, parts, places)), np.arange(len(model.compartments))
    n_rows = 1 + max(int(found.max()) for found in (each, *rows))

    def by_row(value: Any, at: np.ndarray, elsewhere: float) -> np.ndarray:
        block = np.full(n_rows, elsewhere)
        block[at] = value
        return block

    area, c_m = areas(model), of_passive(model, "c_m")
    constants = {
        "area": by_row(area, each, 1.0),
        "c_m": by_row(c_m, each, 1.0),
        "v_init": by_row(value_of(model.v_init), each, 0.0),
        "v_th": float(value_of(model.v_th)),
        "celsius": np.nan if model.celsius is None else float(model.celsius),
    }
    for k, part in enumerate(parts):
        constants[f"here_{k}"] = by_row(1.0, rows[k], 0.0)
        for name, value in part.constants.items():
            values = np.ravel(value).astype(float)
            constants[name] = by_row(values, rows[k], values[0]) if np.ndim(value) else values[0]
    pools = [part for part in parts if part.calcium]
    return CellEquations(
        rates={"v": _MEMBRANE, "electrode": "electrode_slope", **_all(parts, "rates")},
        # What reads a concentration starts from those of the pools.
        start={"v": "v_init", **_all(pools, "start"), **_all(parts, "start")},
        shorthand=_shorthand(parts),
        observed={"guard": "v - v_th", **_currents(parts)},
        shown=_shown(model, rows),
        marks={"electrode_slope": 0.0, **_all(parts, "marks")},
        constants=constants,
        arrival="",
        mechanisms=parts,
        places=places,
        axial=conductances(model),
        capacitance=0.01 * c_m * area,
        n_rows=n_rows,
        spike_row=model.spike_compartment,
        electrode_row=model.electrode_compartment,
    )


# uA/cm2 is 0.01 pA/um2, and uA/uF is mV/ms.
_MEMBRANE = "(-i_density + 100*(electrode + axial(v) - i_point)/area)/c_m"


def _transcribed(mechanism: AbstractMechanism) -> MechanismEquations:
    if type(mechanism) not in _MECHANISMS:
        raise ModelError(
            f"{type(mechanism).__name__} has no equations for Brian2; a cell may have "
            f"{', '.join(sorted(each.__name__ for each in _MECHANISMS))}."
        )
    return _MECHANISMS[type(mechanism)](mechanism)


def _rows(part: MechanismEquations, places: np.ndarray) -> np.ndarray:
    return np.arange(places.size) if part.can_share else places


def _all(parts: Sequence[MechanismEquations], kind: str) -> dict[str, Any]:
    return {name: value for part in parts for name, value in getattr(part, kind).items()}


def _shorthand(parts: Sequence[MechanismEquations]) -> dict[str, str]:
    """Return what the membrane needs: concentrations, and the currents of all mechanisms."""
    number = range(len(parts))
    pools = [k for k in number if parts[k].calcium]
    found: dict[str, str] = {}
    if pools:
        # A concentration of 1 mM where there is no pool, and nothing that reads one.
        found["no_pool"] = " - ".join(["1", *(f"here_{k}" for k in pools)])
        for which, name in enumerate(("ca_in", "ca_out")):
            each = (f"here_{k}*{parts[k].calcium[which]}" for k in pools)
            found[name] = _sum(["no_pool", *each])
    for k, part in enumerate(parts):
        found |= (
            _at_synapses(part, k) if part.can_share else {**part.shorthand, f"i_{k}": part.current}
        )
    here = {k: f"into_{k}(i_{k})" if parts[k].can_share else f"here_{k}*i_{k}" for k in number}
    return found | {
        "i_density": _sum(here[k] for k in number if parts[k].is_density and k not in pools),
        "i_point": _sum(here[k] for k in number if not parts[k].is_density),
        "i_ca": _sum(here[k] for k in number if parts[k].carries_calcium),
    }


def _at_synapses(part: MechanismEquations, k: int) -> dict[str, str]:
    """Return subexpressions and current of synapses, each at the voltage of its compartment."""
    local = {**part.shorthand, f"i_{k}": part.current}
    local = {name: re.sub(r"\bv\b", f"v_{k}", text) for name, text in local.items()}
    return {f"v_{k}": f"of_{k}(v)", **local}


def _currents(parts: Sequence[MechanismEquations]) -> dict[str, str]:
    """Return what flows out of each compartment through each mechanism, in pA."""
    found = {}
    for k, part in enumerate(parts):
        unit = "0.01*area*" if part.is_density else ""
        found[f"current_{k}"] = f"into_{k}(i_{k})" if part.can_share else f"{unit}here_{k}*i_{k}"
    return found


def _sum(terms: Iterable[str]) -> str:
    return " + ".join(terms) or "0*area"


def _shown(model: Cell, rows: Sequence[np.ndarray]) -> dict[str, Any]:
    """Return the variable and the row behind each trace."""
    shown: dict[str, Any] = {"v_cell": [f"v[{row}]" for row in range(len(model.compartments))]}
    for name in ("v", "guard"):
        shown[name] = f"{name}[{model.spike_compartment}]"
    for name, (variable, compartment, _, k, place) in model.electrodes:
        row = compartment if k is None or variable == "current" else rows[k][place]
        shown[name] = f"{variable}[{row}]" if k is None else f"{variable}_{k}[{row}]"
    return shown
