"""An adapting neuron under three current steps: spikes, the file of results, and one gradient."""

import equinox as eqx
import jax
import quantities as pq

import dendrax as dx


def main() -> None:
    jax.config.update("jax_enable_x64", True)
    neuron = dx.AdEx(b=dx.learnable(60 * pq.pA), tau_w=dx.learnable(120 * pq.ms))
    print(neuron)

    amplitudes = [300, 400, 500] * pq.pA
    steps = [dx.step_current(i, start=10 * pq.ms, stop=110 * pq.ms) for i in amplitudes]
    inputs = dx.Inputs(current=steps)
    simulator = dx.Simulator(t_stop=120 * pq.ms, record=dx.Record("v", "w", every=0.1 * pq.ms))

    result = simulator(neuron, inputs)
    for trial, amplitude in enumerate(amplitudes):
        times = ", ".join(f"{t:.3f}" for t in result.spikes(trial))
        print(f"{amplitude}: spikes at {times} ms")
    dx.write(result, "adex.nc")

    @eqx.filter_grad
    def second_spike(neuron: dx.AdEx) -> jax.Array:
        return simulator(neuron, inputs).spike_times[-1, 0, 1]

    gradient = second_spike(neuron)
    print(f"The second spike at 500 pA moves by {gradient.b.value:.4f} ms per pA of b")
    print(f"and by {gradient.tau_w.value:.6f} ms per ms of tau_w.")


if __name__ == "__main__":
    main()
