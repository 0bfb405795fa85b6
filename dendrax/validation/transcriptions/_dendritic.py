"""Neurons with dendritic spikes."""

from itertools import product

import numpy as np

from dendrax.neurons import DendriticNeuron
from dendrax.parameters import parameters
from dendrax.validation.transcriptions._equations import Equations


def dendritic(model: DendriticNeuron) -> Equations:
    """Return the neuron with dendritic spikes (König et al. 2026, Eqs. 2-5).

    With ``(v_max - v)`` in Eq. 2, and M as ``DendriticNeuron`` documents it. Dendrite
    ``d`` and its synapse ``s`` become states ``v_d`` and ``i_d_s``.
    """
    given = {name: np.asarray(entry.value) for name, entry in parameters(model).items()}
    n_dend, n_syn = given["weight"].shape
    dendrites, synapses = range(n_dend), list(product(range(n_dend), range(n_syn)))
    per_synapse = {
        name: np.broadcast_to(given[name], (n_dend, n_syn)) for name in ("weight", "tau_syn")
    }
    per_dendrite = {
        name: np.broadcast_to(given[name], (n_dend,))
        for name in ("tau_dend", "g_dend", "v_th_dend", "slope_rise", "slope_decay")
    }
    constants = {
        name: float(given[name]) for name in ("tau_mem", "v_max", "v_th", "v_reset", "bias")
    }
    for d in dendrites:
        constants |= {f"{name}_{d}": float(value[d]) for name, value in per_dendrite.items()}
        slopes = constants[f"slope_rise_{d}"], constants[f"slope_decay_{d}"]
        constants[f"summit_{d}"] = _highest_activation(*slopes) if model.normalized else 1.0
    for d, s in synapses:
        constants |= {f"{name}_{d}_{s}": float(value[d, s]) for name, value in per_synapse.items()}
    activation = "1/(1 + exp(-slope_rise_{d}*(v_{d} - v_th_dend_{d})))"
    if model.activation == "attenuating":
        activation += "/((1 + exp(slope_decay_{d}*(v_{d} - v_th_dend_{d})))*summit_{d})"
    drive = " + ".join(f"g_dend_{d}*m_{d}" for d in dendrites)
    received = {d: " + ".join(f"i_{d}_{s}" for s in range(n_syn)) for d in dendrites}
    return Equations(
        rates={
            "v": f"(-v + ({drive})*(v_max - v) + bias + electrode)/tau_mem",
            **{f"v_{d}": f"(-v_{d} + {received[d]})/tau_dend_{d}" for d in dendrites},
            **{f"i_{d}_{s}": f"-i_{d}_{s}/tau_syn_{d}_{s}" for d, s in synapses},
        },
        shorthand={f"m_{d}": activation.format(d=d) for d in dendrites},
        start={},
        condition="v - v_th",
        reset="v = v_reset",
        arrival="\n".join(
            f"i_{d}_{s}_post += weight*weight_{d}_{s}*int(site == {s})" for d, s in synapses
        ),
        observed={"guard": "v - v_th"},
        shown={
            "v": "v",
            "v_dend": [f"v_{d}" for d in dendrites],
            "i_syn": [[f"i_{d}_{s}" for s in range(n_syn)] for d in dendrites],
            "guard": "guard",
        },
        constants=constants,
    )


def _highest_activation(rise: float, decay: float) -> float:
    """Return the maximum of ``sigmoid(rise x) sigmoid(-decay x)``, Eq. 5 about its threshold."""
    from scipy.optimize import minimize_scalar  # which takes a while to load

    def minus_log(x: float) -> float:
        return np.logaddexp(0, -rise * x) + np.logaddexp(0, decay * x)

    far = 40 / min(rise, decay)
    found = minimize_scalar(
        minus_log, bounds=(-far, far), method="bounded", options={"xatol": 1e-9}
    )
    return float(np.exp(-found.fun))
