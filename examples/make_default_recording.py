"""Make the recording that dendrax ships: a regular-spiking cell, simulated with its noise.

The cell is the regular-spiking neuron of Pospischil et al. 2008 (their Fig. 2): sodium and
delayed-rectifier potassium currents with the kinetics of Traub & Miles 1991, a slow potassium
current for adaptation, one compartment. Current noise (Ornstein-Uhlenbeck) moves its membrane, and
white noise is added to what is recorded. Same seed, same samples.

    python examples/make_default_recording.py dendrax/data/default_recording.nix
"""

import sys
from math import exp, expm1

import neo
import numpy as np
import quantities as pq
from scipy.integrate import solve_ivp

# Densities of Pospischil et al. 2008, Fig. 2, times the area of a cylinder of 61.4 um by 61.4 um.
AREA = np.pi * 61.4e-4**2  # cm2
C_M, G_LEAK, G_NA, G_K, G_M = np.array([1e6, 0.0205e6, 56e6, 6e6, 0.075e6]) * AREA  # pF, nS
E_LEAK, E_NA, E_K, V_T, TAU_MAX = -70.3, 50.0, -90.0, -56.2, 608.0  # mV, ms

AMPLITUDES = np.array([-100, -50, 25, 50, 75, 90, 105, 120, 135, 150], dtype=float)  # pA
T_STEP, T_STOP, PERIOD = (50.0, 550.0), 700.0, 0.1  # ms
NOISE, TAU_NOISE, RECORDING_NOISE = 6.0, 5.0, 0.05  # pA, ms, mV
SEED = 20080701


def ratio(x: float, scale: float) -> float:
    """Return x / (exp(x / scale) - 1), also near 0."""
    return scale - x / 2 if abs(x) < 1e-7 else x / expm1(x / scale)


def rates(v: float) -> np.ndarray:
    """Return opening and closing rates of m, h, n (columns; per ms)."""
    u = v - V_T
    return np.array(
        [
            [0.32 * ratio(13 - u, 4), 0.128 * exp((17 - u) / 18), 0.032 * ratio(15 - u, 5)],
            [0.28 * ratio(u - 40, 5), 4 / (1 + exp((40 - u) / 5)), 0.5 * exp((10 - u) / 40)],
        ]
    )


def slow(v: float) -> tuple[float, float]:
    """Return steady state and time constant (ms) of the slow potassium current."""
    x = (v + 35) / 10
    return 1 / (1 + exp(-x)), TAU_MAX / (3.3 * exp(x / 2) + exp(-x / 2))


def flow(t: float, state: np.ndarray, step: float, noise: np.ndarray) -> np.ndarray:
    """Return the derivative of v, m, h, n, p."""
    v, m, h, n, p = state
    k, rest = divmod(t / PERIOD, 1)
    k = min(int(k), len(noise) - 2)
    current = step + (1 - rest) * noise[k] + rest * noise[k + 1]
    currents = (
        G_LEAK * (E_LEAK - v) + G_NA * m**3 * h * (E_NA - v) + (G_K * n**4 + G_M * p) * (E_K - v)
    )
    opening, closing = rates(v)
    p_inf, tau_p = slow(v)
    gates = opening * (1 - state[1:4]) - closing * state[1:4]
    return np.array([(currents + current) / C_M, *gates, (p_inf - p) / tau_p])


def resting_state() -> np.ndarray:
    """Return the state in which nothing moves without input."""
    v = E_LEAK
    for _ in range(100):
        opening, closing = rates(v)
        m, h, n = opening / (opening + closing)
        conductances = np.array([G_LEAK, G_NA * m**3 * h, G_K * n**4 + G_M * slow(v)[0]])
        v = conductances @ [E_LEAK, E_NA, E_K] / conductances.sum()
    return np.array([v, m, h, n, slow(v)[0]])


def ornstein_uhlenbeck(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return n samples of the current noise, in pA."""
    kept = np.exp(-PERIOD / TAU_NOISE)
    fresh = NOISE * np.sqrt(1 - kept**2) * rng.normal(size=n)
    noise = np.empty(n)
    noise[0] = NOISE * rng.normal()
    for k in range(1, n):
        noise[k] = kept * noise[k - 1] + fresh[k]
    return noise


def record(amplitude: float, rng: np.random.Generator) -> np.ndarray:
    """Return the recorded voltage (mV) of one sweep."""
    times = PERIOD * np.arange(round(T_STOP / PERIOD))
    noise = ornstein_uhlenbeck(rng, len(times) + 1)
    state, voltage = resting_state(), np.empty(len(times))
    for start, stop, step in zip(
        (0.0, *T_STEP), (*T_STEP, T_STOP), (0.0, amplitude, 0.0), strict=True
    ):
        solution = solve_ivp(
            flow, (start, stop), state, "LSODA", args=(step, noise), rtol=1e-8, atol=1e-8,
            max_step=PERIOD, dense_output=True,
        )  # fmt: skip
        inside = (times >= start - 1e-9) & (times < stop - 1e-9)
        voltage[inside] = solution.sol(times[inside])[0]
        state = solution.y[:, -1]
    return voltage + RECORDING_NOISE * rng.normal(size=len(times))


def main(path: str) -> None:
    """Write one segment per amplitude: voltage at 10 kHz, command current at 1 kHz."""
    rng = np.random.default_rng(SEED)
    block = neo.Block(
        name="default recording",
        description="regular-spiking cell (Pospischil et al. 2008), simulated with noise",
        seed=SEED,
    )
    for k, amplitude in enumerate(AMPLITUDES):
        segment = neo.Segment(name=f"sweep {k}", index=k)
        voltage, command = record(amplitude, rng), np.zeros(int(T_STOP))
        command[int(T_STEP[0]) : int(T_STEP[1])] = amplitude
        for name, samples, unit, period in (
            ("v", voltage, "mV", PERIOD),
            ("current", command, "pA", 1.0),
        ):
            signal = neo.AnalogSignal(
                samples.astype(np.float32), units=unit, sampling_period=period * pq.ms, name=name
            )
            segment.analogsignals.append(signal)
        n_spikes = np.sum((voltage[:-1] < 0) & (voltage[1:] >= 0))
        print(f"sweep {k}: {amplitude:+.0f} pA, {n_spikes} spikes")
        block.segments.append(segment)
    with neo.NixIO(path, "ow") as file:
        file.write_block(block)


if __name__ == "__main__":
    main(sys.argv[1])
