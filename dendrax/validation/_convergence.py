"""Whether the difference to Brian2 shrinks with Brian2's step, as its own error must."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from dendrax.errors import ModelError
from dendrax.inputs import Inputs
from dendrax.results import SimulationResult
from dendrax.simulation import Simulator
from dendrax.units import scalar, to_quantity
from dendrax.validation._brian2 import run_brian2, usual_step
from dendrax.validation._compare import compare

# Of what each schedule is off by.
_ORDER = {"aligned": 4, "default": 1}


@dataclass(frozen=True)
class Convergence:
    """Comparisons with Brian2 at steps each of which is half of the one before.

    Attributes
    ----------
    dt : tuple of float
        The steps, in ms.
    comparisons : tuple of Comparison, or of NetworkComparison
        Of dendrax (a) with Brian2 (b) at each of them.
    limit : Comparison or NetworkComparison
        Of dendrax with what Brian2 tends to as its step vanishes, extrapolated from the last two.
    """

    dt: tuple[float, ...]
    comparisons: tuple[Any, ...]
    limit: Any

    @property
    def spike_order(self) -> float:
        """The observed order of the largest difference of spike times, of the first two steps."""
        return _order(*(each.spike_max for each in self.comparisons[:2]))

    @property
    def v_order(self) -> float:
        """The observed order of the rms difference of the trace, of the first two steps."""
        return _order(*(each.v_relative for each in self.comparisons[:2]))

    def __str__(self) -> str:
        rows = [("dt", "spike time (largest)", "trace (rms, in its range)")]
        found = [*zip((f"{dt:g} ms" for dt in self.dt), self.comparisons, strict=True)]
        rows += [
            (name, f"{each.spike_max:.3g} ms", f"{each.v_relative:.3g}")
            for name, each in [*found, ("limit", self.limit)]
        ]
        rows += [("order", f"{self.spike_order:.2f}", f"{self.v_order:.2f}")]
        return "\n".join(f"{dt:<10}{spike:>22}{trace:>27}" for dt, spike, trace in rows)


def convergence(
    model: Any,
    inputs: Inputs,
    simulator: Simulator,
    *,
    dt: Any = None,
    schedule: str = "aligned",
    n_halvings: int = 2,
) -> Convergence:
    """Compare dendrax with Brian2 at a step, at half of it, and at a quarter.

    A difference that falls with the order of Brian2's scheme (4 for ``"aligned"``, 1 for
    ``"default"``) is the error of Brian2. One that stays, in the limit too, is an error of dendrax,
    or of a model.

    Parameters
    ----------
    model : AbstractNeuron or Network
    inputs : Inputs
    simulator : Simulator
        Should be the more accurate side: take small steps or a tight controller.
    dt : Quantity [time], default 0.05 ms, or less for a ``Cell``
        The largest step of Brian2.
    schedule : {"aligned", "default"}
    n_halvings : int, default 2
        How often the step is halved: at least once.

    Returns
    -------
    Convergence

    Raises
    ------
    ImportError, UnitError, ModelError, SimulationError
        As :func:`run_brian2` does.

    Notes
    -----
    The limit is Richardson's (1911), with the order of the scheme, for each spike and each sample.
    Where trains differ in their number of spikes, it is that of the last step.
    """
    if n_halvings < 1:
        raise ModelError(f"n_halvings must be at least 1; got {n_halvings}.")
    largest = 2 * usual_step(model) if dt is None else scalar(dt, "ms", "dt")
    steps = tuple(largest / 2**k for k in range(n_halvings + 1))
    theirs = [
        run_brian2(model, inputs, simulator, dt=to_quantity(step, "ms"), schedule=schedule)
        for step in steps
    ]
    theirs.append(_limit(theirs[-2], theirs[-1], _ORDER[schedule]))
    ours: Any = simulator(model, inputs)
    *found, limit = (compare(ours, each) for each in theirs)
    return Convergence(steps, tuple(found), limit)


def _limit(coarse: Any, fine: Any, order: int) -> Any:
    """Return what two results with a step and half of it tend to."""
    if isinstance(fine, Mapping):
        return {name: _limit(coarse[name], fine[name], order) for name in fine}
    return _extrapolated(coarse, fine, 1 / (2**order - 1))


def _extrapolated(coarse: SimulationResult, fine: SimulationResult, by: float) -> SimulationResult:
    times, before = np.asarray(fine.spike_times), np.asarray(coarse.spike_times)
    alike = (fine.spike_counts == coarse.spike_counts)[..., None] & np.isfinite(times)
    change = np.subtract(times, before, where=alike, out=np.zeros_like(times))
    traces = {x: fine.traces[x] + by * (fine.traces[x] - coarse.traces[x]) for x in fine.traces}
    return replace(fine, spike_times=jnp.asarray(times + by * change), traces=traces)


def _order(coarse: float, fine: float) -> float:
    if not (coarse > 0 and fine > 0):
        return float("nan")
    return float(np.log2(coarse / fine))
