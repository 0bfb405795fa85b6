"""What an interpreter needs to import JAX."""

import json
import time

start = time.perf_counter()
import jax  # noqa: E402

seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "failed": 0, "versions": {"jax": jax.__version__}}))
