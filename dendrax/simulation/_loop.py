"""The one loop of dendrax: a while loop over chunks of steps that can be differentiated.

Forward, a chunk is a short ``scan``; the loop ends as soon as every lane is done. Only the state at
the start of each chunk is kept. Backward, the chunks are replayed in reverse order, so memory is
one state per chunk and the residuals of a single chunk, and time is two forward passes and one
backward pass, whatever the number of steps that were allowed for.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

PyTree = Any
Step = Callable[[PyTree, PyTree], tuple[PyTree, PyTree]]
Done = Callable[[PyTree], Any]


def tape_loop(
    step: Step, done: Done, params: PyTree, carry: PyTree, *, n_chunks: int, chunk: int
) -> tuple[PyTree, PyTree]:
    """Iterate ``carry, output = step(params, carry)`` until ``done(carry)``, for reverse mode.

    Parameters
    ----------
    step : callable
        Must leave a carry that is done as it is. All that is differentiated comes in through
        ``params`` and ``carry``.
    done : callable
        From a carry to a scalar bool.
    params, carry : pytree
    n_chunks, chunk : int
        At most ``n_chunks`` chunks of ``chunk`` steps are made.

    Returns
    -------
    carry : pytree
        The last one.
    outputs : pytree
        Stacked outputs of all steps, ``n_chunks * chunk`` of them, zero where no step was made.
    """
    dynamic, static = eqx.partition((params, carry), eqx.is_inexact_array)
    return _taped(_Chunks(step, done, n_chunks, chunk), dynamic, static)


def forward_loop(
    step: Step, done: Done, params: PyTree, carry: PyTree, *, n_chunks: int, chunk: int
) -> tuple[PyTree, PyTree]:
    """Iterate as :func:`tape_loop` does, for forward mode (and for no derivative at all)."""
    carry, outputs, _ = _Chunks(step, done, n_chunks, chunk).run(params, carry, keep=False)
    return carry, outputs


class _Chunks(eqx.Module):
    step: Step = eqx.field(static=True)
    done: Done = eqx.field(static=True)
    n_chunks: int = eqx.field(static=True)
    chunk: int = eqx.field(static=True)

    def once(self, params: PyTree, carry: PyTree) -> tuple[PyTree, PyTree]:
        return lax.scan(lambda c, _: self.step(params, c), carry, None, length=self.chunk)

    def run(self, params: PyTree, carry: PyTree, *, keep: bool) -> tuple[PyTree, PyTree, PyTree]:
        _, output = jax.eval_shape(self.once, params, carry)
        buffer = partial(jax.tree.map, lambda x: jnp.zeros((self.n_chunks, *x.shape), x.dtype))
        tape = buffer(carry) if keep else None

        def go_on(loop):
            return (loop[0] < self.n_chunks) & ~self.done(loop[1])

        def body(loop):
            i, carry, outputs, tape = loop
            if keep:
                tape = _write(tape, i, carry)
            carry, output = self.once(params, carry)
            return i + 1, carry, _write(outputs, i, output), tape

        n, carry, outputs, tape = lax.while_loop(go_on, body, (0, carry, buffer(output), tape))
        flat = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), outputs)
        return carry, flat, (n, tape)


def _write(buffer, i, value):
    return jax.tree.map(lambda b, v: lax.dynamic_update_index_in_dim(b, v, i, 0), buffer, value)


def _read(buffer, i):
    return jax.tree.map(lambda b: lax.dynamic_index_in_dim(b, i, 0, keepdims=False), buffer)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _taped(chunks, dynamic, static):
    params, carry = eqx.combine(dynamic, static)
    carry, outputs, _ = chunks.run(params, carry, keep=False)
    return carry, outputs


def _taped_forward(chunks, dynamic, static):
    params, carry = eqx.combine(dynamic, static)
    last, outputs, (n, tape) = chunks.run(params, carry, keep=True)
    return (last, outputs), (n, tape, dynamic[0], static)


def _taped_backward(chunks, saved, cotangent):
    n, tape, dynamic_params, static = saved
    static_params = static[0]
    ct_carry, ct_outputs = cotangent
    ct_outputs = jax.tree.map(
        lambda x: x.reshape(chunks.n_chunks, chunks.chunk, *x.shape[1:]),
        eqx.filter(ct_outputs, _is_cotangent),
    )

    def replay(dynamic_params, dynamic_carry, static_carry):
        params = eqx.combine(dynamic_params, static_params)
        carry, outputs = chunks.once(params, eqx.combine(dynamic_carry, static_carry))
        return eqx.filter((carry, outputs), eqx.is_inexact_array)

    def body(loop):
        i, ct_carry, ct_params = loop
        dynamic_carry, static_carry = eqx.partition(_read(tape, i - 1), eqx.is_inexact_array)
        _, pull = jax.vjp(lambda p, c: replay(p, c, static_carry), dynamic_params, dynamic_carry)
        ct_chunk, ct_carry = pull((ct_carry, _read(ct_outputs, i - 1)))
        return i - 1, ct_carry, jax.tree.map(jnp.add, ct_params, ct_chunk)

    zero = jax.tree.map(jnp.zeros_like, dynamic_params)
    start = (n, eqx.filter(ct_carry, _is_cotangent), zero)
    _, ct_carry, ct_params = lax.while_loop(lambda loop: loop[0] > 0, body, start)
    return (ct_params, ct_carry), jax.tree.map(lambda _: None, static)


def _is_cotangent(x):
    return eqx.is_inexact_array(x)  # integers have cotangents of type float0


_taped.defvjp(_taped_forward, _taped_backward)

LOOPS = {"tape": tape_loop, "forward": forward_loop}
