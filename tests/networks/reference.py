"""An independent simulator of networks of LIF neurons: SciPy, one event after the other."""

import heapq
from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp


class Synapse(NamedTuple):
    source: int
    target: int
    weight: float
    delay: float


def simulate(neurons, synapses, inputs, t_stop):
    """Return the spike times of each neuron.

    ``neurons`` has one dict of parameters each; ``inputs`` are (time, target, weight).
    """
    queue = [(t, k, target, weight) for k, (t, target, weight) in enumerate(inputs)]
    heapq.heapify(queue)
    serial, t = len(queue), 0.0
    names = ("c_m", "g_leak", "e_leak", "tau_syn", "v_th", "v_reset")
    c_m, g_leak, e_leak, tau_syn, v_th, v_reset = (
        np.array([neuron[name] for neuron in neurons]) for name in names
    )
    n = len(neurons)
    y, spikes = np.concatenate([e_leak, np.zeros(n)]), [[] for _ in neurons]

    def field(_, y):
        v, i_syn = y[:n], y[n:]
        return np.concatenate([(g_leak * (e_leak - v) + i_syn) / c_m, -i_syn / tau_syn])

    def guard(i):
        def crosses(_, y):
            return y[i] - v_th[i]

        crosses.terminal, crosses.direction = True, 1
        return crosses

    guards = [guard(i) for i in range(n)]
    while t < t_stop:
        stop = min(queue[0][0], t_stop) if queue else t_stop
        if stop > t:
            found = solve_ivp(
                field, (t, stop), y, "DOP853", events=guards, rtol=1e-13, atol=1e-12, max_step=0.5
            )
            t, y = found.t[-1], found.y[:, -1].copy()
            if found.status == 1:
                i = next(i for i in range(n) if len(found.t_events[i]))
                spikes[i].append(t)
                y[i] = v_reset[i]
                for synapse in (s for s in synapses if s.source == i):
                    serial += 1
                    arrival = (t + synapse.delay, serial, synapse.target, synapse.weight)
                    heapq.heappush(queue, arrival)
                continue
        while queue and queue[0][0] <= t:
            _, _, target, weight = heapq.heappop(queue)
            y[n + target] += weight
    return [np.array(each) for each in spikes]
