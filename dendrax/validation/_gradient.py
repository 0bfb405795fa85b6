"""Whether exact gradients are those that central differences give."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from dendrax.errors import ModelError, ValidationError
from dendrax.inputs import Inputs
from dendrax.simulation import Simulator
from dendrax.validation._differences import (
    Derivative,
    Problem,
    all_learnable,
    compared,
    output_of,
    smallest_slope,
    targets_of,
)

# A derivative whose effect is a smaller part of the largest effect counts as that large: the
# rounding errors of differences are relative to the output, not to the derivative.
_FLOOR = 1e-3


@dataclass(frozen=True)
class GradientCheck:
    """Exact derivatives beside differences, parameter by parameter.

    Attributes
    ----------
    derivatives : tuple of Derivative
        One for each parameter of the model, and for what can be differentiated of the inputs.
    output : float
        The value whose derivatives were compared.
    spike_slope : float
        The smallest rate, per ms, at which a guard crossed zero: the spike with the worst
        conditioned gradient. inf if there was no spike.
    """

    derivatives: tuple[Derivative, ...]
    output: float
    spike_slope: float

    @property
    def relative_error(self) -> dict[str, float]:
        """The largest relative error of each parameter; NaN if all its comparisons are void."""
        return {each.name: float(each.relative_error[each.worst]) for each in self.derivatives}

    @property
    def n_void(self) -> dict[str, int]:
        """The number of void comparisons of each parameter."""
        return {each.name: int(each.is_void.sum()) for each in self.derivatives}

    @property
    def worst(self) -> tuple[str, float]:
        """The parameter with the largest relative error, and that error."""
        errors = {
            each.name: float(np.nan_to_num(each.relative_error[each.worst], nan=np.inf))
            for each in self.derivatives
            if not each.is_void.all()
        }
        return max(errors.items(), key=lambda item: item[1]) if errors else ("", np.nan)

    def raise_if_above(self, rtol: float) -> "GradientCheck":
        """Refuse a gradient that is wrong, or of which a parameter could not be compared at all.

        Parameters
        ----------
        rtol : float
            For the relative errors.

        Returns
        -------
        GradientCheck
            Itself, if all is well.

        Raises
        ------
        ValidationError
            It names the parameters.
        """
        complaints = [
            f"{each.name}{each.along[each.worst]} is {each.exact[each.worst]:.10g} and differences "
            f"give {each.difference[each.worst]:.10g}, an error of {error:.2g}"
            for each, error in zip(self.derivatives, self.relative_error.values(), strict=True)
            if not each.is_void.all() and not error <= rtol
        ]
        void = [each.name for each in self.derivatives if each.is_void.all()]
        if void:
            complaints.append(f"all comparisons are void for {', '.join(void)}")
        if complaints:
            raise ValidationError(
                f"gradients must agree with differences to {rtol:g}: {'; '.join(complaints)}. "
                "Differences are no better than the simulation: repeat with smaller steps, a "
                "solver of higher order, or inputs that keep spikes away from grazing."
            )
        return self

    def to_dict(self) -> dict[str, list[Any]]:
        """Return all comparisons as columns, one entry for each direction.

        Returns
        -------
        dict of list
            ``parameter``, ``along``, ``unit``, ``exact``, ``difference``, ``uncertainty``,
            ``relative_error`` and ``void``.
        """
        columns: dict[str, list[Any]] = {"parameter": [], "along": [], "unit": []}
        arrays = ("exact", "difference", "uncertainty", "relative_error")
        columns |= {name: [] for name in (*arrays, "void")}
        for each in self.derivatives:
            n = len(each.along)
            columns["parameter"] += [each.name] * n
            columns["along"] += each.along
            columns["unit"] += [f"1/({each.unit})"] * n
            for name in arrays:
                columns[name] += getattr(each, name).tolist()
            columns["void"] += each.is_void.tolist()
        return columns

    def __str__(self) -> str:
        rows = [("parameter, where worst", "exact", "difference", "per", "error", "void")]
        for each in self.derivatives:
            k = each.worst
            rows.append(
                (
                    f"{each.name}{each.along[k]}",
                    f"{each.exact[k]:.6g}",
                    f"{each.difference[k]:.6g}",
                    each.unit,
                    f"{each.relative_error[k]:.1e}",
                    f"{each.is_void.sum()} of {len(each.along)}",
                )
            )
        wide = max(len(row[0]) for row in rows)
        lines = [
            f"{name:<{wide}} {exact:>13}{difference:>13} {unit:<8}{error:>9}{void:>10}"
            for name, exact, difference, unit, error, void in rows
        ]
        name, error = self.worst
        return "\n".join(
            [
                *lines,
                f"worst relative error: {error:.1e} ({name})",
                f"smallest |spike_slope|: {self.spike_slope:.4g} per ms",
            ]
        )


def check_gradient(
    model: Any,
    inputs: Inputs,
    simulator: Simulator,
    output: Callable[[Any], Any] | None = None,
    *,
    seed: int = 0,
) -> GradientCheck:
    """Compare the exact gradient of a simulation with central differences, parameter by parameter.

    Fixed parameters are checked as learnable ones are, and so are the inputs: times and weights of
    the spikes, starts, values and slopes of the currents.

    Parameters
    ----------
    model : AbstractNeuron or Network
    inputs : Inputs
    simulator : Simulator
        Differences are no better than its spike times: take small steps and a solver of high order.
    output : callable, optional
        From what the simulator returns to a scalar, in JAX. Default: a weighted mean of all spike
        times, in parts of ``t_stop``, plus one of each trace and each readout, in parts of its
        range; the weights are random, so that no two errors cancel.
    seed : int, default 0
        Of the weights, and of the directions for large arrays.

    Returns
    -------
    GradientCheck

    Raises
    ------
    ModelError
        If JAX is in single precision.
    SimulationError, UnitError
        As the simulator does.

    Notes
    -----
    A derivative is estimated with five step sizes, 1e-2 to 1e-4 of the parameter (of 1 ms for a
    time, of 1 in its unit for a zero), each by a central difference. Two neighboring sizes are
    extrapolated to an error of fourth order (Richardson). Of these four estimates the one is taken
    that differs least from its neighbor; the exact derivative has no part in this choice. At a
    bound, as for a refractory period of zero, differences are one-sided.

    An array of more than 24 entries is checked along 24 random directions. A comparison is void if
    the number of spikes, or of events before a sample, changes at all but two step sizes or fewer.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> inputs = dx.Inputs(current=dx.step_current(300 * pq.pA, 10 * pq.ms, 40 * pq.ms))
    >>> simulator = dx.Simulator(40 * pq.ms, max_spikes=4)
    >>> check = dx.check_gradient(dx.LIF(), inputs, simulator).raise_if_above(1e-6)
    >>> check.derivatives[0].name, check.n_void["c_m"]
    ('c_m', 0)
    """
    if jnp.result_type(float) != jnp.float64:
        raise ModelError(
            "a gradient can be checked in double precision only; JAX is in single precision. Call "
            'jax.config.update("jax_enable_x64", True) before anything else.'
        )
    problem = Problem(all_learnable(model), inputs, simulator, output, seed)
    targets = list(targets_of(problem))
    found = [compared(problem, target, np.random.default_rng(seed)) for target in targets]
    largest = max((float(np.max(np.abs(each.effect), initial=0.0)) for each in found), default=0.0)
    floor = max(_FLOOR * largest, np.finfo(float).tiny)
    return GradientCheck(
        tuple(each.derivative(floor) for each in found),
        float(output_of(problem.output, problem.result)),
        smallest_slope(problem.result),
    )
