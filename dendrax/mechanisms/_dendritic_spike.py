"""Dendritic spikes as events: a threshold, and a current that follows a course of its own."""

from abc import abstractmethod
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from dendrax.mechanisms._mechanism import COMPARTMENT, PER_AREA, AbstractMechanism, Each, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter

# The age (ms) of a spike that never was; finite, so that no derivative is 0 times infinity.
NEVER = 1e6


class DendriticSpikeState(NamedTuple):
    """How long ago the last spike began (ms), and its amplitude."""

    age: Each
    amplitude: Each


class AbstractDendriticSpike(AbstractMechanism):
    """A spike that begins when the voltage is above ``v_th`` and the last one ``t_ref`` ago.

    It is triggered by the level and not by the crossing only: a voltage that is above the threshold
    when the refractory period ends triggers a spike at that instant.

    Parameters
    ----------
    region : str or Region, default "all"
    v_th : Quantity [voltage], default -35 mV
    t_ref : Quantity [time], default 5 ms
    """

    v_th: ParameterOrArray = parameter("mV", default=-35.0, dims=COMPARTMENT)
    t_ref: ParameterOrArray = parameter("ms", default=5.0, bounds=POSITIVE)

    units = {"age": "ms", "amplitude": "1"}

    def init_state(self, v: Each, site: Site) -> DendriticSpikeState:
        del site
        return DendriticSpikeState(jnp.full_like(v, NEVER), jnp.zeros_like(v))

    def flow(
        self, v: Each, state: DendriticSpikeState, site: Site, h: Array
    ) -> DendriticSpikeState:
        del v, site
        return state._replace(age=state.age + h)

    def derivative(self, v: Each, state: DendriticSpikeState, site: Site) -> DendriticSpikeState:
        del state, site
        return DendriticSpikeState(jnp.ones_like(v), jnp.zeros_like(v))

    def amplitude(self, v: Each) -> Each:
        """Return the amplitude of a spike that begins at a voltage: 1 by default."""
        return jnp.ones_like(v)

    @abstractmethod
    def corners(self) -> Float[Array, "corner *place"]:
        """Return the ages (ms) at which the current is not smooth, ``t_ref`` aside."""


class DendriticSpike(AbstractDendriticSpike):
    """A sodium spike of a dendrite: an inward conductance for a while, then an outward one.

    Each compartment of the region has its own.

    Parameters
    ----------
    region : str or Region, default "all"
    v_th : Quantity [voltage], default -35 mV
    g_rise, g_fall : Quantity [conductance], default 20 nS
        Of a compartment.
    e_rise, e_fall : Quantity [voltage], default 70 and -89 mV
    duration_rise, duration_fall : Quantity [time], default 1.2 and 2.4 ms
    offset_fall : Quantity [time], default 0.2 ms
        When ``g_fall`` opens, after the beginning of the spike.
    t_ref : Quantity [time], default 5 ms

    Notes
    -----
    The mechanism of Dendrify (Pagkalos, Chavlis & Poirazi 2023, Nat Commun 14:131), in continuous
    time.
    """

    g_rise: ParameterOrArray = parameter("nS", default=20.0, bounds=POSITIVE, dims=COMPARTMENT)
    g_fall: ParameterOrArray = parameter("nS", default=20.0, bounds=POSITIVE, dims=COMPARTMENT)
    e_rise: ParameterOrArray = parameter("mV", default=70.0)
    e_fall: ParameterOrArray = parameter("mV", default=-89.0)
    duration_rise: ParameterOrArray = parameter("ms", default=1.2, bounds=POSITIVE)
    duration_fall: ParameterOrArray = parameter("ms", default=2.4, bounds=POSITIVE)
    offset_fall: ParameterOrArray = parameter("ms", default=0.2, bounds=POSITIVE)

    def current(self, v: Each, state: DendriticSpikeState, site: Site) -> Each:
        del site
        age = state.age
        rises = (age >= 0) & (age < self.duration_rise)
        falls = (age >= self.offset_fall) & (age < self.offset_fall + self.duration_fall)
        inward = jnp.where(rises, self.g_rise * (v - self.e_rise), 0.0)
        return inward + jnp.where(falls, self.g_fall * (v - self.e_fall), 0.0)

    def corners(self) -> Array:
        end = self.offset_fall + self.duration_fall
        return jnp.stack([self.duration_rise, self.offset_fall, end])


class CalciumSpike(AbstractDendriticSpike):
    r"""The dCaAP of human layer 2/3: the stronger the drive, the smaller the spike.

    .. math::
        I = -w K (A - B), \quad
        K = \min(1, e^{-(v - v_{th}) / ((v_{th} - v_{rest}) d)})

    K is set by the voltage at which a spike begins. A and B are logistic functions of its age that
    rise from 0.001 to 1/2, B after ``delay``.

    Parameters
    ----------
    region : str or Region, default "all"
    v_th, v_rest : Quantity [voltage], default -36 and -75 mV
    attenuation : float, default 0.3
        d: of how much of the way from rest to threshold the amplitude falls by 1/e.
    w : Quantity [current per area], default 1600 uA/cm2
    tau_rise, tau_fall : Quantity [time], default 3 and 0.4 ms
        Of A and of B.
    delay : Quantity [time], default 21 ms
    t_ref : Quantity [time], default 200 ms

    Notes
    -----
    Gidon et al. 2020, Science 367:83, phenomenological model. Their A and B are integrated; here
    they have their closed form. The code of the authors says ``tau dA/dt = A (1 - A)``, of which
    the method that they chose (NEURON's ``cnexp``, for linear equations) makes ``A (1 - 2 A)`` at
    any step. All published spikes are of that kind, 0.6 times as large and 1.2 times as wide.
    """

    v_th: ParameterOrArray = parameter("mV", default=-36.0, dims=COMPARTMENT)
    v_rest: ParameterOrArray = parameter("mV", default=-75.0)
    attenuation: ParameterOrArray = parameter("1", default=0.3, bounds=POSITIVE)
    w: ParameterOrArray = parameter("uA/cm**2", default=1600.0, bounds=POSITIVE, dims=COMPARTMENT)
    tau_rise: ParameterOrArray = parameter("ms", default=3.0, bounds=POSITIVE)
    tau_fall: ParameterOrArray = parameter("ms", default=0.4, bounds=POSITIVE)
    delay: ParameterOrArray = parameter("ms", default=21.0, bounds=POSITIVE)
    t_ref: ParameterOrArray = parameter("ms", default=200.0, bounds=POSITIVE)

    def amplitude(self, v: Each) -> Each:
        above = (v - self.v_th) / ((self.v_th - self.v_rest) * self.attenuation)
        return jnp.exp(-jnp.maximum(above, 0.0))

    def current(self, v: Each, state: DendriticSpikeState, site: Site) -> Each:
        del v
        fall = jnp.where(
            state.age >= self.delay, _logistic(state.age - self.delay, self.tau_fall), 0.0
        )
        shape = _logistic(state.age, self.tau_rise) - fall
        return -PER_AREA * site.area * self.w * state.amplitude * shape

    def corners(self) -> Array:
        return self.delay[None]


def _logistic(age: Each, tau: Array) -> Each:
    """Return what rises from 0.001 to 1/2 as ``tau dA/dt = A (1 - 2 A)``."""
    x = jnp.clip(age / tau, 0.0, 100.0)
    return 1 / (2 + 998.0 * jnp.exp(-x))
