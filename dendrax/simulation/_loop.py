"""The one loop of dendrax: a while loop over chunks of steps that can be differentiated.

Forward, a chunk is a short ``scan``; the loop ends as soon as every lane is done. Only the state at
the start of each chunk is kept. Backward, the chunks are replayed in reverse order, so memory is
one state per chunk and the residuals of a single chunk, and time is two forward passes and one
backward pass, whatever the number of steps that were allowed for. What the steps put out is taken
in at the end of each chunk: no buffer has an entry for each step.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from dendrax.simulation._together import for_all

PyTree = Any
# A short chunk has few residuals, and ends soon after the last lane; many have a long tape.
_MOST_CHUNKS, _LONGEST = 256, 32


class Steps(eqx.Module):
    """What is iterated: ``carry, output = step(params, carry)`` until ``done(carry)``.

    Attributes
    ----------
    step : callable
        Must leave a carry that is done as it is. All that is differentiated comes in through
        ``params`` and ``carry``.
    done : callable
        From a carry to a scalar bool.
    nothing : callable
        Returns what is kept before the first step.
    keep : callable
        ``keep(params, kept, before, after, outputs)`` puts what is to be kept of the outputs of a
        chunk, given the carries at its ends, where nothing has been put before.
    n_chunks, chunk : int
        At most ``n_chunks`` chunks of ``chunk`` steps are made.
    """

    step: Callable[[PyTree, PyTree], tuple[PyTree, PyTree]] = eqx.field(static=True)
    done: Callable[[PyTree], Any] = eqx.field(static=True)
    nothing: Callable[[], PyTree] = eqx.field(static=True)
    keep: Callable[[PyTree, PyTree, PyTree, PyTree, PyTree], PyTree] = eqx.field(static=True)
    n_chunks: int = eqx.field(static=True)
    chunk: int = eqx.field(static=True)

    def once(self, params: PyTree, kept: PyTree, carry: PyTree) -> tuple[PyTree, PyTree]:
        """Make the steps of one chunk."""
        last, outputs = lax.scan(lambda c, _: self.step(params, c), carry, None, length=self.chunk)
        return last, self.keep(params, kept, carry, last, outputs)

    def run(self, params: PyTree, carry: PyTree, *, taped: bool) -> tuple[PyTree, PyTree, Any]:
        """Return the last carry, what is kept, and the number of chunks with their tape."""
        room = partial(jax.tree.map, lambda x: jnp.zeros((self.n_chunks, *x.shape), x.dtype))

        def go_on(loop):
            return (loop[0] < self.n_chunks) & ~for_all(self.done(loop[1]))

        def body(loop):
            i, carry, kept, tape = loop
            if taped:
                tape = _write(tape, i, carry)
            carry, kept = self.once(params, kept, carry)
            return i + 1, carry, kept, tape

        start = (0, carry, self.nothing(), room(carry) if taped else None)
        n, carry, kept, tape = lax.while_loop(go_on, body, start)
        return carry, kept, (n, tape)


def in_chunks(max_steps: int) -> dict[str, int]:
    """Return the number of chunks, and their length, that at least so many steps are made in."""
    chunk = min(-(-max_steps // _MOST_CHUNKS), _LONGEST)
    return {"n_chunks": -(-max_steps // chunk), "chunk": chunk}


def tape_loop(steps: Steps, params: PyTree, carry: PyTree) -> tuple[PyTree, PyTree]:
    """Iterate for reverse mode; returns the last carry and what is kept."""
    dynamic, static = eqx.partition((params, carry), eqx.is_inexact_array)
    return _taped(steps, dynamic, static)


def forward_loop(steps: Steps, params: PyTree, carry: PyTree) -> tuple[PyTree, PyTree]:
    """Iterate as :func:`tape_loop` does, for forward mode (and for no derivative at all)."""
    return steps.run(params, carry, taped=False)[:2]


def _write(buffer, i, value):
    return jax.tree.map(lambda b, v: lax.dynamic_update_index_in_dim(b, v, i, 0), buffer, value)


def _read(buffer, i):
    return jax.tree.map(lambda b: lax.dynamic_index_in_dim(b, i, 0, keepdims=False), buffer)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _taped(steps, dynamic, static):
    params, carry = eqx.combine(dynamic, static)
    return steps.run(params, carry, taped=False)[:2]


def _taped_forward(steps, dynamic, static):
    params, carry = eqx.combine(dynamic, static)
    last, kept, (n, tape) = steps.run(params, carry, taped=True)
    return (last, kept), (n, tape, dynamic[0], static)


def _taped_backward(steps, saved, cotangent):
    n, tape, dynamic_params, static = saved
    static_params = static[0]
    # Integers have cotangents of type float0.
    ct_carry, ct_kept = eqx.filter(cotangent, eqx.is_inexact_array)

    def replay(dynamic_params, dynamic_carry, static_carry):
        params = eqx.combine(dynamic_params, static_params)
        carry = eqx.combine(dynamic_carry, static_carry)
        # What was kept before has no part in what is added.
        return eqx.filter(steps.once(params, steps.nothing(), carry), eqx.is_inexact_array)

    def body(loop):
        i, ct_carry, ct_params = loop
        dynamic_carry, static_carry = eqx.partition(_read(tape, i - 1), eqx.is_inexact_array)
        _, pull = jax.vjp(lambda p, c: replay(p, c, static_carry), dynamic_params, dynamic_carry)
        ct_chunk, ct_carry = pull((ct_carry, ct_kept))
        return i - 1, ct_carry, jax.tree.map(jnp.add, ct_params, ct_chunk)

    zero = jax.tree.map(jnp.zeros_like, dynamic_params)
    _, ct_carry, ct_params = lax.while_loop(lambda loop: loop[0] > 0, body, (n, ct_carry, zero))
    return (ct_params, ct_carry), jax.tree.map(lambda _: None, static)


_taped.defvjp(_taped_forward, _taped_backward)

LOOPS = {"tape": tape_loop, "forward": forward_loop}
