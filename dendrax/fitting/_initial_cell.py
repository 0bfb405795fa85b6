"""A cell to start a fit from: a morphology, and the usual conductances."""

from typing import Any

from dendrax.fitting._features import features
from dendrax.mechanisms import KM, Ih, Kdr, NaT, Passive
from dendrax.morphology import Morphology, discretize
from dendrax.neurons import Cell
from dendrax.parameters import learnable
from dendrax.results import Sweeps
from dendrax.units import to_quantity


def initial_cell(
    morphology: Morphology,
    sweeps: Sweeps,
    *,
    max_length: Any = None,
    celsius: float = 34.0,
    v_th: Any = None,
) -> Cell:
    """Return a cell of a morphology whose membrane is read off a recording.

    Sodium, delayed rectifier and muscarinic potassium at the soma are what regular spiking and its
    adaptation need (Pospischil et al. 2008); Ih in the whole membrane makes the sag. Learnable are
    what people fit: capacitance, leak and its reversal potential, the density of each conductance,
    and where sodium and delayed rectifier open. One electrode at the soma says little of the axial
    resistivity, which stays as it is. Dendrites are not excitable: add what yours have.

    Parameters
    ----------
    morphology : Morphology
        With a soma, into which the current goes.
    sweeps : Sweeps
        Responses to current steps, some of them without spikes.
    max_length : Quantity [length], default 50 um
        Of a compartment.
    celsius : float, default 34
        Temperature of the recording.
    v_th : Quantity [voltage], default -10 mV
        Where spikes are counted, as in the recording.

    Returns
    -------
    Cell

    Raises
    ------
    FitError
        If the recording has no subthreshold response to a step.
    MorphologyError
        If there is no soma.

    Notes
    -----
    Pospischil et al. 2008, Biol Cybern 99:427, for the choice of currents; each current says where
    its kinetics come from.
    """
    seen = features(sweeps)
    length = to_quantity(50.0, "um") if max_length is None else max_length
    # 1 uF/cm2 in tau ms.
    leak = 1.0 / seen.tau
    currents = [
        Passive(
            c_m=_within(1.0, 0.5, 3.0, "uF/cm**2"),
            g_leak=_within(leak, leak / 5, leak * 5, "mS/cm**2"),
            # Currents that are open at rest shift it.
            e_leak=_within(seen.rest, seen.rest - 20, seen.rest + 20, "mV"),
        ),
        NaT("soma", g_max=_density(100.0, 10.0, 1000.0), v_shift=_within(0.0, -15.0, 15.0, "mV")),
        Kdr("soma", g_max=_density(45.0, 2.0, 500.0), v_shift=_within(0.0, -15.0, 15.0, "mV")),
        KM("soma", g_max=_density(0.1, 1e-3, 10.0)),
        Ih(g_max=_density(0.01, 1e-4, 1.0)),
    ]
    return Cell(
        discretize(morphology, max_length=length),
        currents,
        v_init=to_quantity(seen.rest, "mV"),
        v_th=to_quantity(-10.0, "mV") if v_th is None else v_th,
        celsius=celsius,
    )


def _within(value: float, low: float, high: float, unit: str) -> Any:
    return learnable(to_quantity(value, unit), bounds=to_quantity([low, high], unit))


def _density(value: float, low: float, high: float) -> Any:
    return _within(value, low, high, "mS/cm**2")
