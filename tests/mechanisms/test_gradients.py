"""Every parameter of every mechanism against differences, in one cell that has them all."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest
import quantities as pq

import dendrax as dx
from dendrax.parameters import is_parameter

MS, PER_CM2 = pq.ms, pq.mS / pq.cm**2
PLACES = ["soma[0]", "dend[0]"]
CELL = dx.Cell(
    dx.discretize(dx.ball_and_stick(20 * pq.um, 80 * pq.um, 2 * pq.um), n_per_section=1),
    [
        dx.Passive(),
        dx.HodgkinHuxley("soma", g_na=20 * PER_CM2, g_k=6 * PER_CM2),
        dx.NaT(g_max=20 * PER_CM2, v_shift=10 * pq.mV),
        dx.Kdr(g_max=5 * PER_CM2),
        dx.NaP(g_max=1 * PER_CM2),
        dx.Kv31(g_max=10 * PER_CM2),
        dx.KM(g_max=1 * PER_CM2),
        dx.KA(),
        dx.Ih(),
        dx.CaHVA(g_max=2 * PER_CM2),
        dx.CaLVA("soma", e_ca=120 * pq.mV),
        dx.BK(),
        dx.SK(),
        dx.CalciumPool(),
        dx.ExponentialSynapses(at=PLACES, delay=[0.3, 1.1] * MS),
        dx.ExponentialCurrents(at=PLACES),
        dx.DoubleExponentialCurrents(at=PLACES, delay=0.4 * MS),
        dx.AMPA(at=PLACES),
        dx.NMDA(at=PLACES, delay=0.2 * MS),
        dx.GABA(at=PLACES),
    ],
    v_init=-62 * pq.mV,
    celsius=30.0,
)
INPUTS = dx.Inputs(
    dx.step_current(150 * pq.pA, 0.51 * MS, 4.03 * MS),
    dx.spike_trains([[0.31 + 0.1713 * k] * MS for k in range(12)]),
)
RECORD = dx.Record("v_cell", at=[0.63, 1.49, 2.77, 3.91, 5.13] * MS)
SIMULATOR = dx.Simulator(5.5 * MS, 0.2 * MS, record=RECORD)


def free(cell):
    """Return the cell with all parameters learnable: no gradient flows into what is fixed."""
    return jax.tree.map(
        lambda x: dx.Parameter(x.value, x.unit, x.bounds, True, x.dims) if is_parameter(x) else x,
        cell,
        is_leaf=is_parameter,
    )


@pytest.mark.slow  # the scenario of gradients, and those of cells, are fast
def test_every_gradient_is_a_difference():
    values, static = eqx.partition(CELL, eqx.is_array)
    leaves, structure = jtu.tree_flatten(values)
    names = list(dx.parameters(CELL))
    assert len(names) == len(leaves) > 90

    def loss(leaves):
        cell = eqx.combine(jtu.tree_unflatten(structure, leaves), static)
        v = SIMULATOR(free(cell), INPUTS).traces["v_cell"]
        return jnp.sum(v * jnp.cos(jnp.arange(v.size)).reshape(v.shape))

    exact = [jnp.sum(g * x) for g, x in zip(jax.jit(jax.grad(loss))(leaves), leaves, strict=True)]

    @jax.jit
    @jax.vmap
    def grown(k, relative):
        """Return the loss with the k-th parameter grown by a part of itself."""
        at = [x * jnp.where(k == i, 1 + relative, 1.0) for i, x in enumerate(leaves)]
        return loss(at)

    def slope(h):
        index = jnp.arange(len(leaves))
        by = jnp.full(len(leaves), h)
        return (grown(index, by) - grown(index, -by)) / (2 * h)

    wide, narrow = slope(2e-4), slope(1e-4)
    wanted = np.asarray((4 * narrow - wide) / 3)
    scale = np.maximum(np.abs(wanted), 1e-3 * np.abs(wanted).max())
    errors = dict(zip(names, np.abs(np.asarray(exact) - wanted) / scale, strict=True))
    worst = max(errors, key=errors.get)
    assert errors[worst] < 1e-5, (worst, errors[worst])
