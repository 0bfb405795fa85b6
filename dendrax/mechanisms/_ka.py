"""The A-type potassium current."""

import jax
import jax.numpy as jnp

from dendrax.mechanisms._gated import Gates
from dendrax.mechanisms._kinetics import q10, thermal_voltage, towards
from dendrax.mechanisms._mechanism import COMPARTMENT, AbstractChannel, Each, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter


class KA(AbstractChannel):
    r"""A-type potassium ``g_max m h`` of CA1 pyramidal cells.

    .. math::
        m_\infty = \frac{1}{1 + e^{z (v - v_m) F / RT}}, \quad
        z = z_m - \frac{1}{1 + e^{(v + 40) / 5}}, \quad
        h_\infty = \frac{1}{1 + e^{z_h (v - v_h) F / RT}}

    .. math::
        \tau_m = \max\left(\tau_{m,min}, \frac{e^{\gamma z (v - v_m) F / RT}}
        {q \, a_m (1 + e^{z (v - v_m) F / RT})}\right), \quad
        \tau_h = \max(\tau_{h,min}, s_h (v + 50))

    Parameters
    ----------
    region : str or Region, default "all"
    g_max : Quantity [conductance per area], default 8 mS/cm2
    e_k : Quantity [voltage], default -90 mV
    v_m, v_h : Quantity [voltage], default 11 and -56 mV
        Where half of the gates are open, apart from the dependence of z on the voltage.
    z_m, z_h : float, default -1.5 and 3
        Charges of the gates.
    a_m : Quantity [1/time], default 0.05 / ms
    gamma : float, default 0.55
    tau_m_min, tau_h_min : Quantity [time], default 0.1 and 2 ms
    slope_h : float, default 0.26
        :math:`s_h`, in ms/mV.
    q10 : float, default 5
        Of the activation, whose rate holds at 24 degrees Celsius.

    Notes
    -----
    Hoffman, Magee, Colbert & Johnston 1997, Nature 387:869, in the form of Migliore, Hoffman, Magee
    & Johnston 1999, J Comput Neurosci 7:5. The defaults are those of the soma and of dendrites up
    to 100 um; further away ``v_m`` is -1 mV, ``z_m`` -1.8, ``a_m`` 0.1 / ms, ``gamma`` 0.39 and
    ``tau_m_min`` 0.2 ms. The time constants have corners where they reach their least value.
    """

    g_max: ParameterOrArray = parameter("mS/cm**2", default=8.0, bounds=POSITIVE, dims=COMPARTMENT)
    e_k: ParameterOrArray = parameter("mV", default=-90.0, dims=COMPARTMENT)
    v_m: ParameterOrArray = parameter("mV", default=11.0, dims=COMPARTMENT)
    v_h: ParameterOrArray = parameter("mV", default=-56.0, dims=COMPARTMENT)
    z_m: ParameterOrArray = parameter("1", default=-1.5)
    z_h: ParameterOrArray = parameter("1", default=3.0)
    a_m: ParameterOrArray = parameter("1/ms", default=0.05, bounds=POSITIVE)
    gamma: ParameterOrArray = parameter("1", default=0.55, bounds=POSITIVE)
    tau_m_min: ParameterOrArray = parameter("ms", default=0.1, bounds=POSITIVE)
    tau_h_min: ParameterOrArray = parameter("ms", default=2.0, bounds=POSITIVE)
    slope_h: ParameterOrArray = parameter("1", default=0.26, bounds=POSITIVE)
    q10: ParameterOrArray = parameter("1", default=5.0, bounds=POSITIVE)

    needs_temperature = True
    units = {"m": "1", "h": "1"}

    def density(self, v: Each, state: Gates, site: Site) -> Each:
        del site
        return self.g_max * state.m * state.h * (v - self.e_k)

    def relaxation(self, v: Each, state: object, site: Site) -> Gates:
        del state
        thermal = thermal_voltage(site.celsius)
        z = self.z_m - jax.nn.sigmoid(-(v + 40) / 5)
        x = z * (v - self.v_m) / thermal
        open_m = jax.nn.sigmoid(-x)
        speed = q10(self.q10, site.celsius, 24.0)
        tau_m = jnp.exp(self.gamma * x) * open_m / (speed * self.a_m)
        tau_h = self.slope_h * (v + 50)
        return Gates(
            towards(open_m, jnp.maximum(tau_m, self.tau_m_min)),
            towards(
                jax.nn.sigmoid(-self.z_h * (v - self.v_h) / thermal),
                jnp.maximum(tau_h, self.tau_h_min),
            ),
        )
