"""XLA's compiler on a CPU, told what suits loops of many short steps; imported before all else.

By default each operation in a loop is a call of its own. Loops that touch less memory than this
become one function each: a cell of 50 compartments is simulated three times faster. And vectors are
as wide as the processor has them, where the default is half of it: exponentials, of which channels
are made, take half the time. Whoever sets one of these options in ``XLA_FLAGS`` decides instead,
and so does whoever computes with JAX before dendrax is imported.
"""

import os

_BYTES, _BITS = 1_000_000, 512

flags = os.environ.get("XLA_FLAGS", "")
if "xla_backend_extra_options" not in flags:
    option = f"xla_cpu_small_while_loop_byte_threshold={_BYTES}"
    flags = f"{flags} --xla_backend_extra_options={option}"
if "xla_cpu_prefer_vector_width" not in flags:
    flags = f"{flags} --xla_cpu_prefer_vector_width={_BITS}"
os.environ["XLA_FLAGS"] = flags.strip()
