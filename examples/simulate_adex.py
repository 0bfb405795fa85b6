"""An adapting neuron under three current steps: its spikes, and a file for the analysis."""

import jax
import numpy as np
import quantities as pq

import dendrax as dx


def main() -> None:
    jax.config.update("jax_enable_x64", True)
    neuron = dx.AdEx(a=4 * pq.nS, b=80 * pq.pA, tau_w=100 * pq.ms, t_ref=2 * pq.ms)
    print(neuron)

    amplitudes = [400, 500, 600] * pq.pA
    steps = [dx.step_current(i, start=20 * pq.ms, stop=220 * pq.ms) for i in amplitudes]
    inputs = dx.Inputs(current=steps)
    simulator = dx.Simulator(t_stop=250 * pq.ms, record=dx.Record("v", "w", every=0.1 * pq.ms))
    result = simulator(neuron, inputs)

    for trial, amplitude in enumerate(amplitudes):
        times = result.spikes(trial)
        intervals = np.diff(times)
        print(
            f"{amplitude}: {len(times)} spikes, the first after {times[0] - 20:.3f} ms; "
            f"intervals from {intervals[0]:.3f} to {intervals[-1]:.3f} ms"
        )
    dx.write(result, "adex.nc", inputs)
    print("voltage, adaptation, spikes and inputs are in adex.nc")


if __name__ == "__main__":
    main()
