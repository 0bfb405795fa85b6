"""Whether the difference to Brian2 shrinks with Brian2's step, as its own error must."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dendrax.inputs import Inputs
from dendrax.neurons import AbstractNeuron
from dendrax.simulation import Simulator
from dendrax.units import scalar, to_quantity
from dendrax.validation._brian2 import equations_of, run_brian2, usual_step
from dendrax.validation._compare import Comparison, compare


@dataclass(frozen=True)
class Convergence:
    """Comparisons with Brian2 at a step and at half of it.

    Attributes
    ----------
    dt : tuple of float
        The two steps, in ms.
    comparisons : tuple of Comparison
        Of dendrax (a) with Brian2 (b) at each of them.
    """

    dt: tuple[float, float]
    comparisons: tuple[Comparison, Comparison]

    @property
    def spike_order(self) -> float:
        """The observed order of the largest difference of spike times."""
        return _order(*(each.spike_max for each in self.comparisons))

    @property
    def v_order(self) -> float:
        """The observed order of the rms difference of the trace."""
        return _order(*(each.v_rms for each in self.comparisons))

    def __str__(self) -> str:
        unit = self.comparisons[0].unit
        rows = [("dt", "spike time (largest)", "trace (rms)")]
        rows += [
            (f"{dt:g} ms", f"{each.spike_max:.3g} ms", f"{each.v_rms:.3g} {unit}")
            for dt, each in zip(self.dt, self.comparisons, strict=True)
        ]
        rows += [("order", f"{self.spike_order:.2f}", f"{self.v_order:.2f}")]
        return "\n".join(f"{dt:<10}{spike:>22}{trace:>18}" for dt, spike, trace in rows)


def convergence(
    model: AbstractNeuron,
    inputs: Inputs,
    simulator: Simulator,
    *,
    dt: Any = None,
    schedule: str = "aligned",
) -> Convergence:
    """Compare dendrax with Brian2 at a step and at half of it.

    A difference that falls with the order of Brian2's scheme (4 for ``"aligned"``, 1 for
    ``"default"``) is the error of Brian2. One that stays is an error of dendrax, or of a model.

    Parameters
    ----------
    model : AbstractNeuron
    inputs : Inputs
    simulator : Simulator
        Should be the more accurate side: take small steps or a tight controller.
    dt : Quantity [time], default 0.05 ms, or less for a ``Cell``
        The larger step of Brian2.
    schedule : {"aligned", "default"}

    Returns
    -------
    Convergence

    Raises
    ------
    ImportError, UnitError, ModelError, SimulationError
        As :func:`run_brian2` does.
    """
    step = 2 * usual_step(equations_of(model)[0]) if dt is None else scalar(dt, "ms", "dt")
    ours = simulator(model, inputs)
    steps = (step, step / 2)

    def against(step: float) -> Comparison:
        theirs = run_brian2(model, inputs, simulator, dt=to_quantity(step, "ms"), schedule=schedule)
        return compare(ours, theirs)

    return Convergence(steps, (against(steps[0]), against(steps[1])))


def _order(coarse: float, fine: float) -> float:
    if not (coarse > 0 and fine > 0):
        return float("nan")
    return float(np.log2(coarse / fine))
