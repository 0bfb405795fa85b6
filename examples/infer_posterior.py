"""How sure a fit can be, asked by simulation-based inference: pip install 'dendrax[sbi]'.

Neural posterior estimation (Greenberg et al. 2019, ICML 97:2404) needs no gradient and no
likelihood, only many simulations, which ``dx.batched`` makes in one compiled program.
"""

import jax
import jax.numpy as jnp
import numpy as np
import quantities as pq

import dendrax as dx


def main(n: int = 1000) -> None:
    import torch
    from sbi.inference import NPE
    from sbi.utils import BoxUniform

    jax.config.update("jax_enable_x64", True)
    neuron = dx.LIF(
        c_m=dx.learnable(150 * pq.pF, bounds=(50, 400) * pq.pF),
        g_leak=dx.learnable(8 * pq.nS, bounds=(4, 16) * pq.nS),
        v_th=dx.learnable(-52 * pq.mV, bounds=(-58, -48) * pq.mV),
    )
    steps = [dx.step_current(i * pq.pA, 10 * pq.ms, 90 * pq.ms) for i in (80, 220, 300)]
    record = dx.Record("v", every=1 * pq.ms)
    simulator = dx.Simulator(100 * pq.ms, record=record, max_spikes=128)

    def observed(result: dx.SimulationResult) -> jax.Array:
        """Return what a recording tells: where the voltage ends, and how many spikes, how soon."""
        first = jnp.minimum(result.spike_times[:, 0, 0], result.t_stop)
        count = jnp.isfinite(result.spike_times[:, 0]).sum(-1)
        return jnp.concatenate([result.traces["v"][:1, 0, 85], first, count])

    simulated = dx.batched(neuron, dx.Inputs(steps), simulator, observed)
    prior = BoxUniform(*(torch.tensor(x) for x in (simulated.low, simulated.high)))
    theta = prior.sample((n,)).double()
    inference = NPE(prior, show_progress_bars=False)
    x = torch.from_numpy(simulated(theta.numpy()))
    inference.append_simulations(theta.float(), x.float()).train()
    posterior = inference.build_posterior()
    truth = torch.from_numpy(simulated(simulated.values[None])).float()
    samples = posterior.sample((1000,), x=truth, show_progress_bars=False).numpy()
    columns = zip(simulated.names, simulated.units, simulated.values, samples.T, strict=True)
    for name, unit, value, column in columns:
        low, middle, high = np.percentile(column, [2.5, 50, 97.5])
        print(f"{name:<7} {middle:7.4g} ({low:.4g} to {high:.4g}) {unit}; the truth is {value:g}")


if __name__ == "__main__":
    main()
