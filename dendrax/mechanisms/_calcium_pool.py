"""The calcium below the membrane."""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp

from dendrax.mechanisms._kinetics import FARADAY, towards
from dendrax.mechanisms._mechanism import COMPARTMENT, AbstractPool, Each, Leaf, Site
from dendrax.parameters import POSITIVE, ParameterOrArray, parameter

# Of pA / um3 in mM / ms, where a mole has the charge of one faraday.
_FILLING = 1e3 / FARADAY


class CalciumPoolState(NamedTuple):
    """The concentration below the membrane."""

    c: Leaf


class CalciumPool(AbstractPool):
    r"""Calcium in a shell below the membrane: currents fill it, and it empties exponentially.

    .. math::
        \dot c = \frac{\gamma}{2 F d} \, i_{in} + \frac{c_\infty - c}{\tau}

    Trials start at ``c_inf``.

    Parameters
    ----------
    region : str or Region, default "all"
    depth : Quantity [length], default 0.1 um
        Of the shell, whose volume is that times the membrane.
    tau : Quantity [time], default 80 ms
    c_inf, c_out : Quantity [concentration], default 1e-4 and 2 mM
        At rest, and outside of the cell.
    gamma : float, default 1
        The part of the calcium that stays free.
    inward_only : bool, default True
        Whether outward currents leave the pool alone, as if they took their calcium elsewhere.

    Notes
    -----
    Destexhe, Babloyantz & Sejnowski 1993, Biophys J 65:1538. ``gamma`` is that of Hay et al. 2011,
    PLoS Comput Biol 7:e1002107, who have 0.05 and count outward currents too.

    Examples
    --------
    >>> import dendrax as dx, quantities as pq
    >>> dx.CalciumPool(depth=1 * pq.um, c_inf=2.4e-4 * pq.mM).c_inf.quantity
    array(0.00024) * mM
    """

    depth: ParameterOrArray = parameter("um", default=0.1, bounds=POSITIVE, dims=COMPARTMENT)
    tau: ParameterOrArray = parameter("ms", default=80.0, bounds=POSITIVE, dims=COMPARTMENT)
    c_inf: ParameterOrArray = parameter("mM", default=1e-4, bounds=POSITIVE, dims=COMPARTMENT)
    c_out: ParameterOrArray = parameter("mM", default=2.0, bounds=POSITIVE, dims=COMPARTMENT)
    gamma: ParameterOrArray = parameter("1", default=1.0, bounds=POSITIVE, dims=COMPARTMENT)

    inward_only: bool = eqx.field(static=True, kw_only=True, default=True)

    ion = "ca"
    units = {"c": "mM"}

    def init_state(self, v: Each, site: Site) -> CalciumPoolState:
        del site
        return CalciumPoolState(self.c_inf * jnp.ones_like(v))

    def relaxation(self, v: Each, state: object, site: Site) -> CalciumPoolState:
        del state
        inward = -site.ion_current.get("ca", jnp.zeros_like(v))
        if self.inward_only:
            inward = jnp.maximum(inward, 0.0)
        filling = _FILLING / 2 * self.gamma * inward / (self.depth * site.area)
        return CalciumPoolState(towards(self.c_inf + self.tau * filling, self.tau))

    def concentrations(self, state: CalciumPoolState) -> tuple[Each, Each]:
        return state.c, self.c_out * jnp.ones_like(state.c)
