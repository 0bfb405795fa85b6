"""Pools and reversal potentials of calcium, against closed forms."""

import jax.numpy as jnp
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.mechanisms import Site, nernst
from dendrax.parameters import resolve

FARADAY = 96485.33212  # C / mol


def surroundings(current, area=1000.0):
    return Site(jnp.array([area]), jnp.array([1.0]), 20.0, {}, {}, {"ca": jnp.array([current])})


def filled(current, h, **arguments):
    """Return the concentration (mM) after h ms of a current of calcium (pA, outward)."""
    pool, here = resolve(dx.CalciumPool(**arguments)), surroundings(current)
    v = jnp.array([-50.0])
    return float(pool.flow(v, pool.init_state(v, here), here, jnp.asarray(h)).c[0])


def test_nernst_potential_of_calcium():
    """240 nM inside and 2 mM outside, at 6.3 degrees."""
    found = nernst(jnp.asarray(2.4e-4), jnp.asarray(2.0), 2, 6.3)
    np.testing.assert_allclose(found, 108.70, atol=0.005)


def test_every_ion_that_enters_is_in_the_shell():
    """20 pA for 3 ms are 20e-12 * 3e-3 / 2 F mol, in a shell of 1000 um2 times 0.1 um."""
    rise = filled(-20.0, 3.0, tau=1e5 * pq.s) - 1e-4
    mol, liters = 20e-12 * 3e-3 / (2 * FARADAY), 1000 * 0.1 * 1e-15
    np.testing.assert_allclose(rise, 1e3 * mol / liters, rtol=1e-6)


def test_the_pool_relaxes_exponentially():
    slow = filled(-20.0, 7.0, tau=5 * pq.ms, gamma=0.05) - 1e-4
    steady = 5.0 * 0.05 * 1e3 * 20.0 / (2 * FARADAY * 0.1 * 1000)
    np.testing.assert_allclose(slow, steady * (1 - np.exp(-7 / 5)), rtol=1e-12)


def test_outward_currents_count_if_wanted_only():
    assert filled(5.0, 1.0) == 1e-4
    assert filled(5.0, 1e-3, inward_only=False) < 1e-4


COMPARTMENTS = dx.discretize(dx.single_compartment(20 * pq.um, 20 * pq.um), n_per_section=1)
SLOW = dx.CalciumPool(tau=1e5 * pq.s, depth=1 * pq.um)


@pytest.mark.parametrize("channel", [dx.CaHVA(), dx.CaHVA(e_ca=110 * pq.mV)])
def test_what_a_cell_gains_in_charge_its_pool_gains_in_calcium(channel):
    probes = {"i": dx.Probe("current", of="CaHVA"), "c": dx.Probe("c", of="CalciumPool")}
    cell = dx.Cell(COMPARTMENTS, [dx.Passive(), SLOW, channel], celsius=23.0, probes=probes)
    inputs = dx.Inputs(current=dx.step_current(40 * pq.pA, 0 * pq.ms, 20 * pq.ms))
    simulator = dx.Simulator(
        20 * pq.ms, 0.02 * pq.ms, record=dx.Record("i", "c", every=0.02 * pq.ms)
    )
    traces = {k: np.ravel(x) for k, x in simulator(cell, inputs).traces.items()}
    charge = -np.trapezoid(traces["i"], dx=0.02)  # pA ms, which are fC
    liters = float(COMPARTMENTS.area[0]) * 1.0 * 1e-15
    assert charge > 50
    np.testing.assert_allclose(
        np.ptp(traces["c"]), 1e3 * charge * 1e-15 / (2 * FARADAY) / liters, rtol=1e-4
    )
