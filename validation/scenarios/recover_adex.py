"""Eight parameters of an AdEx neuron, from its response to five steps of current."""

import quantities as pq

import dendrax as dx
from validation._measured import Measured
from validation.scenarios._recover import recovery

MS, MV = pq.ms, pq.mV
BOUNDS = {
    "c_m": (50, 500) * pq.pF,
    "g_leak": (2, 40) * pq.nS,
    "e_leak": (-80, -60) * MV,
    "v_t": (-60, -40) * MV,
    "delta_t": (0.5, 6) * MV,
    "a": (-2, 15) * pq.nS,
    "b": (0, 200) * pq.pA,
    "tau_w": (20, 400) * MS,
}
TRUTH = (150.0, 10.0, -70.0, -50.0, 2.0, 3.0, 40.0, 120.0)
START = (190.0, 8.0, -68.0, -47.0, 1.4, 1.5, 70.0, 80.0)


def model(values: tuple[float, ...]) -> dx.AdEx:
    """Return the neuron with these values, in the units of the bounds."""
    chosen = {
        name: dx.learnable(value * bounds.units, bounds=bounds)
        for (name, bounds), value in zip(BOUNDS.items(), values, strict=True)
    }
    return dx.AdEx(**chosen, v_reset=-58 * MV, t_ref=2 * MS, v_peak=0 * MV)


def measure() -> list[Measured]:
    """Measure what is recovered from voltages and spike times."""
    currents = (-100, 100, 250, 350, 450)
    inputs = dx.Inputs([dx.step_current(a * pq.pA, 20 * MS, 220 * MS) for a in currents])
    record = dx.Record("guard", "v", every=0.5 * MS)
    simulator = dx.Simulator(300 * MS, 0.5 * MS, record=record, max_spikes=64)
    # Spike times have no noise; they pull spikes to where voltages can be compared.
    loss = dx.losses.voltage(1 * MV, before=1 * MS, after=1 * MS)
    return recovery(
        model(TRUTH),
        model(START),
        inputs,
        simulator,
        loss + dx.losses.spike_times(2 * MS, reach=5 * MS),
        noise=0.2,
    )
