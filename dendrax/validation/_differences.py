"""Central differences of a simulation with respect to all that it depends on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from dendrax.errors import SimulationError
from dendrax.inputs import Inputs
from dendrax.networks import Network
from dendrax.parameters import is_parameter, parameters
from dendrax.simulation import Simulator

# Parts of the size of a parameter. The largest is for what is nearly linear, the smallest for what
# is next to another number of spikes.
_RATIO = 10**0.5
_STEPS = 1e-2 * _RATIO ** -np.arange(5.0)
# An array with more entries is checked along as many random directions.
_MAX_ENTRIES = 24


@dataclass(frozen=True)
class Derivative:
    """What was compared of one parameter: derivatives along one direction after the other.

    Attributes
    ----------
    name, unit : str
        Of the parameter.
    along : tuple of str
        The entry, or that a direction is random; empty for a scalar.
    exact, difference : ndarray (direction,)
        Derivatives per ``unit``; a difference that is void is NaN.
    size : ndarray (direction,)
        The change, in ``unit``, that derivatives are multiplied with when they are compared with
        those of other parameters: the value itself, or 1 ms for a time.
    uncertainty : ndarray (direction,)
        By how much the two best estimates of the difference disagree.
    relative_error : ndarray (direction,)
        NaN where void.
    """

    name: str
    unit: str
    along: tuple[str, ...]
    exact: np.ndarray
    difference: np.ndarray
    size: np.ndarray
    uncertainty: np.ndarray
    relative_error: np.ndarray

    @property
    def is_void(self) -> np.ndarray:
        """Where a spike came or went between the points of the differences."""
        return np.isnan(self.difference)

    @property
    def worst(self) -> int:
        """The direction with the largest relative error; a void one only if all are."""
        errors = np.where(self.is_void, -1.0, np.nan_to_num(self.relative_error, nan=np.inf))
        return int(np.argmax(errors))


class Target(NamedTuple):
    """Entries of ``theta`` that are checked together: an array of the model, or of the inputs."""

    name: str
    unit: str
    where: np.ndarray  # in theta
    labels: list[str]
    size: np.ndarray  # of a change that is neither small nor large
    bounds: tuple[float, float]


class Found(NamedTuple):
    """Derivatives of one target, along directions that change it by its size."""

    target: Target
    along: list[str]
    length: np.ndarray
    exact: np.ndarray  # per unit, as the next two
    difference: np.ndarray
    uncertainty: np.ndarray

    @property
    def effect(self) -> np.ndarray:
        """What a change by the size of the parameter makes of the output."""
        return np.nan_to_num(self.exact * self.length)

    def derivative(self, floor: float) -> Derivative:
        exact, difference = self.exact * self.length, self.difference * self.length
        size = np.maximum(np.maximum(np.abs(exact), np.abs(difference)), floor)
        error = np.abs(exact - difference) / size
        rest = (self.exact, self.difference, self.length, self.uncertainty, error)
        return Derivative(self.target.name, self.target.unit, tuple(self.along), *rest)


class Problem:
    """The output as a function of ``theta``, all numbers of model and inputs in one vector."""

    def __init__(
        self, model: Any, inputs: Inputs, simulator: Simulator, output: Any, seed: int
    ) -> None:
        self.simulator, self.inputs = simulator, inputs
        # Compiled once for all points of all parameters, and for other values of this shape.
        self.result = simulator(model, inputs)
        self.leaves, self.tree = jax.tree.flatten((model, inputs))
        self.theta = _raveled(self.leaves)
        self.output = _Means(self.result, np.random.default_rng(seed)) if output is None else output
        self.events = self.events_of(inputs, self.result)
        self.gradient = None
        if simulator.adjoint != "forward":
            self.gradient = _raveled(
                jax.tree.leaves(_gradient(simulator, self.output, (model, inputs)))
            )

    def slope(self, along: np.ndarray) -> float:
        """Return the exact derivative along a direction."""
        if self.gradient is None:
            return float(
                _push(self.simulator, self.output, *map(self.unravel, (self.theta, along)))
            )
        # What is padded with inf may have no derivative, and no direction either.
        return float(self.gradient[along != 0] @ along[along != 0])

    def at(self, theta: np.ndarray) -> float:
        """Return the output, or NaN if other events happen there."""
        model, inputs = self.unravel(theta)
        try:
            result = self.simulator(model, inputs)
        except SimulationError:
            return np.nan
        same = all(map(np.array_equal, self.events, self.events_of(inputs, result)))
        return float(output_of(self.output, result)) if same else np.nan

    def unravel(self, theta: np.ndarray) -> Any:
        """Return model and inputs with other numbers."""
        sizes = [leaf.size if eqx.is_inexact_array(leaf) else 0 for leaf in self.leaves]
        parts = np.split(theta, np.cumsum(sizes)[:-1])
        leaves = [
            jnp.asarray(part.reshape(leaf.shape)) if eqx.is_inexact_array(leaf) else leaf
            for leaf, part in zip(self.leaves, parts, strict=True)
        ]
        return jax.tree.unflatten(self.tree, leaves)

    def events_of(self, inputs: Inputs, result: Any) -> list[np.ndarray]:
        """Return what must not change between two points: the number of spikes, and their order."""
        results = _listed(result)
        trains = [np.asarray(each.spike_times) for each in results]
        counts = [np.isfinite(train).sum(-1) for train in trains]
        times = np.asarray(results[0].times)
        if len(times):
            trains += [np.asarray(inputs.spikes.times), np.asarray(inputs.current.start)]
            counts += [(train[..., None] <= times).sum(-2) for train in trains]
        return counts


@eqx.filter_jit
def output_of(output: Any, result: Any) -> Array:
    return output(result)


@eqx.filter_jit
def _gradient(simulator: Simulator, output: Any, point: Any) -> Any:
    return eqx.filter_grad(lambda point: output(simulator(*point)))(point)


@eqx.filter_jit
def _push(simulator: Simulator, output: Any, point: Any, along: Any) -> Array:
    along = eqx.filter(along, eqx.is_inexact_array)
    tangent = eqx.filter_jvp(lambda point: output(simulator(*point)), (point,), (along,))[1]
    # Of an output that depends on nothing there is none.
    return jnp.asarray(0.0 if tangent is None else tangent)


def _raveled(leaves: list[Any]) -> np.ndarray:
    numbers = [np.ravel(leaf) for leaf in leaves if eqx.is_inexact_array(leaf)]
    return np.concatenate([np.empty(0), *numbers])


def _listed(result: Any) -> list[Any]:
    return list(result.values()) if isinstance(result, dict) else [result]


def smallest_slope(result: Any) -> float:
    slopes = [np.abs(np.asarray(each.spike_slope)).min(initial=np.inf) for each in _listed(result)]
    return float(min(slopes))


def all_learnable(model: Any) -> Any:
    def free(node: Any) -> Any:
        return replace(node, is_learnable=True) if is_parameter(node) else node

    return jax.tree.map(free, model, is_leaf=is_parameter)


class _Means(eqx.Module):
    """A smooth function of all that a result holds: one weighted mean of each kind."""

    of_spikes: list[Array]
    of_rest: list[dict[str, Array]]

    def __init__(self, result: Any, rng: np.random.Generator) -> None:
        self.of_spikes, self.of_rest = [], []
        for each in _listed(result):
            times = np.asarray(each.spike_times)
            n = max(np.isfinite(times).sum(), 1)
            weight = rng.uniform(0.5, 1.5, times.shape) / (n * each.t_stop)
            self.of_spikes.append(jnp.asarray(weight))
            self.of_rest.append(
                {
                    name: jnp.asarray(
                        rng.standard_normal(x.shape) / ((np.ptp(x) or 1.0) * x.size**0.5)
                    )
                    for name, x in _recorded(each).items()
                }
            )

    def __call__(self, result: Any) -> Array:
        total = jnp.asarray(0.0)
        rows = zip(_listed(result), self.of_spikes, self.of_rest, strict=True)
        for each, spikes, rest in rows:
            there = jnp.isfinite(each.spike_times)
            total += jnp.sum(spikes * jnp.where(there, each.spike_times, 0.0))
            recorded = _recorded(each)
            total += sum(jnp.sum(w * recorded[name]) for name, w in rest.items())
        return total


def _recorded(result: Any) -> dict[str, Array]:
    return {**result.traces, **{f"readout {k}": x for k, x in result.readouts.items()}}


def targets_of(problem: Problem) -> Iterator[Target]:
    """Yield all that has a derivative, and where in ``theta`` it stands."""
    model, inputs = problem.unravel(np.arange(len(problem.theta), dtype=float))
    for name, entry in parameters(model).items():
        index = np.asarray(entry.value, dtype=int)
        value = problem.theta[index]
        usual = np.mean(np.abs(value)) or 1.0
        size = np.where(value == 0, usual, np.abs(value))
        yield _target(name, entry.unit, index, np.ones_like(value, bool), size, entry.bounds)
    free, positive = (-np.inf, np.inf), (0.0, np.inf)
    spikes, current = problem.inputs.spikes, problem.inputs.current
    flows = not isinstance(model, Network) or model.electrode is not None
    begins = np.isfinite(current.start) & flows
    for name, leaf, unit, there, bounds in (
        ("inputs.spikes.times", inputs.spikes.times, "ms", np.isfinite(spikes.times), positive),
        ("inputs.spikes.weight", inputs.spikes.weight, spikes.unit, None, free),
        ("inputs.current.start", inputs.current.start, "ms", begins, positive),
        ("inputs.current.value", inputs.current.value, current.unit, begins, free),
        ("inputs.current.slope", inputs.current.slope, f"{current.unit}/ms", begins, free),
    ):
        index = np.asarray(leaf, dtype=int)
        there = np.ones(index.shape, bool) if there is None else np.asarray(there)
        if not there.any():
            continue
        value = problem.theta[index]
        size = np.ones(value.shape) if unit == "ms" else np.where(value == 0, 1.0, np.abs(value))
        yield _target(name, unit, index, there, size, bounds)


def _target(name, unit, index, there, size, bounds) -> Target:
    labels = [f"[{', '.join(map(str, at))}]" if len(at) else "" for at in np.argwhere(there)]
    return Target(name, unit, index[there], labels, size[there], bounds)


def compared(problem: Problem, target: Target, rng: np.random.Generator) -> Found:
    n = len(target.where)
    if n <= _MAX_ENTRIES:
        directions, along = np.diag(target.size), target.labels
    else:
        directions = rng.standard_normal((_MAX_ENTRIES, n))
        directions *= target.size / np.linalg.norm(directions, axis=1, keepdims=True)
        along = [", random direction"] * _MAX_ENTRIES
    length = np.linalg.norm(directions, axis=1)
    rows = [_along(problem, target, direction) for direction in directions]
    exact, difference, uncertainty = np.array(rows).T / length
    return Found(target, along, length, exact, difference, uncertainty)


def _along(problem: Problem, target: Target, direction: np.ndarray) -> tuple[float, float, float]:
    """Return exact derivative, difference and uncertainty along one direction."""
    value, reach = problem.theta[target.where], 2 * _STEPS[0] * np.abs(direction)
    below, above = value - reach < target.bounds[0], value + reach > target.bounds[1]
    one_sided = bool(np.any(below | above))
    inwards = np.where(below, np.abs(direction), np.where(above, -np.abs(direction), direction))
    whole = np.zeros_like(problem.theta)
    whole[target.where] = inwards

    def at(step: float) -> float:
        theta = problem.theta.copy()
        theta[target.where] += step * inwards
        return problem.at(theta)

    if one_sided:
        here = at(0.0)
        quotients = [(4 * at(h) - at(2 * h) - 3 * here) / (2 * h) for h in _STEPS]
    else:
        quotients = [(at(h) - at(-h)) / (2 * h) for h in _STEPS]
    return problem.slope(whole), *_extrapolated(np.array(quotients))


def _extrapolated(quotients: np.ndarray) -> tuple[float, float]:
    """Return the estimate that differs least from its neighbor, and that difference.

    Both errors, of one-sided differences too, begin with the square of the step.
    """
    estimates = quotients[1:] + np.diff(quotients) / (_RATIO**2 - 1)
    gaps = np.abs(np.diff(estimates))
    if np.isnan(gaps).all():
        return np.nan, np.nan
    k = int(np.nanargmin(gaps))
    return float(estimates[k + 1]), float(gaps[k])
