"""The potassium current of big conductance, which needs voltage and calcium."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array

from dendrax.mechanisms._gated import AbstractGated
from dendrax.mechanisms._kinetics import towards
from dendrax.mechanisms._mechanism import COMPARTMENT, Each, Leaf, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class BKState(NamedTuple):
    """Activation by voltage, inactivation, and activation by calcium."""

    m: Leaf
    h: Leaf
    z: Leaf


class BK(AbstractGated):
    r"""Calcium-activated potassium ``g_max m^3 h z^2``, opened by voltage and calcium.

    .. math::
        z_\infty = \frac{c}{c + c_{half}}

    Parameters
    ----------
    region : str or Region, default "all"
    g_max : Quantity [conductance per area], default 10 mS/cm2
    e_k : Quantity [voltage], default -80 mV
    c_half : Quantity [concentration], default 0.01 mM
    tau_z : Quantity [time], default 1 ms
        Does not depend on the temperature.
    speed_m, speed_h : float, default 1
        Factors to the rates of m and h.
    v_shift : Quantity [voltage], default 0 mV
        By how much the curves lie to the right of those of the source.
    q10 : float, default 3
        Of the rates of m and h, which hold at 22 degrees Celsius.

    Notes
    -----
    Khaliq, Gouwens & Raman 2003, J Neurosci 23:4899, as modified by Akemann & Knoepfel 2006, J
    Neurosci 26:4602: their ``c_half``, and voltages corrected by 5 mV.
    """

    g_max: ParameterOrArray = parameter("mS/cm**2", default=10.0, bounds=POSITIVE, dims=COMPARTMENT)
    e_k: ParameterOrArray = parameter("mV", default=-80.0, dims=COMPARTMENT)
    c_half: ParameterOrArray = parameter("mM", default=0.01, bounds=POSITIVE, dims=COMPARTMENT)
    tau_z: ParameterOrArray = parameter("ms", default=1.0, bounds=POSITIVE, dims=COMPARTMENT)
    speed_m: ParameterOrArray = parameter("1", default=1.0, bounds=POSITIVE, dims=COMPARTMENT)
    speed_h: ParameterOrArray = parameter("1", default=1.0, bounds=POSITIVE, dims=COMPARTMENT)
    q10: ParameterOrArray = parameter("1", default=3.0, bounds=POSITIVE)

    reads = ("ca",)
    measured_at = 22.0
    units = {"m": "1", "h": "1", "z": "1"}

    def density(self, v: Each, state: BKState, site: Site) -> Each:
        del site
        return self.g_max * state.m**3 * state.h * state.z**2 * (v - self.e_k)

    def gates(self, v: Each, speed: Array, site: Site) -> BKState:
        u, c = v + 5, site.inside["ca"]
        tau_m = 0.505 + 1000 / (jnp.exp((u + 86.4) / 10.1) + jnp.exp(-(u - 33.3) / 10))
        tau_h = 1.9 + 1000 / (jnp.exp((u + 48.5) / 5.2) + jnp.exp(-(u - 54.2) / 12.9))
        return BKState(
            towards(jax.nn.sigmoid((u + 28.9) / 6.2), tau_m, speed * self.speed_m),
            towards(0.085 + 0.915 * jax.nn.sigmoid(-(u + 32) / 5.8), tau_h, speed * self.speed_h),
            towards(c / (c + self.c_half), self.tau_z),
        )
