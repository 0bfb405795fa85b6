"""Results to write, and recordings to read."""

from collections.abc import Callable
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx

RECORDINGS = Path(__file__).parents[2] / "../shared/data/recordings"


@pytest.fixture(scope="session")
def recordings() -> Path:
    if not RECORDINGS.is_dir():
        pytest.skip("the recordings are not part of the project and are not here")
    return RECORDINGS


@pytest.fixture(scope="session")
def make_result() -> Callable:
    return _make_result


@pytest.fixture(scope="session")
def make_inputs() -> Callable:
    return _make_inputs


@pytest.fixture(scope="session")
def difference() -> Callable:
    return _difference


def _make_result(
    *, neurons: int = 2, dtype: type = float, spikes: bool = True
) -> dx.SimulationResult:
    """Return a result of three trials with all kinds of traces; spikes are ragged."""
    rng = np.random.default_rng(1)
    shape = (3, neurons)
    times = np.full((*shape, 5), np.inf)
    if spikes:
        for trial, neuron in np.ndindex(shape):
            n = (2 * trial + neuron) % 5
            times[trial, neuron, :n] = np.sort(rng.uniform(0, 10, n))
    slope = np.where(np.isfinite(times), rng.uniform(1, 2, times.shape), np.inf)

    def random(*sizes: int) -> jnp.ndarray:
        return jnp.asarray(rng.normal(size=(*shape, *sizes)), dtype=dtype)

    return dx.SimulationResult(
        spike_times=jnp.asarray(times, dtype=dtype),
        spike_slope=jnp.asarray(slope, dtype=dtype),
        times=jnp.asarray(np.arange(101) * 0.1, dtype=dtype),
        traces={"v": random(101), "v_dend": random(4, 101), "i_syn": random(4, 3, 101)},
        status=jnp.asarray(rng.integers(0, 2, shape), dtype=int),
        n_steps=jnp.asarray(rng.integers(0, 200, shape), dtype=int),
        t_reached=jnp.full(shape, 10.0, dtype=dtype),
        t_stop=10.0,
        units=(("v", "mV"), ("v_dend", "1"), ("i_syn", "pA")),
        provenance=(("source", "a test"), ("model", "none")),
        readouts={"area": random(), "peak": random(4)},
    )


def _make_inputs() -> dx.Inputs:
    """Return inputs of three trials, with ragged pieces and spikes."""
    currents = [
        dx.step_current(100 * pq.pA, 1.234567 * pq.ms, 5 * pq.ms),
        dx.ramp_current(0 * pq.pA, 30 * pq.pA, 2 * pq.ms, 3 * pq.ms)
        + dx.step_current(-20 * pq.pA, 0 * pq.ms, 8 * pq.ms),
        dx.step_current(10 * pq.pA, 4 * pq.ms, 5 * pq.ms),
    ]
    trains = [
        dx.spike_trains([[1, 2.5] * pq.ms, [] * pq.ms], weight=50 * pq.pA),
        dx.spike_trains([[3] * pq.ms, [4, 5, 6] * pq.ms], weight=[10, 20] * pq.pA),
        dx.spike_trains([[] * pq.ms, [] * pq.ms], weight=50 * pq.pA),
    ]
    return dx.Inputs(currents, trains)


def _difference(a: object, b: object, *, times: float = 0.0) -> str:
    """Name the first thing in which two results, inputs or sweeps differ; "" where none does.

    ``times`` is what sample times may differ by, in ms.
    """
    if isinstance(a, dx.Sweeps):
        return _difference(a.target, b.target, times=times) or _difference(a.inputs, b.inputs)
    if isinstance(a, dx.Inputs):
        parts = [(a.current, b.current), (a.spikes, b.spikes)]
        return next((name for x, y in parts if (name := _fields(x, y))), "")
    if not np.allclose(a.times, b.times, rtol=0, atol=times):
        return "times"
    for each, other in ((a.traces, b.traces), (a.readouts, b.readouts)):
        if each.keys() != other.keys():
            return f"{each.keys()} and {other.keys()}"
        for name in each:
            if not np.array_equal(each[name], other[name]):
                return name
    return _fields(a, b, but=("times", "traces", "readouts"))


def _fields(a: object, b: object, but: tuple[str, ...] = ()) -> str:
    for name in vars(a).keys() - set(but):
        value, other = getattr(a, name), getattr(b, name)
        same = np.array_equal(value, other) if hasattr(value, "shape") else value == other
        if not same:
            return f"{name}: {value} and {other}"
    return ""
